"""What a bar's volume lets be filled of an order: the rest carries to the next bar.

The kernel is compiled apart for runs with such a limit (``Book.limited``), so that the others do not pay for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from mintmark.domain import Bars, Instrument, Refused, iso, moment_of
from mintmark.measures import inlined
from mintmark.simulation.records import (
    MARGIN,
    STEP_TOLERANCE,
    STOP,
    TRAILING,
    Book,
    FloatArray,
    IntArray,
    Record,
)


def limit_book(
    book: Book, bars: Sequence[Bars], instruments: Sequence[Instrument], stamps: IntArray, share: Decimal | None
) -> Book:
    """Return ``book`` with the lots that each bar has room for; as it is where there is no limit.

    Raises:
        Refused: ``volume_unknown`` where a bar has no volume, ``bad_value`` where it is below 0 or infinite.
    """
    if share is None:
        return book
    room = np.zeros((len(bars), len(stamps)))
    for row, one, instrument in zip(room, bars, instruments, strict=True):
        step = float(instrument.size_step)
        per_step = float(instrument.contract_size) * step
        row[np.searchsorted(stamps, one.stamps)] = (
            np.floor(float(share) * _volume(one) / per_step + STEP_TOLERANCE) * step
        )
    return book._replace(room=room, limited=(1,))


def _volume(bars: Bars) -> FloatArray:
    if bars.volume is None:
        message = f"{bars.symbol} has no volume, which max_bar_participation is a share of"
        raise Refused(message, code="volume_unknown", symbol=bars.symbol)
    volume = np.asarray(bars.volume, dtype=np.float64)
    for code, wrong in (("volume_unknown", np.isnan(volume)), ("bad_value", (volume < 0.0) | np.isinf(volume))):
        if wrong.any():
            row = int(wrong.argmax())
            stamp = iso(moment_of(int(bars.stamps[row])))
            message = f"{bars.symbol}: its volume is {volume[row]} at row {row}, {stamp}"
            raise Refused(message, code=code, symbol=bars.symbol, field="volume", row=row, stamp=stamp)
    return volume


@inlined
def steps_left(p: Record, terms: Record) -> float:
    """Return how many whole steps the bar still has room for."""
    return float(math.floor(p.room / terms.size_step + STEP_TOLERANCE))


@inlined
def within_room(m: int, size: float, reason: int, terms: Record, book: Book) -> float:
    """Take the room for closing ``size`` lots and return what there was of it.

    What is left of a triggered stop, trailing stop or margin exit is a market close at the next open; the weight
    in force shrinks with what was closed.
    """
    p, account = book.positions[m], book.account[0]
    if size <= p.room + STEP_TOLERANCE * terms.size_step:
        p.room = max(p.room - size, 0.0)
        return size
    allowed = steps_left(p, terms) * terms.size_step
    p.room = 0.0
    p.weight *= (p.size - allowed) / p.size
    if p.closing == 0 and reason in (STOP, TRAILING, MARGIN):
        p.closing = 1 + reason
        account.waiting += 1
    return float(allowed)


@inlined
def wait_on(p: Record, account: Record) -> None:
    """Let what is left of the target's order wait for the next open."""
    p.ordered = 1
    account.waiting += 1
