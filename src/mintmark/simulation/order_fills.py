"""Fill orders at the open and inside the bar.

A favourable fill is given only where every price path gives it, an adverse one where any does: an entry made inside
the bar meets its stop in that bar always, and its target only where the price surely came there after it.
"""

from __future__ import annotations

import math

from mintmark.measures import inlined, unmanaged
from mintmark.simulation.costs import affordable_steps, fill_price, mid_price, side_price, whole_steps
from mintmark.simulation.entries import close_oldest, draw_of, record_fill, take_on
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
from mintmark.simulation.protection import adverse_exit, leave_at_level, leave_at_open, raise_trail
from mintmark.simulation.records import (
    ALREADY_IN_POSITION,
    AMBIGUOUS,
    BY_SIZE,
    GAP,
    NO_MONEY,
    NOTHING_TO_CLOSE,
    REDUCED,
    SIGNAL,
    SIZE_BELOW_MIN,
    STEP_TOLERANCE,
    TARGET,
    TRADING,
    Book,
    Record,
    Rules,
)
from mintmark.simulation.targets import free_equity, refuse


@inlined
def rules_now(desk: OrderDesk) -> Rules:
    """Return the position's trailing as the rules the common functions take."""
    s = desk.state[0]
    return Rules(0.0, 0.0, s.trailing, s.activation, 0, BY_SIZE, 0, 0.0)


@unmanaged
def end_order(o: Record, state: int, code: int, book: Book) -> None:
    """Write down what became of an order, and its refusal where ``code`` is one."""
    o.state, o.code, o.ended_bar = state, code, book.account[0].bar
    if code >= 0:
        refuse(0, code, o.size, book)


@inlined
def drop_live(k: int, desk: OrderDesk) -> None:
    """Take the ``k``-th order off those that wait, and keep the others in order."""
    s = desk.state[0]
    s.live -= 1
    for i in range(k, s.live):
        desk.live[i] = desk.live[i + 1]


@unmanaged
def leave_now(size: float, reason: int, flags: int, terms: Record, book: Book) -> None:
    """Close ``size`` lots at the open, as the market does it."""
    leave_at_open(0, size, True, reason, flags, terms, book)


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
        drop_live(k, desk)
        if o.action == CLOSE or o.action == CLOSE_PARTIAL:
            if p.direction == 0.0:
                end_order(o, REFUSED_STATE, NOTHING_TO_CLOSE, book)
                continue
            size = p.size if o.action == CLOSE else min(o.size, p.size)
            leave_now(size, SIGNAL, o.deferred, terms, book)
            end_order(o, FILLED, -1, book)
            continue
        reference = mid_price(p.open, p.half, x.bid_bars)
        price = side_price(p.open, p.half, x.bid_bars, o.side)
        trade(o, reference, price, True, o.deferred, reference, reference, terms, rules, book, desk)


@inlined
def gapped_orders(terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Fill at the open the resting orders it has crossed; a triggered stop-limit may rest on as a limit."""
    s, p, x = desk.state[0], book.positions[0], terms[0]
    k = 0
    while k < s.live:
        o = desk.orders[desk.live[k]]
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
        drop_live(k, desk)
        reference = mid_price(p.open, p.half, x.bid_bars)
        trade(o, reference, price, o.kind == STOP_ENTRY, GAP, reference, reference, terms, rules, book, desk)


@inlined
def rest_as_limit(o: Record) -> None:
    """Make a limit order of a triggered stop-limit."""
    o.kind, o.price, o.limit = LIMIT, o.limit, math.nan


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
        drop_live(k, desk)
        rises = kind == STOP_ENTRY or (kind == STOP_LIMIT and level == o.price)
        fill_inside(o, level, kind == STOP_ENTRY, rises, terms, rules, book, desk)
        k = next_touched(terms, book, desk)


@inlined
def next_touched(terms: Record, book: Book, desk: OrderDesk) -> int:
    """Return the place of the order to fill next inside the bar, or -1; of equally near ones the first sent.

    A stop-limit that came to rest as a limit inside this bar waits for the next one.
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
) -> None:
    """Fill ``o`` at ``level`` inside the bar; what it opens meets its exits. ``rises``: the price came as to a stop."""
    p, x = book.positions[0], terms[0]
    reference = level - o.side * p.half
    high, low = mid_price(p.high, p.half, x.bid_bars), mid_price(p.low, p.half, x.bid_bars)
    if rises == (o.side > 0.0):
        high = min(high, reference)
    else:
        low = max(low, reference)
    p.mark = reference
    if trade(o, reference, level, slips, 0, high, low, terms, rules, book, desk) > 0:
        book.entries[p.tail].inside = 1
        desk.state[0].inside = 1
        meet_exits(reference, rises, terms, book)


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


@unmanaged
def trade(
    o: Record, reference: float, price: float, slips: bool, flags: int, high: float, low: float, terms: Record,
    rules: OrderRules, book: Book, desk: OrderDesk,
) -> int:  # fmt: skip
    """Close what ``o`` turns against, oldest first, then open the rest; return 1 where it opened.

    ``high`` and ``low``: the mids of the bar that count for what is closed.
    """
    p, x = book.positions[0], terms[0]
    rest, nothing = o.size, STEP_TOLERANCE * x.size_step
    closed = p.direction == -o.side
    if closed:
        piece = min(rest, p.size)
        fill = record_fill(0, o.side, piece, reference, price, slips, x, book)
        fill.opens, fill.reason, fill.flags = 0, SIGNAL, flags
        close_oldest(0, fill, x, book, high, low)
        rest -= piece
    if rest <= nothing:
        end_order(o, FILLED, -1, book)
        return 0
    code = open_rest(o, rest, reference, price, slips, flags, terms, rules, book, desk)
    end_order(o, FILLED if closed or code < 0 else REFUSED_STATE, code, book)
    return int(code < 0)


@inlined
def open_rest(
    o: Record, rest: float, reference: float, price: float, slips: bool, flags: int, terms: Record, rules: OrderRules,
    book: Book, desk: OrderDesk,
) -> int:  # fmt: skip
    """Open or add ``rest`` lots; return why it is refused, or -1. Only a size that came from a rule is cut."""
    p, x, side = book.positions[0], terms[0], o.side
    if (x.may_long if side > 0.0 else x.may_short) == 0:
        return int(x.mode_refusal)
    if p.direction != 0.0 and count_entries(p, book) >= rules.max_entries:
        return ALREADY_IN_POSITION
    wanted = whole_steps(rest, x.size_step)
    if wanted < 1.0 or rest < x.size_min - 1e-9 * x.size_step:
        return SIZE_BELOW_MIN
    expected = fill_price(x, side, price, slips, draw_of(book.account[0].fills, book))
    free = free_equity(terms, book)
    steps = affordable_steps(x, wanted, reference, expected, p.rate, free + 1e-9 * abs(free))
    size = steps * x.size_step
    if steps < wanted and (o.by_rule == 0 or steps < 1.0 or size < x.size_min - 1e-9 * x.size_step):
        return NO_MONEY
    opened = p.direction == 0.0
    fill = record_fill(0, side, size, reference, price, slips, x, book)
    fill.opens, fill.reason = 1, SIGNAL
    fill.flags = flags | (REDUCED if steps < wanted else 0)
    take_on(p, fill, side, x, book)
    take_levels(o, opened, terms, book, desk)
    return -1


@inlined
def count_entries(p: Record, book: Book) -> int:
    """Return how many entries the position still has."""
    count, number = 0, p.head
    while number >= 0:
        count += 1
        number = book.entries[number].next
    return count


@inlined
def take_levels(o: Record, opened: bool, terms: Record, book: Book, desk: OrderDesk) -> None:
    """Give the position the levels of the order that opened it; of one that added, only those it has."""
    p, s = book.positions[0], desk.state[0]
    d = p.direction
    p.entry = p.paid / p.size
    if opened:
        p.stop, p.target = -d * math.inf, d * math.inf
        p.best, p.trail = p.entry, -d * math.inf
        s.trailing = s.activation = 0.0
    change_levels(o, terms, book, desk)


@inlined
def change_levels(o: Record, terms: Record, book: Book, desk: OrderDesk) -> None:
    """Take over the levels that ``o`` gives; 0 takes one away. A trailing level is never loosened."""
    p, s = book.positions[0], desk.state[0]
    d = p.direction
    if o.stop == o.stop:
        p.stop = o.stop if o.stop > 0.0 else -d * math.inf
    if o.target == o.target:
        p.target = o.target if o.target > 0.0 else d * math.inf
    if o.trailing == o.trailing:
        s.trailing = o.trailing
        s.activation = o.activation if o.activation == o.activation else 0.0
        if o.trailing == 0.0:
            p.trail = -d * math.inf
    raise_trail(p, terms[0], rules_now(desk))


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
