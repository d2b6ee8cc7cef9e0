"""The edge of rights: the registry's file, licence records, the gate of exports and what it refused."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from mintmark.data.rights import PACK, RIGHT_OF_FORMAT, Decision, Declared, Licence, Rights, providers_of
from mintmark.data.rights_registry import RIGHTS, Registry, read_registry
from mintmark.data.tables import (
    declared_words,
    licences_table,
    stored_licences,
    stored_violations,
    violations_table,
)
from mintmark.domain import Clock, Refusal, Refused, iso
from mintmark.runtime import Action, count, declare, note_action
from mintmark.store import Database

DEFAULT_PROFILE = "default"
_PROFILE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_PACKS_KEPT = 16
_DECISIONS = "mintmark_rights_decisions_total"

declare(
    _DECISIONS,
    "Decisions whether sources hold a right, by right and outcome.",
    right=RIGHTS,
    outcome=("allowed", "refused"),
)


@dataclass(frozen=True)
class ExportAsked:
    """Who wants to take which figures out, and how; it is kept when the answer is no."""

    sources: tuple[str, ...]
    format: str
    user_id: str
    pattern: str
    request_id: str
    profile: str = DEFAULT_PROFILE
    pack_id: str | None = None


class Licensing:
    """What may be done with the figures of each source.

    ``manifest`` gives that of a pack by its id; ``rights_file`` stands in for the registry of the house.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        manifest: Callable[[str], Mapping[str, Any]],
        rights_file: Path | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._manifest = manifest
        self._file = rights_file
        self._sealed: OrderedDict[str, dict[str, tuple[str, ...]]] = OrderedDict()

    @cached_property
    def registry(self) -> Registry:
        """The registry of this process; refuses ``rights_file_invalid`` and ``not_found``."""
        if self._file is None:
            return read_registry(files("mintmark.data").joinpath("rights.yaml").read_text(encoding="utf-8"))
        try:
            return read_registry(self._file.read_text(encoding="utf-8"), str(self._file))
        except OSError as error:
            raise Refused(f"cannot read the file of rights {self._file}: {error.strerror}", code="not_found") from error
        except UnicodeDecodeError as error:
            raise Refused(f"{self._file} is no UTF-8 text", code="rights_file_invalid") from error

    def rights(self, profile: str = DEFAULT_PROFILE, pack_id: str | None = None) -> Rights:
        """Return what holds now for ``profile``; files speak for themselves as ``pack_id`` sealed them, if given."""
        with self._database.read() as connection:
            records = tuple(_licence(row) for row in stored_licences(connection, profile))
            words: Declared = {} if pack_id else declared_words(connection)
        if pack_id:
            words = self._providers(pack_id) or {}
        return Rights(self.registry, records, self._clock.now().date(), words, self._providers)

    def check(self, sources: Iterable[str], right: str, profile: str = DEFAULT_PROFILE) -> Decision:
        """Return whether ``sources`` hold ``right`` today, and count the decision."""
        decision = self.rights(profile).decide(sources, right)
        self.counted([decision])
        return decision

    def counted(self, decisions: Iterable[Decision]) -> None:
        """Count decisions that were made elsewhere, in one transaction."""
        with self._database.write() as connection:
            for decision in decisions:
                _count(connection, decision)

    def export(self, asked: ExportAsked) -> Decision | Refusal:
        """Return what an export has to carry, or the refusal of it.

        With no sources read, those of the pack decide. Leaves: a count; on a refusal also one row in
        ``rights_violations``, and nothing of the export.
        Refuses: ``export_not_permitted`` with the sources that lack the right.
        """
        right = RIGHT_OF_FORMAT.get(asked.format)
        if right is None:
            raise Refused(f"expected a format of {', '.join(RIGHT_OF_FORMAT)}, found {asked.format!r}", path="format")
        sources = asked.sources or ((PACK + asked.pack_id,) if asked.pack_id else ())
        decision = self.rights(asked.profile, asked.pack_id).decide(sources, right)
        with self._database.write() as connection:
            _count(connection, decision)
            outcome = "done" if decision.allowed else "export_not_permitted"
            action = Action(asked.user_id, "rights.export", f"{asked.pattern} {asked.format}", outcome)
            note_action(connection, replace(action, request_id=asked.request_id), self._clock.now())
            if not decision.allowed:
                row = {
                    "at": self._clock.now(),
                    "user_id": asked.user_id,
                    "sources": list(decision.blocked_sources),
                    "right": right,
                    "pattern": asked.pattern,
                    "request_id": asked.request_id,
                    "format": asked.format,
                }
                connection.execute(insert(violations_table).values(row))
        return decision.refusal or decision

    def add_licence(self, licence: Licence, added_by: str) -> dict[str, Any]:
        """Keep a licence record; refuses ``invalid_request`` for a source, right, profile or span that is none."""
        self._checked(licence)
        row = {
            "profile": licence.profile,
            "source": self.registry.name_of(licence.source),
            "rights": sorted(licence.rights),
            "reference": licence.reference,
            "valid_from": licence.valid_from,
            "valid_to": licence.valid_to,
            "added_at": self._clock.now(),
            "added_by": added_by,
        }
        with self._database.write() as connection:
            connection.execute(insert(licences_table).values(row))
            kept = stored_licences(connection)[-1]
            action = Action(added_by, "licence.add", f"{kept.id} {kept.source}")
            note_action(connection, action, self._clock.now())
        return self._licence_json(kept)

    def _checked(self, licence: Licence) -> None:
        name = self.registry.name_of(licence.source)
        if self.registry.terms_of(name) is None or name.endswith("*"):
            raise Refused(f"expected a source of the registry, found {licence.source!r}", path="source")
        wrong = sorted(licence.rights - set(RIGHTS))
        if wrong or not licence.rights:
            raise Refused(f"expected rights of {', '.join(RIGHTS)}, found {', '.join(wrong) or 'none'}", path="rights")
        if not _PROFILE.fullmatch(licence.profile):
            raise Refused(f"expected a profile of small letters, found {licence.profile!r}", path="profile")
        if not 0 < len(licence.reference.strip()) <= 500 or not licence.reference.isprintable():
            raise Refused("expected a reference of 1 to 500 letters: the contract it stands on", path="reference")
        if licence.valid_to < licence.valid_from:
            message = f"the last day {licence.valid_to} lies before the first {licence.valid_from}"
            raise Refused(message, path="valid_to")

    def licences(self) -> list[dict[str, Any]]:
        """Return all licence records, oldest first, each with whether it is valid today."""
        with self._database.read() as connection:
            return [self._licence_json(row) for row in stored_licences(connection)]

    def violations(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the exports that were refused, newest first."""
        with self._database.read() as connection:
            return [{**row._mapping, "at": iso(row.at)} for row in stored_violations(connection, limit)]

    def _providers(self, pack_id: str) -> dict[str, tuple[str, ...]] | None:
        found = self._sealed.get(pack_id)
        if found is None:
            try:
                found = self._sealed[pack_id] = providers_of(self.registry, self._manifest(pack_id))
            except Refused:
                return None
            while len(self._sealed) > _PACKS_KEPT:
                self._sealed.popitem(last=False)
        return dict(found)

    def _licence_json(self, row: Any) -> dict[str, Any]:
        today: date = self._clock.now().date()
        return {
            **row._mapping,
            "valid_from": row.valid_from.isoformat(),
            "valid_to": row.valid_to.isoformat(),
            "added_at": iso(row.added_at),
            "valid": row.valid_from <= today <= row.valid_to,
        }


def _count(connection: Connection, decision: Decision) -> None:
    count(connection, _DECISIONS, right=decision.right, outcome="allowed" if decision.allowed else "refused")


def _licence(row: Any) -> Licence:
    return Licence(row.source, frozenset(row.rights), row.reference, row.valid_from, row.valid_to, row.profile)
