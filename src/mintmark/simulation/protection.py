"""Protective levels of a position, and the exits they cause.

One sentence rules: a favourable fill is given only where every price path through the bar gives it, an adverse
fill is taken where any path gives it.
"""

from __future__ import annotations

import math

from mintmark.measures import inlined
from mintmark.simulation.costs import mid_price, on_tick, side_price
from mintmark.simulation.entries import close_oldest, record_fill
from mintmark.simulation.participation import within_room
from mintmark.simulation.records import (
    AMBIGUOUS,
    GAP,
    LIQUIDATION_LEVEL,
    MARGIN,
    PARTIAL,
    STOP,
    TARGET,
    TRADING,
    TRAILING,
    Book,
    Record,
    Rules,
)


@inlined
def set_levels(p: Record, terms: Record, rules: Rules, opened: bool) -> None:
    """Place stop and target around the average entry price; start trailing where the position was just opened."""
    d = p.direction
    entry = p.paid / p.size
    p.entry = entry
    p.stop, p.target = -d * math.inf, d * math.inf
    if rules.stop_loss > 0.0:
        p.stop = toward_entry(entry * (1.0 - d * rules.stop_loss), entry, terms)
    if rules.take_profit > 0.0:
        p.target = on_tick(entry * (1.0 + d * rules.take_profit), d > 0.0, terms.tick, terms.ticks_per_unit)
    if opened:
        p.best, p.trail = entry, -d * math.inf
    raise_trail(p, terms, rules)


@inlined
def toward_entry(level: float, entry: float, terms: Record) -> float:
    """Return a protective stop on the tick nearer to the entry."""
    return on_tick(level, level < entry, terms.tick, terms.ticks_per_unit)


@inlined
def raise_trail(p: Record, terms: Record, rules: Rules) -> None:
    """Move the trailing level after the best price, never back, once it is armed."""
    d = p.direction
    if rules.trailing > 0.0 and d * p.best >= d * (p.entry * (1.0 + d * rules.activation)):
        level = toward_entry(p.best * (1.0 - d * rules.trailing), p.entry, terms)
        if d * level > d * p.trail:
            p.trail = level
    p.adverse = max(p.stop, p.trail) if d > 0.0 else min(p.stop, p.trail)


@inlined
def liquidation_price(m: int, terms: Record, book: Book) -> float:
    """Return the price at which equity is 0.40 of the used margin, the other instruments at their marks."""
    free = book.account[0].cash
    for other in range(len(book.positions)):
        p = book.positions[other]
        if other != m and p.direction != 0.0:
            x = terms[other]
            worth = x.contract * p.rate
            notional = p.size * worth * p.mark
            free += p.direction * (notional - p.basis * worth) - LIQUIDATION_LEVEL * notional * x.inverse_leverage
    p, x = book.positions[m], terms[m]
    worth = x.contract * p.rate
    kept = LIQUIDATION_LEVEL * x.inverse_leverage
    if p.direction > 0.0:
        if kept >= 1.0:
            return -math.inf
        return float((p.basis * worth - free) / (p.size * worth * (1.0 - kept)))
    return float((p.basis * worth + free) / (p.size * worth * (1.0 + kept)))


@inlined
def adverse_exit(m: int, terms: Record, book: Book) -> tuple[float, int]:
    """Return the adverse level nearest to the price and its reason; of equal ones stop, trailing, margin."""
    p = book.positions[m]
    d = p.direction
    level, reason = p.stop, STOP
    if d * p.trail > d * level:
        level, reason = p.trail, TRAILING
    margin = liquidation_price(m, terms, book)
    if d * margin > d * level:
        level, reason = margin, MARGIN
    return level, reason


@inlined
def leave_at_open(m: int, size: float, slips: bool, reason: int, flags: int, terms: Record, book: Book) -> float:
    """Close ``size`` lots at the open, or what its volume has room for; return what was closed."""
    p, x = book.positions[m], terms[m]
    if len(book.limited) > 0:
        asked = size
        size = within_room(m, asked, reason, x, book)
        if size <= 0.0:
            return 0.0
        flags |= PARTIAL if size < asked else 0
    raw, half = p.open, p.half
    reference = mid_price(raw, half, x.bid_bars)
    price = side_price(raw, half, x.bid_bars, -p.direction)
    fill = record_fill(m, -p.direction, size, reference, price, slips, x, book)
    fill.opens, fill.reason, fill.flags = 0, reason, flags
    close_oldest(m, fill, x, book, reference, reference)
    return size


@inlined
def leave_at_level(m: int, level: float, reason: int, flags: int, terms: Record, book: Book) -> None:
    """Close all at ``level`` inside the bar: past it nothing of the bar counts on the level's side."""
    p, x = book.positions[m], terms[m]
    half, size = p.half, p.size
    if len(book.limited) > 0:
        size = within_room(m, p.size, reason, x, book)
        if size <= 0.0:
            return
        flags |= PARTIAL if size < p.size else 0
    high = mid_price(p.high, half, x.bid_bars)
    low = mid_price(p.low, half, x.bid_bars)
    reference = level + p.direction * half
    above = (reason == TARGET) == (p.direction > 0.0)
    if above:
        high = min(high, reference)
    else:
        low = max(low, reference)
    fill = record_fill(m, -p.direction, size, reference, level, reason != TARGET, x, book)
    fill.opens, fill.reason, fill.flags = 0, reason, flags
    close_oldest(m, fill, x, book, high, low)


@inlined
def exits_at_open(terms: Record, book: Book) -> None:
    """Fill at the open every protective exit the open has already crossed."""
    for m in range(len(book.positions)):
        p, x = book.positions[m], terms[m]
        if p.direction == 0.0 or p.status != TRADING:
            continue
        d = p.direction
        price = side_price(p.open, p.half, x.bid_bars, -d)
        level, reason = adverse_exit(m, terms, book)
        if d * price <= d * level:
            leave_at_open(m, p.size, True, reason, GAP, terms, book)
        elif d * price >= d * p.target:
            leave_at_open(m, p.size, False, TARGET, GAP, terms, book)


@inlined
def exits_inside(terms: Record, book: Book) -> None:
    """Fill the protective exits touched inside the bar: the adverse one first, then the target."""
    for m in range(len(book.positions)):
        p, x = book.positions[m], terms[m]
        if p.direction == 0.0 or p.status != TRADING:
            continue
        d, half = p.direction, p.half
        against = p.low if d > 0.0 else p.high
        with_us = p.high if d > 0.0 else p.low
        reached = d * side_price(with_us, half, x.bid_bars, -d) >= d * p.target
        level, reason = adverse_exit(m, terms, book)
        if d * side_price(p.open, half, x.bid_bars, -d) <= d * level:
            leave_at_open(m, p.size, True, reason, GAP, terms, book)
        elif d * side_price(against, half, x.bid_bars, -d) <= d * level:
            flags = AMBIGUOUS if reached else 0
            leave_at_level(m, level, reason, flags, terms, book)
        elif reached:
            leave_at_level(m, p.target, TARGET, 0, terms, book)
