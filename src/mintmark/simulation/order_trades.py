"""Trade an order: close what it turns against, open the rest, and give the position its levels."""

from __future__ import annotations

import math

from mintmark.measures import inlined, unmanaged
from mintmark.simulation.costs import affordable_steps, fill_price, whole_steps
from mintmark.simulation.entries import close_oldest, draw_of, record_fill, take_on
from mintmark.simulation.order_records import (
    FILLED,
    LIMIT,
    MARKET,
    REFUSED_STATE,
    STOP_ENTRY,
    STOP_LIMIT,
    OrderDesk,
    OrderRules,
)
from mintmark.simulation.participation import steps_left, within_room
from mintmark.simulation.protection import raise_trail
from mintmark.simulation.records import (
    ALREADY_IN_POSITION,
    BY_SIZE,
    NO_MONEY,
    NOTHING_TO_RESIZE,
    PARTIAL,
    REDUCED,
    SIGNAL,
    SIZE_BELOW_MIN,
    STEP_TOLERANCE,
    Book,
    Record,
    Rules,
)
from mintmark.simulation.targets import free_equity, refuse

OPENED, CARRIED = 1, 2
WAITS, OPENED_PART = -2, -3


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
def rest_as_limit(o: Record) -> None:
    """Make a limit order of a triggered stop-limit."""
    o.kind, o.price, o.limit = LIMIT, o.limit, math.nan


@inlined
def carry_on(o: Record, rest: float, book: Book) -> int:
    """Let ``rest`` lots of ``o`` wait for the next bar: of a stop, which is triggered, at the market."""
    o.size, o.ended_bar = rest, book.account[0].bar
    if o.kind == STOP_ENTRY:
        o.kind, o.price = MARKET, math.nan
    elif o.kind == STOP_LIMIT:
        rest_as_limit(o)
    return CARRIED


@unmanaged
def trade(
    o: Record, reference: float, price: float, slips: bool, flags: int, high: float, low: float, terms: Record,
    rules: OrderRules, book: Book, desk: OrderDesk,
) -> int:  # fmt: skip
    """Close what ``o`` turns against, oldest first, then open the rest; return ``OPENED``, ``CARRIED``, both or 0.

    ``high`` and ``low``: the mids of the bar that count for what is closed. ``CARRIED``: the bar had no room for all.
    """
    p, x = book.positions[0], terms[0]
    rest, nothing = o.size, STEP_TOLERANCE * x.size_step
    closed = p.direction == -o.side
    if o.begun >= 2 and p.direction != o.side:
        end_order(o, FILLED, NOTHING_TO_RESIZE, book)
        return 0
    if closed:
        rest = turn(o, reference, price, slips, flags, high, low, terms, book)
        if p.direction == -o.side and rest > nothing:
            return carry_on(o, rest, book)
    if rest <= nothing:
        end_order(o, FILLED, -1, book)
        return 0
    code = open_rest(o, rest, reference, price, slips, flags, terms, rules, book, desk)
    if code == WAITS:
        return carry_on(o, rest, book)
    if code == OPENED_PART:
        return carry_on(o, o.size, book) | OPENED
    end_order(o, FILLED if closed or o.begun > 0 or code < 0 else REFUSED_STATE, code, book)
    return OPENED if code < 0 else 0


@inlined
def turn(
    o: Record, reference: float, price: float, slips: bool, flags: int, high: float, low: float, terms: Record,
    book: Book,
) -> float:  # fmt: skip
    """Close what ``o`` turns against, oldest first; return the lots that are left of it."""
    p, x = book.positions[0], terms[0]
    asked = piece = min(o.size, p.size)
    if len(book.limited) > 0:
        piece = within_room(0, asked, SIGNAL, x, book)
        if piece <= 0.0:
            return float(o.size)
        flags |= PARTIAL if piece < asked else 0
        o.begun |= 1
    fill = record_fill(0, o.side, piece, reference, price, slips, x, book)
    fill.opens, fill.reason, fill.flags = 0, SIGNAL, flags
    close_oldest(0, fill, x, book, high, low)
    return float(o.size - piece)


@inlined
def open_rest(
    o: Record, rest: float, reference: float, price: float, slips: bool, flags: int, terms: Record, rules: OrderRules,
    book: Book, desk: OrderDesk,
) -> int:  # fmt: skip
    """Open or add ``rest`` lots; return why it is refused, -1, or ``WAITS`` or ``OPENED_PART`` where a bar is too full.

    Only a size that came from a rule is cut.
    """
    p, x, side = book.positions[0], terms[0], o.side
    if (x.may_long if side > 0.0 else x.may_short) == 0:
        return int(x.mode_refusal)
    if o.begun < 2 and p.direction != 0.0 and count_entries(p, book) >= rules.max_entries:
        return ALREADY_IN_POSITION
    wanted = whole_steps(rest, x.size_step)
    if wanted < 1.0 or (o.begun < 2 and rest < x.size_min - 1e-9 * x.size_step):
        return SIZE_BELOW_MIN
    left = 0.0
    if len(book.limited) > 0:
        left = wanted - min(wanted, steps_left(p, x))
        wanted -= left
        if wanted < 1.0:
            return WAITS
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
    carries = left > 0.0 and steps == wanted
    if len(book.limited) > 0:
        p.room = max(p.room - size, 0.0)
        fill.flags |= PARTIAL if carries else 0
    take_on(p, fill, side, x, book)
    book.entries[p.tail].order = o.number
    if o.begun >= 2:
        p.entry = p.paid / p.size
        raise_trail(p, x, rules_now(desk))
    else:
        take_levels(o, opened, terms, book, desk)
    if carries:
        o.size, o.begun = left * x.size_step, o.begun | 2
        return OPENED_PART
    return -1


@inlined
def count_entries(p: Record, book: Book) -> int:
    """Return how many orders the position's entries are of."""
    count, number = 0, p.head
    while number >= 0:
        first = p.head
        while book.entries[first].order != book.entries[number].order:
            first = book.entries[first].next
        count += first == number
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
