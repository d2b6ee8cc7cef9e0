"""Reverse an entry: its mirror under its date, its lots restored."""

from __future__ import annotations

from sqlalchemy import Connection

from mintmark.domain import Refused
from mintmark.ledger.entries import Entry
from mintmark.ledger.operations.journal import entry_by_id
from mintmark.ledger.operations.posting import Batch
from mintmark.ledger.reversals import check_reversal, mirror
from mintmark.ledger.terms import text_of


def reverse(batch: Batch, connection: Connection, entry_id: str, narration: str) -> Entry:
    """Add the reversal of ``entry_id`` and return it; raises as ``Ledger.reverse``."""
    old = entry_by_id(connection, entry_id)
    if old is None:
        raise Refused(f"there is no entry {entry_id}", code="not_found", id=entry_id)
    if old.kind == "reversal":
        raise Refused("a reversal is not reversed: post the entry again", code="already_reversed", id=entry_id)
    state = batch.state(old.portfolio)
    check_reversal(state, entry_id)
    made = batch.add(mirror(old, batch.new_id(), text_of(narration, "narration"), batch.now))
    batch.write()
    return made
