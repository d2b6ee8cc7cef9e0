"""Packs on their way: judged, reconciled, fresh, superseded; each step written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from mintmark.data.holds import holds_of
from mintmark.data.manifest import known_pack_id
from mintmark.data.operations import state_rows as rows
from mintmark.data.pack import Pack
from mintmark.data.packs import PREWARM_STEPS, WARM_UPS, Hold, PackState, gate, ready_at, warnings_of, why_not_fresh
from mintmark.data.reads import Reads
from mintmark.data.series import one_of
from mintmark.data.valuation import Needs, Valuation
from mintmark.domain import Clock, Refusal, Refused
from mintmark.store import Database

SYSTEM = "system"


class PackStates:
    """Says where packs stand and moves them on; every move appends one event in the same transaction."""

    def __init__(self, database: Database, clock: Clock, open_pack: Callable[[str], Pack]) -> None:
        self._database = database
        self._clock = clock
        self._open = open_pack

    def choose(self, policy: str, pack_id: str | None = None, asof: date | None = None) -> PackState:
        """Return the pack to answer from: ``pack_id``, else the live one of exactly ``asof``, else the newest live one.

        Refuses: ``pricing_pack_not_found`` with the nearest days before and after, ``no_pricing_pack`` where the
            store holds none at all, ``invalid_asof_date`` when ``pack_id`` is of another day.
        """
        with self._database.read() as connection:
            if pack_id is not None:
                return self._pinned(connection, known_pack_id(pack_id), asof)
            row = rows.live_row(connection, policy, asof)
            if row is not None:
                return self._seen(connection, row)
            if not rows.has_any(connection):
                message = "there is no pack to value by: import data, then `mintmark pack build`"
                raise Refused(message, code="no_pricing_pack")
            before, after = (None, None) if asof is None else rows.neighbours(connection, policy, asof)
        raise Refused(
            f"there is no {policy} pack" + (f" of {asof}" if asof else ""),
            code="pricing_pack_not_found",
            before=None if before is None else before.isoformat(),
            after=None if after is None else after.isoformat(),
        )

    def _pinned(self, connection: Connection, pack_id: str, asof: date | None) -> PackState:
        row = rows.state_row(connection, pack_id)
        if row is None:
            message = f"there is no pack {pack_id} to value by: see `mintmark pack list`"
            raise Refused(message, code="pricing_pack_not_found", pack_id=pack_id, before=None, after=None)
        if asof is not None and row.as_of != asof:
            message = f"{pack_id} is of {row.as_of}, asked was {asof}"
            raise Refused(message, code="invalid_asof_date", pack_id=pack_id, asof_date=asof.isoformat())
        return self._seen(connection, row, pinned=True)

    @staticmethod
    def gate(state: PackState, require_fresh: bool) -> Refusal | None:
        """Return why nothing is answered from a pack; see ``data.packs.gate``."""
        return gate(state, require_fresh)

    @staticmethod
    def warnings(state: PackState) -> list[dict[str, str]]:
        """Return what an answer from a pack must say of it."""
        return warnings_of(state)

    def view(self, pack_id: str) -> Callable[[Reads], Valuation]:
        """Return what gives the valuation view of a pack, noting what is read; the pack is opened once."""
        return self._open(pack_id).valuation().reading

    def health(self, policy: str | None = None, pack_id: str | None = None) -> PackState:
        """Return the state of ``pack_id``, else of the newest live pack; refuses ``no_pricing_pack``."""
        if pack_id is not None:
            return self.choose("", pack_id)
        with self._database.read() as connection:
            row = rows.live_row(connection, policy, None)
            if row is None:
                raise Refused("there is no pack to value by", code="no_pricing_pack")
            return self._seen(connection, row)

    def events(self, pack_id: str) -> list[dict[str, Any]]:
        """Return what happened to a pack, oldest first: number, event, actor, record, happened_at."""
        with self._database.read() as connection:
            return rows.events_of(connection, known_pack_id(pack_id))

    def judge(self, pack_id: str, needs: Iterable[Needs], *, actor: str = SYSTEM) -> PackState:
        """Keep what the pack lacks of ``needs`` and what in it looks wrong; what was confirmed stays confirmed."""
        valuation, wanted = self._open(pack_id).valuation(), tuple(needs)
        missing = list(valuation.missing(wanted))
        holds, warned = holds_of(valuation, wanted)

        def judged(state: PackState) -> Mapping[str, Any]:
            known = {(hold.code, hold.symbol, hold.observed): hold.confirmed_by for hold in state.holds}
            kept = [replace(hold, confirmed_by=known.get((hold.code, hold.symbol, hold.observed))) for hold in holds]
            return {"missing": missing, "holds": _plain(kept), "warned": _plain(warned)}

        return self._move(pack_id, "judged", actor, judged)

    def confirm(self, pack_id: str, symbol: str, reason: str, *, actor: str) -> PackState:
        """Take the hold on ``symbol`` away: ``actor`` has looked and says why; refuses ``hold_not_found``."""
        said = _said(reason)

        def confirmed(state: PackState) -> Mapping[str, Any]:
            if not any(hold.symbol == symbol and hold.confirmed_by is None for hold in state.holds):
                message = f"{pack_id} is not held for {symbol}"
                raise Refused(message, code="hold_not_found", symbol=symbol, pack_id=pack_id)
            kept = [replace(hold, confirmed_by=actor) if hold.symbol == symbol else hold for hold in state.holds]
            return {"holds": _plain(kept)}

        return self._move(pack_id, "confirmed", actor, confirmed, note={"symbol": symbol, "reason": said})

    def prewarmed(self, pack_id: str, step: str, *, actor: str = SYSTEM) -> PackState:
        """Keep that a step of computing ahead is done; a second time changes nothing."""
        one_of(step, PREWARM_STEPS, "step")
        if step in self.choose("", pack_id).prewarmed:
            return self.choose("", pack_id)
        done: Callable[[PackState], Mapping[str, Any]] = lambda state: {"prewarmed": [*state.prewarmed, step]}  # noqa: E731
        return self._move(pack_id, "prewarmed", actor, done, note={"step": step})

    def reconciled(
        self,
        pack_id: str,
        *,
        passed: bool,
        failure: str | None = None,
        error_bps: Decimal | None = None,
        message: str | None = None,
        actor: str = SYSTEM,
    ) -> PackState:
        """Keep how a reconciliation over the pack ended.

        One that fails makes it ``error``, a fresh pack too; one that passes lets a pack in error warm again.
        """
        bps = None if error_bps is None else format(error_bps, "f")
        record = {"failure": failure, "error_bps": bps, "error_message": message} if not passed else {
            "failure": None, "error_bps": bps, "error_message": None,
        }  # fmt: skip

        def status(state: PackState) -> Mapping[str, Any]:
            changes: dict[str, Any] = {"reconciliation": "passed" if passed else "failed"}
            if not passed and state.status in ("warming", "fresh"):
                changes["status"] = "error"
            if passed and state.status == "error":
                changes |= {"status": "warming", "warming_since": self._clock.now(), "fresh_at": None}
            return changes

        event = "reconciliation_passed" if passed else "reconciliation_failed"
        return self._move(pack_id, event, actor, lambda _: record, note=record, columns=status)

    def mark_fresh(self, pack_id: str, needs: Iterable[Needs] | None = None, *, actor: str = SYSTEM) -> PackState:
        """Make a pack fresh: answers come from it from now on. A fresh one stays as it is.

        ``needs``: judge it by these first; without them what it was found to lack last still counts.

        Refuses: ``pack_incomplete`` naming what is missing, ``pack_on_hold``, ``pack_not_reconciled``,
            ``pack_not_prewarmed``, ``pack_not_warming``.
        """
        state = self.choose("", pack_id) if needs is None else self.judge(pack_id, needs, actor=actor)
        if state.status == "fresh":
            return state

        def fresh(state: PackState) -> Mapping[str, Any]:
            refusal = why_not_fresh(state)
            if refusal is not None:
                raise Refused.because(refusal)
            return {"status": "fresh", "fresh_at": self._clock.now()}

        return self._move(pack_id, "fresh", actor, lambda _: {}, columns=fresh)

    def _move(
        self,
        pack_id: str,
        event: str,
        actor: str,
        record: Callable[[PackState], Mapping[str, Any]],
        *,
        note: Mapping[str, Any] | None = None,
        columns: Callable[[PackState], Mapping[str, Any]] = lambda _: {},
    ) -> PackState:
        now = self._clock.now()
        with self._database.write() as connection:
            row = rows.state_row(connection, known_pack_id(pack_id), lock=True)
            if row is None:
                message = f"there is no pack {pack_id} to value by"
                raise Refused(message, code="pricing_pack_not_found", pack_id=pack_id, before=None, after=None)
            state = rows.state_of(row, now)
            new, changes = dict(record(state)), columns(state)
            kept = {**row.record, **new}
            if kept != row.record or changes:
                rows.change_state(connection, pack_id, now, record=kept, **changes)
                rows.add_event(connection, pack_id, event, actor, note if note is not None else new, now)
            return self._seen(connection, rows.state_row(connection, pack_id))

    def _seen(self, connection: Connection, row: Any, *, pinned: bool = False) -> PackState:
        now = self._clock.now()
        ready, fresh = None, None
        if row.status == "warming":
            ready = ready_at(row.warming_since, now, rows.warm_ups(connection, row.policy, WARM_UPS))
        if row.status != "fresh":
            fresh = rows.last_fresh(connection, row.policy)
        return rows.state_of(row, now, pinned=pinned, estimated_ready=ready, last_fresh_pack_id=fresh)


def _plain(holds: Iterable[Hold]) -> list[dict[str, Any]]:
    return [hold.as_json() for hold in holds]


def _said(reason: str) -> str:
    text = reason.strip()
    if not text or len(text) > 500 or any(ord(letter) < 32 for letter in text):
        raise Refused("expected a reason of 1 to 500 letters on one line", path="reason")
    return text
