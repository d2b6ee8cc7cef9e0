"""Fill orders at the open and inside the bar.

A favourable fill is given only where every price path gives it, an adverse one where any does: an entry made inside
the bar meets its stop in that bar always, and its target only where the price surely came there after it.
"""

from __future__ import annotations

from mintmark.measures import inlined, unmanaged
from mintmark.simulation.costs import mid_price, side_price
from mintmark.simulation.order_check import ticks_of
from mintmark.simulation.order_records import (
    CLOSE,
    CLOSE_PARTIAL,
    FILLED,
    LIMIT,
    MARKET,
    REFUSED_STATE,
    STOP_ENTRY,
    STOP_LIMIT,
    OrderDesk,
    OrderRules,
)
from mintmark.simulation.order_trades import CARRIED, OPENED, end_order, rest_as_limit, rules_now, trade
from mintmark.simulation.protection import adverse_exit, leave_at_level, leave_at_open, raise_trail
from mintmark.simulation.records import (
    AMBIGUOUS,
    GAP,
    NOTHING_TO_CLOSE,
    SIGNAL,
    TARGET,
    TRADING,
    Book,
    Record,
)


@inlined
def drop_live(k: int, desk: OrderDesk) -> None:
    """Take the ``k``-th order off those that wait, and keep the others in order."""
    s = desk.state[0]
    s.live -= 1
    for i in range(k, s.live):
        desk.live[i] = desk.live[i + 1]


@unmanaged
def leave_now(size: float, reason: int, flags: int, terms: Record, book: Book) -> float:
    """Close ``size`` lots at the open, as the market does it; return what was closed."""
    return leave_at_open(0, size, True, reason, flags, terms, book)


@inlined
def market_orders(terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Fill every market order at the open, in the order they were sent."""
    s, p, x = desk.state[0], book.positions[0], terms[0]
    k = 0
    while k < s.live:
        o = desk.orders[desk.live[k]]
        if o.kind != MARKET:
            k += 1
            continue
        if o.action == CLOSE or o.action == CLOSE_PARTIAL:
            did = close_position(o, terms, book)
        else:
            reference = mid_price(p.open, p.half, x.bid_bars)
            price = side_price(p.open, p.half, x.bid_bars, o.side)
            did = trade(o, reference, price, True, o.deferred, reference, reference, terms, rules, book, desk)
        if did & CARRIED:
            k += 1
        else:
            drop_live(k, desk)


@inlined
def close_position(o: Record, terms: Record, book: Book) -> int:
    """Close at the open what ``o`` asks for; return ``CARRIED`` where a part waits."""
    p = book.positions[0]
    if p.direction == 0.0:
        end_order(o, REFUSED_STATE, NOTHING_TO_CLOSE, book)
        return 0
    size = p.size if o.action == CLOSE else min(o.size, p.size)
    closed = leave_now(size, SIGNAL, o.deferred, terms, book)
    if len(book.limited) > 0 and closed < size:
        o.size, o.ended_bar = size - closed, book.account[0].bar
        return CARRIED
    end_order(o, FILLED, -1, book)
    return 0


@inlined
def gapped_orders(terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Fill at the open the resting orders it has crossed; a triggered stop-limit may rest on as a limit."""
    s, p, x = desk.state[0], book.positions[0], terms[0]
    k = 0
    while k < s.live:
        o = desk.orders[desk.live[k]]
        if o.ended_bar == book.account[0].bar:
            k += 1
            continue
        price = side_price(p.open, p.half, x.bid_bars, o.side)
        stops = o.kind != LIMIT
        ahead = o.side * (price - o.price)
        if (ahead < 0.0) if stops else (ahead > 0.0):
            k += 1
            continue
        if o.kind == STOP_LIMIT and o.side * (price - o.limit) > 0.0:
            rest_as_limit(o)
            k += 1
            continue
        reference = mid_price(p.open, p.half, x.bid_bars)
        slips = o.kind == STOP_ENTRY
        if trade(o, reference, price, slips, GAP, reference, reference, terms, rules, book, desk) & CARRIED:
            k += 1
        else:
            drop_live(k, desk)


@inlined
def orders_inside(terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Fill the resting orders the bar touches: stops before limits, nearest to the open first."""
    p, x = book.positions[0], terms[0]
    k = next_touched(terms, book, desk)
    while k >= 0:
        o = desk.orders[desk.live[k]]
        kind, level = o.kind, o.price
        if kind == STOP_LIMIT:
            level = o.price if o.side * (o.limit - o.price) >= 0.0 else o.limit
            if level != o.price and o.side * (side_price(p.close, p.half, x.bid_bars, o.side) - level) > 0.0:
                rest_as_limit(o)
                o.ended_bar = book.account[0].bar
                k = next_touched(terms, book, desk)
                continue
        rises = kind == STOP_ENTRY or (kind == STOP_LIMIT and level == o.price)
        if not fill_inside(o, level, kind == STOP_ENTRY, rises, terms, rules, book, desk) & CARRIED:
            drop_live(k, desk)
        k = next_touched(terms, book, desk)


@inlined
def next_touched(terms: Record, book: Book, desk: OrderDesk) -> int:
    """Return the place of the order to fill next inside the bar, or -1; of equally near ones the first sent.

    A stop-limit that came to rest as a limit inside this bar waits for the next one, and so does what the bar
    had no room for.
    """
    p, x = book.positions[0], terms[0]
    found, stops, nearest = -1, False, 0
    for k in range(desk.state[0].live):
        o = desk.orders[desk.live[k]]
        stop = o.kind != LIMIT
        upward = (o.side > 0.0) == stop
        price = side_price(p.high if upward else p.low, p.half, x.bid_bars, o.side)
        beyond = price - o.price if upward else o.price - price
        if beyond < 0.0 or o.ended_bar == book.account[0].bar:
            continue
        apart = abs(o.price - side_price(p.open, p.half, x.bid_bars, o.side))
        distance = ticks_of(apart * 1_000.0, x)
        if found < 0 or (stop and not stops) or (stop == stops and distance < nearest):
            found, stops, nearest = k, stop, distance
    return found


@inlined
def fill_inside(
    o: Record, level: float, slips: bool, rises: bool, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk
) -> int:
    """Fill ``o`` at ``level`` inside the bar and return as ``trade``; what it opens meets its exits.

    ``rises``: the price came as to a stop.
    """
    p, x = book.positions[0], terms[0]
    reference = level - o.side * p.half
    high, low = mid_price(p.high, p.half, x.bid_bars), mid_price(p.low, p.half, x.bid_bars)
    if rises == (o.side > 0.0):
        high = min(high, reference)
    else:
        low = max(low, reference)
    p.mark = reference
    did = trade(o, reference, level, slips, 0, high, low, terms, rules, book, desk)
    if did & OPENED:
        book.entries[p.tail].inside = 1
        desk.state[0].inside = 1
        meet_exits(reference, rises, terms, book)
    return did


@inlined
def meet_exits(reference: float, rises: bool, terms: Record, book: Book) -> None:
    """Take the exits of a position opened, or added to, at ``reference`` inside the bar."""
    p, x = book.positions[0], terms[0]
    d, half = p.direction, p.half
    level, reason = adverse_exit(0, terms, book)
    against, with_us = (p.low, p.high) if d > 0.0 else (p.high, p.low)
    at_once = reference - d * half
    flags = AMBIGUOUS if rises else 0
    if d * at_once <= d * level:
        level, flags = at_once, GAP
    elif d * side_price(against, half, x.bid_bars, -d) > d * level:
        if not rises or d * side_price(with_us, half, x.bid_bars, -d) < d * p.target:
            return
        level, reason, flags = p.target, TARGET, 0
    leave_at_level(0, level, reason, flags, terms, book)


@inlined
def end_bar(terms: Record, book: Book, desk: OrderDesk) -> None:
    """Raise the trailing level from the bar's extreme; let only its close count in favour of entries made inside it."""
    p, x, s = book.positions[0], terms[0], desk.state[0]
    d, half = p.direction, p.half
    inside = s.inside
    s.inside = 0
    if d == 0.0 or p.status != TRADING:
        return
    raw = p.high if d > 0.0 else p.low
    if inside != 0 and book.entries[p.head].inside != 0:
        raw = p.close
    best = side_price(raw, half, x.bid_bars, -d)
    if d * best > d * p.best:
        p.best = best
        raise_trail(p, x, rules_now(desk))
    if inside != 0:
        part_extremes(p, x, book)


@inlined
def part_extremes(p: Record, terms: Record, book: Book) -> None:
    """Give the bar to the entries it counts for in full, and leave of it what counts for all."""
    number = p.head
    while number >= 0:
        entry = book.entries[number]
        if entry.inside == 0:
            entry.highest = max(entry.highest, mid_price(p.high, p.half, terms.bid_bars))
            entry.lowest = min(entry.lowest, mid_price(p.low, p.half, terms.bid_bars))
        entry.inside = 0
        number = entry.next
    if p.direction > 0.0:
        p.high = p.close
    else:
        p.low = p.close
