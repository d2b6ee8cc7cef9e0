"""Play bars with orders: the same steps as with targets, and the orders between them."""

from __future__ import annotations

from mintmark.measures import inlined, unmanaged
from mintmark.simulation.calendar_events import play_events
from mintmark.simulation.costs import mid_price
from mintmark.simulation.fills import close_all, load_bar, mark_close, send_close
from mintmark.simulation.order_fills import (
    drop_live,
    end_bar,
    gapped_orders,
    leave_now,
    market_orders,
    orders_inside,
)
from mintmark.simulation.order_records import ENDED, MARKET, OrderDesk, OrderRules
from mintmark.simulation.order_sending import expire_orders, send_orders
from mintmark.simulation.order_trades import end_order, rules_now
from mintmark.simulation.protection import exits_at_open, exits_inside
from mintmark.simulation.records import (
    DEFERRED,
    END_OF_DATA,
    NOTHING_TO_CLOSE,
    SPLIT,
    TIME,
    TRADING,
    Book,
    Market,
    Record,
)
from mintmark.simulation.targets import refuse


@unmanaged
def play_orders(market: Market, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> int:
    """Play every bar, close what is open at the last close, and return the bars played."""
    account, bars = book.account[0], len(market.stamps)
    played = bars
    for t in range(bars):
        step_orders(t, t == bars - 1, market, terms, rules, book, desk)
        if account.ruined != 0:
            book.equity[t:] = account.cash
            played = t + 1
            break
    if account.ruined == 0:
        close_all(END_OF_DATA, terms, book)
        book.equity[bars - 1] = account.cash
    while desk.state[0].live > 0:
        end_order(desk.orders[desk.live[0]], ENDED, -1, book)
        drop_live(0, desk)
    return played


@inlined
def step_orders(
    t: int, last: bool, market: Market, terms: Record, rules: OrderRules, book: Book, desk: OrderDesk
) -> None:
    """Play bar ``t``: the one-bar step."""
    load_bar(t, market, book)
    p, account = book.positions[0], book.account[0]
    split_orders(market, book, desk)
    play_events(market, terms, rules_now(desk), book)
    if p.status == TRADING:
        p.mark = mid_price(p.open, p.half, terms[0].bid_bars)
        fill_bar(terms, rules, book, desk)
    else:
        defer_orders(book, desk)
    end_bar(terms, book, desk)
    book.equity[t] = mark_close(terms, rules_now(desk), book)
    if account.ruined != 0:
        return
    expire_orders(t, book, desk)
    if rules.max_holding > 0 and p.direction != 0.0 and p.bars - p.first_bar >= rules.max_holding:
        send_close(p, TIME, account)
    send_orders(t, last, terms, rules, book, desk)


@inlined
def fill_bar(terms: Record, rules: OrderRules, book: Book, desk: OrderDesk) -> None:
    """Do what the bar does to position and orders between its open and its close."""
    p = book.positions[0]
    exits_now(terms, book)
    if p.closing != 0:
        serve_closing(terms, book)
    if desk.state[0].live > 0:
        market_orders(terms, rules, book, desk)
        gapped_orders(terms, rules, book, desk)
        exits_now(terms, book)
    exits_inside(terms, book)
    if desk.state[0].live > 0:
        orders_inside(terms, rules, book, desk)


@unmanaged
def exits_now(terms: Record, book: Book) -> None:
    """Fill at the open every protective exit it has crossed."""
    exits_at_open(terms, book)


@inlined
def serve_closing(terms: Record, book: Book) -> None:
    """Do the market close that the holding limit or the margin sent."""
    p = book.positions[0]
    if p.direction == 0.0:
        refuse(0, NOTHING_TO_CLOSE, 0.0, book)
    else:
        leave_now(p.size, p.closing - 1, p.deferred, terms, book)
    if len(book.limited) > 0 and p.direction != 0.0:
        return
    p.closing = p.deferred = 0
    book.account[0].waiting -= 1


@inlined
def defer_orders(book: Book, desk: OrderDesk) -> None:
    """Mark the market orders that a bar outside trading hours lets wait."""
    p = book.positions[0]
    p.deferred = DEFERRED if p.closing != 0 else 0
    for k in range(desk.state[0].live):
        o = desk.orders[desk.live[k]]
        if o.kind == MARKET:
            o.deferred = DEFERRED


@inlined
def split_orders(market: Market, book: Book, desk: OrderDesk) -> None:
    """Multiply the sizes of waiting orders by the splits of this bar, and divide their prices."""
    number = book.account[0].next_event
    while number < len(market.events) and market.events[number].bar <= book.account[0].bar:
        event = market.events[number]
        number += 1
        if event.kind != SPLIT:
            continue
        for k in range(desk.state[0].live):
            o = desk.orders[desk.live[k]]
            o.size *= event.value
            o.price /= event.value
            o.limit /= event.value
            o.stop /= event.value
            o.target /= event.value
