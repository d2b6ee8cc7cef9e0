"""Packs: sealed, listed, opened, verified."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection

from mintmark.data.currencies import STABLECOINS
from mintmark.data.macro import known_by, macro_span
from mintmark.data.manifest import build_manifest, canonical, cutoff, known_pack_id, pack_id, pack_sha256, read_manifest
from mintmark.data.operations.records import Records
from mintmark.data.operations.shelf import Shelf
from mintmark.data.operations.state_rows import add_event, add_state, change_state
from mintmark.data.pack import Pack
from mintmark.data.packs import RESTATEMENT_REASONS
from mintmark.data.partitions import content_hash, damaged, describe
from mintmark.data.sealing import known_part, names_of, taken_as
from mintmark.data.series import Series
from mintmark.data.tables import (
    add_pack,
    all_packs,
    held_timeframes,
    live_pack,
    pack_row,
    stored_actions,
    stored_macro,
    stored_series,
)
from mintmark.data.valuation import POLICY_CALENDARS
from mintmark.domain import Clock, Refused, StoreUnavailable, Timeframe, iso
from mintmark.store import Blobs, Database, MissingBlob

_TRIES = 20


@dataclass(frozen=True)
class Restatement:
    """Why a pack that portfolios were valued by gets another content, and who says so."""

    reason: str
    text: str
    actor: str


def restatement(reason: str, text: str, actor: str) -> Restatement:
    """Return why a pack is restated; refuses ``restatement_reason_required`` without a known reason and a text."""
    said = text.strip()
    if reason not in RESTATEMENT_REASONS or not 0 < len(said) <= 500 or not said.isprintable():
        allowed = ", ".join(RESTATEMENT_REASONS)
        message = f"expected a reason of {allowed} and a text of 1 to 500 letters, found {reason!r} and {text[:50]!r}"
        raise Refused(message, code="restatement_reason_required", reason=reason)
    return Restatement(reason, said, actor)


class Packing:
    """Seals what was known at a day, and opens what was sealed."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        shelf: Shelf,
        records: Records,
        clock: Clock,
        *,
        stablecoins_as_usd: bool,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._shelf = shelf
        self._records = records
        self._clock = clock
        self._taken_as = STABLECOINS if stablecoins_as_usd else {}

    def seal(
        self,
        as_of: date,
        policy: str,
        *,
        sources: Collection[str] | None = None,
        restatement: Restatement | None = None,
    ) -> dict[str, Any]:
        """Seal what was known at ``as_of`` into a pack that can never change; with ``sources``, of those only.

        Safe to run again: the same content gives the same id. Other content for the same date and policy
        makes the next version, and the one before it stays readable; where portfolios are valued by it, only with a
        ``restatement`` that says why. Leaves: blobs of the years that are new, one row in ``packs``, where it values
        also its state; on a refusal, nothing.
        Refuses: ``as_of_in_future``, ``nothing_to_seal``, ``restatement_reason_required``.
        """
        limit = cutoff(as_of, policy)
        if limit > self._clock.now():
            message = f"{as_of} ends at {iso(limit)}, which has not come: what it will hold is not known"
            raise Refused(message, code="as_of_in_future", as_of=as_of.isoformat())
        frames: dict[str, pl.DataFrame] = {}
        series, macro, actions, taken = self._known(as_of, limit, sources, frames)
        documents = self._records.known_documents(as_of, sources)
        content = canonical(build_manifest(as_of, policy, series, macro, actions, taken, documents))
        fresh = self._shelf.keep(frames)
        self._blobs.put(content)
        # Where several processes seal the same day at once, all but one look again.
        for _ in range(_TRIES):
            record = self._record(as_of, policy, pack_sha256(content), series, restatement)
            if record is not None:
                return {**record, "partitions_new": fresh}
        raise StoreUnavailable(f"{_TRIES} others sealed {as_of} {policy} at the same time: try again")

    def _known(
        self, as_of: date, limit: datetime, sources: Collection[str] | None, frames: dict[str, pl.DataFrame]
    ) -> tuple[list[Series], list[dict[str, Any]], list[Any], Mapping[str, str]]:
        with self._database.read() as connection:
            held, macro = stored_series(connection), stored_macro(connection)
            actions = [action for action in stored_actions(connection) if action.known_on <= as_of]
        series = []
        for one in held:
            if sources is None or one.source in sources:
                kept, rows = known_part(one, limit, actions, self._shelf.read)
                if kept is not None:
                    series.append(kept)
                if kept is not None and rows is not None:
                    frames[kept.partitions[-1].name] = rows
        if not series:
            message = f"no bars were known by {iso(limit)}: import some with `mintmark data import` or `data sample`"
            raise Refused(message, code="nothing_to_seal", as_of=as_of.isoformat())
        series, taken = taken_as(series, self._taken_as)
        wanted = [one for one in macro if sources is None or one["source"] in sources]
        return series, list(self._macro(wanted, as_of, frames)), actions, taken

    def _macro(
        self, macro: Sequence[dict[str, Any]], as_of: date, frames: dict[str, pl.DataFrame]
    ) -> Iterable[dict[str, Any]]:
        for one in macro:
            frame = known_by(self._shelf.read(one["sha256"]), as_of)
            if len(frame):
                name = content_hash(frame)
                frames[name] = frame
                yield {**one, **macro_span(frame), "sha256": name}

    def _record(
        self, as_of: date, policy: str, sha256: str, series: Sequence[Series], restatement: Restatement | None
    ) -> dict[str, Any] | None:
        with self._database.write() as connection:
            live = live_pack(connection, as_of, policy)
            same = live is not None and live.pack_sha256 == sha256
            version = 1 if live is None else live.version + (not same)
            name = pack_id(as_of, policy, version)
            if not same:
                if live is not None and policy in POLICY_CALENDARS and restatement is None:
                    message = f"{live.pack_id} holds other content: say why it is restated (`mintmark pack restate`)"
                    raise Refused(message, code="restatement_reason_required", pack_id=live.pack_id)
                row = {
                    "pack_id": name,
                    "as_of": as_of,
                    "policy": policy,
                    "version": version,
                    "pack_sha256": sha256,
                    "sealed_at": self._clock.now(),
                }
                if not add_pack(connection, row, series, None if live is None else live.pack_id):
                    return None
                if policy in POLICY_CALENDARS:
                    self._begin(connection, name, None if live is None else live.pack_id, restatement)
        return {
            "pack_id": name,
            "pack_sha256": sha256,
            "new": not same,
            "supersedes": None if same or live is None else live.pack_id,
            "series": len(series),
            "bars": sum(part.rows for one in series for part in one.partitions),
        }

    def _begin(self, connection: Connection, name: str, before: str | None, restatement: Restatement | None) -> None:
        now, actor = self._clock.now(), "system" if restatement is None else restatement.actor
        said = {} if restatement is None else {"reason": restatement.reason, "text": restatement.text}
        if before is not None:
            change_state(connection, before, now, status="superseded")
            add_event(connection, before, "superseded", actor, {**said, "by": name}, now)
        add_state(connection, name, now)
        add_event(connection, name, "warming", actor, {**said, "supersedes": before}, now)

    def packs(self) -> list[dict[str, Any]]:
        """Return all packs, newest as-of first."""
        with self._database.read() as connection:
            return [{**_row_json(row), "series": row.series or 0} for row in all_packs(connection)]

    def manifest(self, name: str) -> dict[str, Any]:
        """Return the manifest of a pack with its id, hash and what superseded it.

        Refuses: ``not_found``. Raises: ``pack_damaged``.
        """
        row = self._row(name)
        return {**_row_json(row), **self._manifest(row)}

    def open(self, name: str) -> Pack:
        """Open a pack, every file of it checked against the hash it was stored with.

        Refuses: ``not_found``. Raises: ``pack_damaged``.
        """
        row = self._row(name)
        pack = Pack(name, row.pack_sha256, self._manifest(row), self._shelf.read, self._document)
        self._shelf.check(_blob_names(pack))
        for document in pack.documents():
            self._document(document["sha256"])
        return pack

    def _document(self, name: str) -> bytes:
        try:
            content = self._blobs.get(name)
        except MissingBlob as error:
            raise damaged(name, "is missing") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise damaged(name, "is not what was stored")
        return content

    def verify(self, name: str) -> dict[str, Any]:
        """Compute everything a pack says of itself again: manifest, files, contents, spans.

        Refuses: ``not_found``. Raises: ``pack_damaged`` naming the first blob that is not what it was.
        """
        pack = self.open(name)
        if pack_sha256(canonical(pack.manifest)) != pack.sha256:
            raise damaged(pack.sha256, "is no canonical manifest")
        parts = pack.partitions()
        for part in parts:
            if describe(self._shelf.read(part.name)) != part:
                raise damaged(part.name, "spans other rows than the manifest says")
        values = sum(len(pack.macro(one).values) for one in pack.macro_names())
        return {
            "pack_id": name,
            "pack_sha256": pack.sha256,
            "verified": True,
            "partitions": len(parts),
            "bars": sum(part.rows for part in parts),
            "macro_values": values,
        }

    def newest(self, symbols: Sequence[str] | None, timeframe: Timeframe | None) -> str | None:
        """Return the id of the newest live pack that gives bars of ``timeframe`` for all ``symbols``, or None."""
        with self._database.read() as connection:
            packs = held_timeframes(connection)
        return next((name for name, held in packs.items() if _gives(held, symbols or (), timeframe)), None)

    def held(self) -> list[str]:
        """Return each series that live packs hold, as symbol and timeframe, in order."""
        with self._database.read() as connection:
            packs = held_timeframes(connection).values()
        return sorted({f"{symbol} {frame}" for held in packs for symbol, frames in held.items() for frame in frames})

    def _row(self, name: str) -> Any:
        with self._database.read() as connection:
            row = pack_row(connection, known_pack_id(name))
        if row is None:
            raise Refused(f"there is no pack {name}: see `mintmark pack list`", code="not_found", pack_id=name)
        return row

    def _manifest(self, row: Any) -> dict[str, Any]:
        try:
            return read_manifest(self._blobs.get(row.pack_sha256), row.pack_sha256, row.pack_id)
        except MissingBlob as error:
            raise damaged(row.pack_sha256, f"(the manifest of {row.pack_id}) is missing") from error


def _blob_names(pack: Pack) -> list[str]:
    return [*names_of(pack.partitions()), *(one["sha256"] for one in pack.manifest["macro"])]


def _gives(held: Mapping[str, Sequence[str]], symbols: Sequence[str], timeframe: Timeframe | None) -> bool:
    return all(
        any(
            timeframe is None or Timeframe(base) is timeframe or timeframe.is_multiple_of(Timeframe(base))
            for base in held.get(symbol, ())
        )
        for symbol in symbols
    )


def _row_json(row: Any) -> dict[str, Any]:
    return {
        "pack_id": row.pack_id,
        "as_of": row.as_of.isoformat(),
        "policy": row.policy,
        "version": row.version,
        "pack_sha256": row.pack_sha256,
        "superseded_by": row.superseded_by,
        "sealed_at": iso(row.sealed_at),
    }
