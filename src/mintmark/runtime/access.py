"""Who asks: keys that are kept as hashes, short tokens made from them, and roles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, insert, select, update

from mintmark.domain import Clock, Refused, iso
from mintmark.runtime.action_log import Action, note_action
from mintmark.runtime.tables import api_keys, api_tokens
from mintmark.store import Database

Role = Literal["viewer", "trader", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "trader", "admin")
LOCAL_OWNER = UUID("00000000-0000-4000-8000-000000000001")
"""Whoever works on this machine without a key: the command line, and the pages on a loopback address."""
TOKEN_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
_SECRET_BYTES = 32
_KEY = re.compile(r"mmk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_TOKEN = re.compile(r"mmt_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")


@dataclass(frozen=True)
class Identity:
    """Whoever asks; a later role of ``ROLES`` may do all that an earlier one may."""

    user_id: UUID
    role: Role
    key_id: str | None = None
    by_token: bool = False

    def may(self, least: Role) -> bool:
        """Return whether this role is ``least`` or more."""
        return ROLES.index(self.role) >= ROLES.index(least)


class Access:
    """Makes, knows and revokes keys and tokens. ``secret`` gives random bytes."""

    def __init__(self, database: Database, clock: Clock, secret: Callable[[int], bytes]) -> None:
        self._database = database
        self._clock = clock
        self._secret = secret
        self._local: dict[str, Identity] = {}

    def open_local(self, role: Role = "admin") -> str:
        """Return a bearer secret of the local owner that this process alone knows; it is kept nowhere."""
        secret = f"mmt_{self._text()}"
        self._local[_hash(secret)] = Identity(LOCAL_OWNER, role)
        return secret

    def known(self, bearer: str) -> Identity | None:
        """Return whose ``bearer`` is, or None; keys and tokens that were revoked or ran out are nobody's."""
        digest = _hash(bearer)
        if digest in self._local:
            return self._local[digest]
        if key := _KEY.fullmatch(bearer):
            return self._of_key(key.group(1), digest)
        return self._of_token(digest) if _TOKEN.fullmatch(bearer) else None

    def create_key(self, name: str, role: str, user: str | None, by: Identity) -> dict[str, Any]:
        """Make a key; its text is in the answer and nowhere else.

        ``user`` names whose portfolios it sees; None is the local owner. Leaves: one key and one row of the log.
        Refuses: ``invalid_request`` for a role or a name that is none.
        """
        if role not in ROLES:
            raise Refused(f"expected a role of {', '.join(ROLES)}, found {role!r}", path="role")
        for path, text in (("name", name), ("user", user)):
            if text is not None and not _NAME.fullmatch(text):
                raise Refused(f"expected a {path} of 1 to 64 letters and digits, found {text!r}", path=path)
        key_id = self._secret(6).hex()
        text = f"mmk_{key_id}_{self._text()}"
        row = {
            "key_id": key_id,
            "name": name,
            "user_id": str(LOCAL_OWNER if user is None else uuid5(LOCAL_OWNER, user)),
            "role": role,
            "sha256": _hash(text),
            "created_at": self._clock.now(),
            "revoked_at": None,
        }
        with self._database.write() as connection:
            connection.execute(insert(api_keys).values(row))
            self._note(connection, by, "key.create", f"{key_id} {role}")
        return {"key": text, "key_id": key_id, "name": name, "role": role, "user_id": row["user_id"]}

    def revoke_key(self, key_id: str, by: Identity) -> dict[str, Any]:
        """Revoke a key and all tokens made from it, at once; refuses ``not_found``."""
        now = self._clock.now()
        with self._database.write() as connection:
            mine = api_keys.c.key_id == key_id
            if connection.execute(select(api_keys.c.key_id).where(mine)).first() is None:
                raise Refused(f"there is no key {key_id}: see `mintmark key list`", code="not_found", key_id=key_id)
            live = api_keys.c.revoked_at.is_(None)
            connection.execute(update(api_keys).where(mine, live).values(revoked_at=now))
            self._note(connection, by, "key.revoke", key_id)
            return _key_json(connection.execute(select(api_keys).where(mine)).one())

    def keys(self) -> list[dict[str, Any]]:
        """Return all keys without their secrets, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id))
            return [_key_json(row) for row in rows]

    def any_key(self) -> bool:
        """Return whether a key is there that was not revoked."""
        return any(key["revoked_at"] is None for key in self.keys())

    def create_token(self, identity: Identity, life: timedelta = TOKEN_LIFE) -> dict[str, Any]:
        """Make a token of ``identity``; its text is in the answer and nowhere else.

        Refuses: ``forbidden`` when it was asked for with a token, or without a key.
        """
        if identity.key_id is None or identity.by_token:
            raise Refused("a token is made with a key", code="forbidden", expected="a key", found="none")
        now, text, token_id = self._clock.now(), f"mmt_{self._text()}", self._secret(6).hex()
        row = {
            "sha256": _hash(text),
            "token_id": token_id,
            "key_id": identity.key_id,
            "made_at": now,
            "expires_at": now + life,
            "revoked_at": None,
        }
        with self._database.write() as connection:
            connection.execute(insert(api_tokens).values(row))
            self._note(connection, identity, "token.create", token_id)
        return {
            "token": text,
            "token_id": token_id,
            "role": identity.role,
            "expires_at": iso(now + life),
        }

    def revoke_token(self, token_id: str, identity: Identity) -> dict[str, Any]:
        """Revoke a token of the same user, at once; refuses ``not_found``, also for another's."""
        now = self._clock.now()
        with self._database.write() as connection:
            owner = select(api_keys.c.user_id).where(api_keys.c.key_id == api_tokens.c.key_id).scalar_subquery()
            mine = (api_tokens.c.token_id == token_id, owner == str(identity.user_id))
            row = connection.execute(select(api_tokens).where(*mine)).first()
            if row is None:
                raise Refused("there is no such token", code="not_found")
            if row.revoked_at is None:
                same = api_tokens.c.token_id == token_id
                connection.execute(update(api_tokens).where(same).values(revoked_at=now))
            self._note(connection, identity, "token.revoke", token_id)
        return {"token_id": token_id, "revoked_at": iso(row.revoked_at or now)}

    def end_token(self, bearer: str) -> None:
        """Revoke the token ``bearer``, at once; what is no live token changes nothing."""
        identity = self.known(bearer)
        if identity is None or not identity.by_token:
            return
        with self._database.read() as connection:
            token_id = connection.scalar(select(api_tokens.c.token_id).where(api_tokens.c.sha256 == _hash(bearer)))
        self.revoke_token(str(token_id), identity)

    def note(self, action: Action) -> None:
        """Write ``action`` into the log."""
        with self._database.write() as connection:
            note_action(connection, action, self._clock.now())

    def _of_key(self, key_id: str, digest: str) -> Identity | None:
        with self._database.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.key_id == key_id)).first()
        kept = "0" * 64 if row is None else row.sha256
        same = hmac.compare_digest(kept, digest)
        return _identity(row) if same and row is not None and row.revoked_at is None else None

    def _of_token(self, digest: str) -> Identity | None:
        columns = api_tokens.c
        joined = select(api_keys, columns.expires_at, columns.revoked_at.label("token_revoked_at"), columns.sha256)
        with self._database.read() as connection:
            row: Row[Any] | None = connection.execute(
                joined.join(api_tokens, columns.key_id == api_keys.c.key_id).where(columns.sha256 == digest)
            ).first()
        if row is None or row.revoked_at is not None or row.token_revoked_at is not None:
            return None
        return _identity(row, by_token=True) if self._clock.now() < row.expires_at else None

    def _note(self, connection: Connection, by: Identity, action: str, subject: str) -> None:
        now: datetime = self._clock.now()
        note_action(connection, Action(str(by.user_id), action, subject, key_id=by.key_id), now)

    def _text(self) -> str:
        return base64.urlsafe_b64encode(self._secret(_SECRET_BYTES)).rstrip(b"=").decode()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _identity(row: Row[Any], *, by_token: bool = False) -> Identity:
    return Identity(UUID(row.user_id), row.role, row.key_id, by_token)


def _key_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "key_id": row.key_id,
        "name": row.name,
        "user_id": row.user_id,
        "role": row.role,
        "created_at": iso(row.created_at),
        "revoked_at": None if row.revoked_at is None else iso(row.revoked_at),
    }
