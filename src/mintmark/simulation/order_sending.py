"""Send orders at the close: size them, check them, and change or take back those that wait."""

from __future__ import annotations

import math

from mintmark.measures import inlined, unmanaged
from mintmark.simulation.costs import side_price, whole_steps
from mintmark.simulation.order_check import order_refusal, settle_prices
from mintmark.simulation.order_fills import drop_live
from mintmark.simulation.order_records import (
    BUY,
    BY_FRACTION,
    BY_NUMBER,
    BY_RISK,
    CANCEL,
    CANCELLED,
    DISCARDED,
    DONE,
    EXPIRED,
    LIVE,
    MARKET,
    MODIFY,
    REFUSED_STATE,
    SELL,
    STOP_LIMIT,
    OrderDesk,
    OrderRules,
)
from mintmark.simulation.order_trades import change_levels, end_order
from mintmark.simulation.records import (
    BAD_PRICE,
    CLOSED,
    ORDER_DONE,
    SIZE_BELOW_MIN,
    STOP_REQUIRED,
    TOO_FEW_RETURNS,
    Book,
    Record,
)


@inlined
def send_orders(t: int, last: bool, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Send the orders of bar ``t`` at its close; those of the last bar are only counted."""
    s = desk.state[0]
    while s.next < len(desk.orders) - 1 and desk.orders[s.next].bar == t:
        number = s.next
        s.next += 1
        o = desk.orders[number]
        if last:
            book.account[0].discarded += 1
            end_order(o, DISCARDED, -1, book)
        elif o.action == CANCEL or o.action == MODIFY:
            change_order(number, terms, rules, book, desk)
        else:
            send(number, terms, rules, book, desk)


@inlined
def send(number: int, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Size and check one order; from the next bar on it lives."""
    o, s = desk.orders[number], desk.state[0]
    settle_prices(o, o.side, terms[0])
    code = -1
    if (o.action == BUY or o.action == SELL) and o.sized == 0:
        code = size_by_rule(o, terms, rules, book)
    if code < 0:
        code = refusal_now(number, number, False, terms, rules, book, desk)
    if code >= 0:
        end_order(o, REFUSED_STATE, code, book)
        return
    o.state = LIVE
    desk.live[s.live] = number
    s.live += 1


@unmanaged
def refusal_now(
    number: int, before: int, changes: bool, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk
) -> int:
    """Return why the order may not be sent at this close, or -1."""
    p, x = book.positions[0], terms[0]
    bid, ask = side_price(p.close, p.half, x.bid_bars, -1.0), side_price(p.close, p.half, x.bid_bars, 1.0)
    held, in_hours = p.direction * p.size, p.status != CLOSED
    return order_refusal(desk.orders[number], desk.orders[before], changes, held, bid, ask, in_hours, x, rules)


@inlined
def size_by_rule(o: Record, terms: Record, rules: OrderRules, book: Book) -> int:
    """Size ``o`` from equity at this close and the price it asks for; return why that cannot be, or -1."""
    p, x = book.positions[0], terms[0]
    equity, value = book.account[0].equity, rules.sizing_value
    price = p.mark if o.kind == MARKET else o.limit if o.kind == STOP_LIMIT else o.price
    worth = x.contract * p.rate
    wanted = value
    if rules.sizing == BY_FRACTION:
        wanted = value * equity / (price * worth)
    elif rules.sizing == BY_RISK:
        if not o.stop > 0.0:
            return STOP_REQUIRED
        wanted = value * equity / (abs(price - o.stop) * worth)
    elif rules.sizing != BY_NUMBER:
        if not o.deviation >= 0.0:
            return TOO_FEW_RETURNS
        wanted = equity * min(value / o.deviation, 1.0 / x.inverse_leverage) / (price * worth)
    if not wanted < 1e15 * x.size_step:
        o.sized, o.steps = 1, rules.max_steps + 1
        return -1
    steps = whole_steps(wanted, x.size_step)
    o.sized, o.by_rule = 1, int(rules.sizing != BY_NUMBER)
    o.steps, o.size = int(steps), steps * x.size_step
    return SIZE_BELOW_MIN if steps < rules.min_steps else -1


@inlined
def change_order(number: int, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Cancel or modify the order that is meant, every one, or the position's levels."""
    o = desk.orders[number]
    if o.meant < 0 and o.action == MODIFY:
        code = modify_position(number, terms, rules, book, desk)
    elif o.meant < 0:
        code = cancel_all(number, terms, rules, book, desk)
    elif desk.orders[o.meant].state != LIVE or o.meant >= number:
        code = ORDER_DONE
    elif o.action == CANCEL:
        code = cancel(number, o.meant, terms, rules, book, desk)
    else:
        code = modify(number, o.meant, terms, rules, book, desk)
    end_order(o, REFUSED_STATE if code >= 0 else DONE, code, book)


@inlined
def cancel_all(number: int, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> int:
    """Take back every order that waits; return why one could not be, or -1."""
    code, k = -1, 0
    while k < desk.state[0].live:
        found = cancel(number, desk.live[k], terms, rules, book, desk)
        if found >= 0:
            code = found
            k += 1
    return code


@unmanaged
def cancel(number: int, meant: int, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> int:
    """Take back one order; return why it cannot be, or -1."""
    desk.orders[number].side = desk.orders[meant].side
    code = refusal_now(number, meant, True, terms, rules, book, desk)
    if code < 0:
        for k in range(desk.state[0].live):
            if desk.live[k] == meant:
                drop_live(k, desk)
                break
        end_order(desk.orders[meant], CANCELLED, -1, book)
    return code


@inlined
def modify(number: int, meant: int, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> int:
    """Put what order ``number`` gives into the order it means, where that passes the check; return why not, or -1."""
    spare = len(desk.orders) - 1
    o, new = desk.orders[number], desk.orders[spare]
    desk.orders[spare] = desk.orders[meant]
    if new.action != BUY and new.action != SELL:
        return ORDER_DONE
    if (o.price == o.price and new.kind == MARKET) or (o.limit == o.limit and new.kind != STOP_LIMIT):
        return BAD_PRICE
    new.price = o.price if o.price == o.price else new.price
    new.limit = o.limit if o.limit == o.limit else new.limit
    new.stop = given_or_gone(o.stop, new.stop)
    new.target = given_or_gone(o.target, new.target)
    new.trailing = given_or_gone(o.trailing, new.trailing)
    new.activation = o.activation if o.activation == o.activation else new.activation
    if o.sized != 0:
        new.steps, new.size, new.sized, new.by_rule = o.steps, o.size, 1, 0
    if o.lasting != 0:
        new.last_bar, new.day, new.offers_expiry = o.last_bar, o.day, o.offers_expiry
    settle_prices(new, new.side, terms[0])
    code = refusal_now(spare, meant, True, terms, rules, book, desk)
    if code < 0:
        desk.orders[meant] = desk.orders[spare]
    return code


@inlined
def given_or_gone(given: float, old: float) -> float:
    """Return ``given`` where it is given, nothing where it is 0, else ``old``."""
    if given != given:
        return old
    return given if given != 0.0 else math.nan


@inlined
def modify_position(number: int, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> int:
    """Give the position other levels, where they pass the check; return why not, or -1."""
    p, spare = book.positions[0], len(desk.orders) - 1
    if p.direction == 0.0:
        return ORDER_DONE
    o, new = desk.orders[number], desk.orders[spare]
    o.side = p.direction
    settle_prices(o, o.side, terms[0])
    desk.orders[spare] = desk.orders[number]
    new.stop = p.stop if math.isfinite(p.stop) else math.nan
    new.target = p.target if math.isfinite(p.target) else math.nan
    stop, target = o.stop, o.target
    o.stop, o.target = given_or_gone(stop, new.stop), given_or_gone(target, new.target)
    code = refusal_now(number, spare, True, terms, rules, book, desk)
    o.stop, o.target = stop, target
    if code < 0:
        change_levels(o, terms, book, desk)
    return code


@inlined
def expire_orders(t: int, book: Book, desk: OrderDesk) -> None:
    """End the orders whose last bar is over."""
    k = 0
    while k < desk.state[0].live:
        o = desk.orders[desk.live[k]]
        if o.last_bar <= t:
            drop_live(k, desk)
            end_order(o, EXPIRED, -1, book)
        else:
            k += 1
