"""Reverse an entry: its mirror under its date, its lots restored."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from mintmark.domain import Refused
from mintmark.ledger.entries import Entry, Posting
from mintmark.ledger.operations.journal import entry_by_id
from mintmark.ledger.operations.posting import Batch
from mintmark.ledger.terms import text_of


def reverse(batch: Batch, connection: Connection, entry_id: str, narration: str) -> Entry:
    """Add the reversal of ``entry_id`` and return it; raises as ``Ledger.reverse``."""
    old = entry_by_id(connection, entry_id)
    if old is None:
        raise Refused(f"there is no entry {entry_id}", code="not_found", id=entry_id)
    if old.kind == "reversal":
        raise Refused("a reversal is not reversed: post the entry again", code="already_reversed", id=entry_id)
    state = batch.state(old.portfolio)
    if entry_id in state.reversed:
        by = state.reversed[entry_id]
        raise Refused(f"the entry {entry_id} is reversed by {by}", code="already_reversed", id=entry_id, reversal=by)
    if blocking := state.blocking(entry_id):
        message = f"{len(blocking)} later entries use the lots of {entry_id}: reverse them first, the last one first"
        raise Refused(message, code="reversal_blocked", id=entry_id, entries=blocking[:100])
    made = batch.add(mirror(old, batch.new_id(), text_of(narration, "narration"), batch.now))
    batch.write()
    return made


def mirror(old: Entry, entry_id: str, narration: str, now: datetime) -> Entry:
    """Return the entry that takes back ``old``."""
    moment = now.astimezone(UTC).replace(microsecond=0)
    return Entry(
        id=entry_id,
        portfolio=old.portfolio,
        kind="reversal",
        date=old.date,
        happened_at=old.happened_at,
        known_at=moment,
        external_id="",
        narration=narration,
        source=old.source,
        meta={},
        postings=tuple(
            Posting(one.account, one.units.copy_negate(), one.commodity, one.cost, one.price)
            for one in reversed(old.postings)
        ),
        reverses=old.id,
    )
