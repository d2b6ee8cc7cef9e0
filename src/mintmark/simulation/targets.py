"""Turn a change of target into an order, and fill the orders at the open."""

from __future__ import annotations

import math

from mintmark.measures import inlined
from mintmark.simulation.costs import affordable_steps, fill_price, mid_price, side_price, whole_steps
from mintmark.simulation.entries import draw_of, record_fill, take_on
from mintmark.simulation.participation import steps_left, wait_on
from mintmark.simulation.protection import leave_at_open, set_levels
from mintmark.simulation.records import (
    BAD_VOLUME,
    BY_SIZE,
    CLOSED,
    DEFERRED,
    NO_MONEY,
    NOTHING_TO_CLOSE,
    NOTHING_TO_RESIZE,
    PARTIAL,
    REDUCED,
    SIGNAL,
    SIZE_BELOW_MIN,
    TRADING,
    TRADING_DISABLED,
    UNDER_MIN_TRADE,
    Book,
    Record,
    Rules,
)


@inlined
def refuse(m: int, code: int, size: float, book: Book) -> None:
    """Write down an order, or part of one, that is not done."""
    account = book.account[0]
    row = book.refusals[account.refusals]
    row.bar, row.column, row.code, row.size = account.bar, m, code, size
    account.refusals += 1


@inlined
def decide(m: int, target: float, terms: Record, rules: Rules, book: Book) -> None:
    """Make the order that a changed ``target`` asks for at the close; it replaces one still waiting."""
    account, p, x = book.account[0], book.positions[m], terms[m]
    drop_order(p, account)
    p.seen = target
    if len(book.limited) > 0:
        p.carried = 0
    if x.may_trade == 0:
        refuse(m, TRADING_DISABLED, 0.0, book)
        return
    flat = p.direction == 0.0 or p.closing != 0
    reverses = not flat and target * p.direction <= 0.0
    change = abs(target) if flat or reverses else abs(target) - abs(p.weight)
    if flat and target == 0.0:
        return
    p.wanted, p.order_close, p.order_adds = target, int(reverses), int(not flat and not reverses and change > 0.0)
    p.order_change, p.order_size = change, 0.0
    opens = target != 0.0 and change > 0.0
    p.order_side = math.copysign(1.0, target) if opens else -p.direction
    sized_later = rules.size_at_fill != 0 and rules.sizing != BY_SIZE
    if not sized_later:
        size_order(m, p.mark, terms, rules, book)
    if p.order_close != 0 or p.order_size > 0.0 or (sized_later and change != 0.0):
        p.ordered = 1
        account.waiting += 1


@inlined
def drop_order(p: Record, account: Record) -> None:
    """Forget the order that waits, if any."""
    if p.ordered != 0:
        p.ordered = 0
        account.waiting -= 1
    p.deferred = 0


@inlined
def size_order(m: int, price: float, terms: Record, rules: Rules, book: Book) -> None:
    """Set the order's size in lots from its change in weight at ``price``; 0 where it is refused."""
    p, x = book.positions[m], terms[m]
    change = abs(p.order_change)
    p.order_size = 0.0
    if change == 0.0:
        return
    equity = book.account[0].equity
    per_lot = price * x.contract * p.rate
    wanted = change if rules.sizing == BY_SIZE else change * equity / per_lot
    if p.order_change < 0.0:
        wanted = min(wanted, p.size)
    steps = whole_steps(wanted, x.size_step)
    size = steps * x.size_step
    code = size_refusal(p, x, size, size * per_lot < rules.min_trade_fraction * equity)
    if code >= 0:
        refuse(m, code, wanted, book)
    else:
        p.order_size = size


@inlined
def size_refusal(p: Record, terms: Record, size: float, too_small: bool) -> int:
    """Return why an order of ``size`` lots may not be sent, or -1. What reduces asks no permission."""
    if p.order_change > 0.0:
        if p.order_side > 0.0 and terms.may_long == 0:
            return int(terms.mode_refusal)
        if p.order_side < 0.0 and terms.may_short == 0:
            return int(terms.mode_refusal)
    if size < terms.size_min - 1e-9 * terms.size_step:
        return SIZE_BELOW_MIN
    if size > terms.size_max + 1e-9 * terms.size_step:
        return BAD_VOLUME
    return UNDER_MIN_TRADE if too_small else -1


@inlined
def orders_at_open(terms: Record, rules: Rules, book: Book) -> None:
    """Fill what waits at the open: sells before buys, then by column; what cannot trade goes on waiting."""
    for side in (-1.0, 1.0):
        for m in range(len(book.positions)):
            p = book.positions[m]
            if p.ordered == 0 and p.closing == 0:
                continue
            status = p.status
            if status == TRADING:
                serve(m, side, terms, rules, book)
            elif status == CLOSED:
                p.deferred = DEFERRED


@inlined
def serve(m: int, side: float, terms: Record, rules: Rules, book: Book) -> None:
    """Do what one instrument waits for in the pass of ``side``; an order never overtakes a close before it."""
    account, p = book.account[0], book.positions[m]
    turn = p.order_side == side
    if p.closing != 0:
        if p.direction == side:
            return
        if p.direction == 0.0:
            refuse(m, NOTHING_TO_CLOSE, 0.0, book)
        else:
            leave_at_open(m, p.size, True, p.closing - 1, p.deferred, terms, book)
        if len(book.limited) > 0 and p.direction != 0.0:
            return
        p.closing = 0
        account.waiting -= 1
        turn = turn or side > 0.0
    if p.ordered != 0 and turn:
        p.ordered = 0
        account.waiting -= 1
        fill_target(m, terms, rules, book)
    if p.ordered == 0:
        p.deferred = 0


@inlined
def fill_target(m: int, terms: Record, rules: Rules, book: Book) -> None:
    """Do the target's order: close what it turns against, then open, add or reduce."""
    p, x = book.positions[m], terms[m]
    flags, side = p.deferred, p.order_side
    if p.order_close != 0:
        if p.direction == 0.0:
            refuse(m, NOTHING_TO_CLOSE, 0.0, book)
        else:
            leave_at_open(m, p.size, True, SIGNAL, flags, terms, book)
    if len(book.limited) > 0:
        if p.order_close != 0 and p.direction != 0.0:
            wait_on(p, book.account[0])
            return
        p.order_close = 0
    sized = len(book.limited) > 0 and p.carried != 0
    if rules.size_at_fill != 0 and rules.sizing != BY_SIZE and not sized:
        raw, half = p.open, p.half
        price = fill_price(x, side, side_price(raw, half, x.bid_bars, side), False, 0.0)
        size_order(m, price, terms, rules, book)
    if p.order_size <= 0.0:
        return
    if p.order_change < 0.0:
        reduce_position(m, flags, terms, book)
    elif p.order_adds != 0 and p.direction == 0.0:
        refuse(m, NOTHING_TO_RESIZE, p.order_size, book)
    else:
        open_position(m, flags, terms, rules, book)


@inlined
def reduce_position(m: int, flags: int, terms: Record, book: Book) -> None:
    """Close a part of the position, its oldest entries first."""
    p = book.positions[m]
    if p.direction == 0.0:
        refuse(m, NOTHING_TO_CLOSE, p.order_size, book)
        return
    asked = min(p.order_size, p.size)
    closed = leave_at_open(m, asked, True, SIGNAL, flags, terms, book)
    if len(book.limited) > 0 and closed < asked:
        p.order_size, p.carried = asked - closed, 1
        wait_on(p, book.account[0])
    elif p.direction != 0.0:
        p.weight = p.wanted


@inlined
def open_position(m: int, flags: int, terms: Record, rules: Rules, book: Book) -> None:
    """Open or add at the open; cut a weight's order to what free equity carries, refuse one with its own size."""
    account, p, x = book.account[0], book.positions[m], terms[m]
    side, raw, half = p.order_side, p.open, p.half
    reference = mid_price(raw, half, x.bid_bars)
    price = side_price(raw, half, x.bid_bars, side)
    expected = fill_price(x, side, price, True, draw_of(account.fills, book))
    rate = p.rate
    wanted = whole_steps(p.order_size, x.size_step)
    if wanted < 1.0:
        refuse(m, SIZE_BELOW_MIN, p.order_size, book)
        return
    rest = 0.0
    if len(book.limited) > 0:
        rest = wanted - min(wanted, steps_left(p, x))
        wanted -= rest
        if wanted < 1.0:
            p.carried = 1
            wait_on(p, account)
            return
    free = free_equity(terms, book)
    steps = affordable_steps(x, wanted, reference, expected, rate, free + 1e-9 * abs(free))
    size = steps * x.size_step
    cut = steps < wanted
    if cut and (rules.sizing == BY_SIZE or size < x.size_min - 1e-9 * x.size_step or steps < 1.0):
        refuse(m, NO_MONEY, p.order_size, book)
        return
    opened = p.direction == 0.0
    fill = record_fill(m, side, size, reference, price, True, x, book)
    fill.opens, fill.reason = 1, SIGNAL
    fill.flags = flags | (REDUCED if cut else 0)
    if len(book.limited) > 0:
        p.room = max(p.room - size, 0.0)
        carry_rest(p, fill, 0.0 if cut else rest, wanted, x, account)
    else:
        p.weight = p.wanted
    take_on(p, fill, side, x, book)
    set_levels(p, x, rules, opened)


@inlined
def carry_rest(p: Record, fill: Record, rest: float, done: float, terms: Record, account: Record) -> None:
    """Take over the share of the wanted weight that was done, and let ``rest`` steps wait for the next open."""
    if rest <= 0.0:
        p.weight = p.wanted
        return
    fill.flags |= PARTIAL
    p.weight += (p.wanted - p.weight) * done / (done + rest)
    p.order_size, p.order_adds, p.carried = rest * terms.size_step, 1, 1
    wait_on(p, account)


@inlined
def free_equity(terms: Record, book: Book) -> float:
    """Return equity less used margin, every position at its mark."""
    free = book.account[0].cash
    for m in range(len(book.positions)):
        p, x = book.positions[m], terms[m]
        if p.direction != 0.0:
            worth = x.contract * p.rate
            notional = p.size * worth * p.mark
            free += p.direction * (notional - p.basis * worth) - notional * x.inverse_leverage
    return float(free)
