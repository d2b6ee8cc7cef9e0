"""What a reversal is, and when it may be."""

from __future__ import annotations

from datetime import UTC, datetime

from mintmark.domain import Refused
from mintmark.ledger.entries import Draft, Entry, Posting, imbalance
from mintmark.ledger.exactly import wrong
from mintmark.ledger.state import State


def check_reversal(state: State, entry_id: str) -> None:
    """Check that the entry ``entry_id`` can be taken back.

    Raises:
        Refused: ``already_reversed``, ``reversal_blocked`` naming the entries that used one of its lots since.
    """
    if entry_id in state.reversed:
        by = state.reversed[entry_id]
        raise Refused(f"the entry {entry_id} is reversed by {by}", code="already_reversed", id=entry_id, reversal=by)
    if blocking := state.blocking(entry_id):
        message = f"{len(blocking)} later entries use the lots of {entry_id}: reverse them first, the last one first"
        raise Refused(message, code="reversal_blocked", id=entry_id, entries=blocking[:100])


def reversal_postings(state: State, draft: Draft) -> tuple[Posting, ...]:
    """Return the postings of a reversal that comes in whole; raises as ``check_reversal`` and ``not_balanced``."""
    if draft.reverses is None:
        raise wrong("reverses", "the id of the entry that is taken back", None)
    check_reversal(state, draft.reverses)
    if imbalance(draft.postings):
        raise Refused("the postings of the reversal do not sum to zero", code="not_balanced", field="postings")
    return draft.postings


def mirror(old: Entry, entry_id: str, narration: str, now: datetime) -> Entry:
    """Return the entry that takes back ``old``: its postings mirrored, under its date."""
    return Entry(
        id=entry_id,
        portfolio=old.portfolio,
        kind="reversal",
        date=old.date,
        happened_at=old.happened_at,
        known_at=now.astimezone(UTC).replace(microsecond=0),
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
