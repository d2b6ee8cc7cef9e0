"""Play bars: one bar, or a whole array, with the same compiled functions.

Inside a bar: calendar, exits crossed by the open, orders at the open, exits inside the bar, then the close, where
equity is marked and the strategy decides. What it decides lives from the next bar on.
"""

from __future__ import annotations

from mintmark.measures import inlined, unmanaged
from mintmark.simulation.calendar_events import play_events
from mintmark.simulation.costs import mid_price, side_price
from mintmark.simulation.entries import close_oldest, record_fill
from mintmark.simulation.protection import exits_at_open, exits_inside, raise_trail
from mintmark.simulation.quiet import play_quiet
from mintmark.simulation.records import (
    ABSENT,
    CALL_LEVEL,
    END_OF_DATA,
    LIQUIDATION_LEVEL,
    MARGIN,
    OLDEST_PRICE_NS,
    TIME,
    TRADING,
    Book,
    Market,
    Record,
    Rules,
)
from mintmark.simulation.rows import at
from mintmark.simulation.targets import decide, orders_at_open


@unmanaged
def play(market: Market, terms: Record, rules: Rules, book: Book) -> int:
    """Play every bar, close what is open at the last close, and return the bars played.

    A ruined account plays no further bar: its equity stays. So does one whose price is too old
    (``stale_column`` names it).
    """
    account = book.account[0]
    bars = len(market.stamps)
    single = len(book.positions) == 1 and market.status.shape[1] == 1
    single = single and market.rates.shape[1] == 1 and market.half_spread.shape[1] == 1
    t, begun, busy = 0, False, False
    while t < bars:
        reached = play_quiet(t, market, terms, rules, book) if single else t
        if reached > t or not begun:
            t = reached
            # Once its orders are filled, the rest of a bar may be as quiet as others.
            begun = single and account.waiting > 0
            busy = play_open(t, market, terms, rules, book)
            if begun:
                continue
        play_rest(t, t == bars - 1, busy, market, terms, rules, book)
        if account.ruined != 0 or account.stale_column >= 0:
            book.equity[t:] = account.cash
            return t + 1
        t, begun = t + 1, False
    close_all(END_OF_DATA, terms, book)
    book.equity[bars - 1] = account.cash
    return bars


@inlined
def play_bar(t: int, last: bool, market: Market, terms: Record, rules: Rules, book: Book) -> None:
    """Play bar ``t`` of ``market``: the one-bar step."""
    busy = play_open(t, market, terms, rules, book)
    play_rest(t, last, busy, market, terms, rules, book)


@inlined
def play_open(t: int, market: Market, terms: Record, rules: Rules, book: Book) -> bool:
    """Play what bar ``t`` does before and at its open; return whether something may happen in the rest of it."""
    load_bar(t, market, book)
    account = book.account[0]
    touched = not is_out_of_reach(terms, book)
    if not touched and not is_awaited(market, account):
        return False
    seen = account.next_event
    play_events(market, terms, rules, book)
    for m in range(len(book.positions)):
        p = book.positions[m]
        if p.status != ABSENT:
            p.mark = mid_price(p.open, p.half, terms[m].bid_bars)
    if touched or account.next_event > seen or account.accruing > 0:
        exits_at_open(terms, book)
    if account.waiting > 0:
        orders_at_open(terms, rules, book)
    return True


@inlined
def play_rest(t: int, last: bool, busy: bool, market: Market, terms: Record, rules: Rules, book: Book) -> None:
    """Play the rest of bar ``t``: exits inside a ``busy`` one, the mark at its close, and what is decided there."""
    if busy and not is_out_of_reach(terms, book):
        exits_inside(terms, book)
    book.equity[t] = mark_close(terms, rules, book)
    if book.account[0].ruined != 0:
        book.equity[t] = book.account[0].cash
    else:
        choose(t, last, market, terms, rules, book)


@inlined
def load_bar(t: int, market: Market, book: Book) -> None:
    """Lay bar ``t`` of every instrument into its position; one without a bar keeps its last prices."""
    account = book.account[0]
    account.bar, account.stamp = t, market.stamps[t]
    for m in range(len(book.positions)):
        p = book.positions[m]
        p.rate = at(market.rates, m, t)
        p.status = at(market.status, m, t)
        if p.status != ABSENT:
            p.open, p.high, p.low, p.close = market.open[m, t], market.high[m, t], market.low[m, t], market.close[m, t]
            p.half = at(market.half_spread, m, t)
        if len(book.limited) > 0:
            p.room = book.room[m, t]


@inlined
def is_awaited(market: Market, account: Record) -> bool:
    """Return whether an order, a charge or an event of the calendar waits for this bar."""
    if account.waiting > 0 or account.accruing > 0:
        return True
    return bool(account.next_event < len(market.events) and market.events[account.next_event].bar <= account.bar)


@inlined
def is_out_of_reach(terms: Record, book: Book) -> bool:
    """Return whether the bar touches no protective level.

    Liquidation is out of reach where it is with every position at its worst price at once.
    """
    account = book.account[0]
    worst = account.cash
    for m in range(len(book.positions)):
        p, x = book.positions[m], terms[m]
        d = p.direction
        if d == 0.0:
            continue
        price = p.mark
        if p.status == TRADING:
            low = side_price(p.low, p.half, x.bid_bars, -d)
            high = side_price(p.high, p.half, x.bid_bars, -d)
            price = low if d > 0.0 else high
            gained = high if d > 0.0 else low
            if d * price <= d * p.adverse or d * gained >= d * p.target:
                return False
        worth = x.contract * p.rate
        notional = p.size * price * worth
        worst += d * (notional - p.basis * worth) - LIQUIDATION_LEVEL * notional * x.inverse_leverage
    return bool(worst > 1e-9 * abs(account.cash))


@inlined
def mark_close(terms: Record, rules: Rules, book: Book) -> float:
    """Return equity at the close; raise trailing levels from the bar's extreme, and check the margin."""
    account = book.account[0]
    equity, used, held = account.cash, 0.0, 0
    for m in range(len(book.positions)):
        p, x = book.positions[m], terms[m]
        if p.status != ABSENT:
            p.mark, p.marked_at = mid_price(p.close, p.half, x.bid_bars), account.stamp
            p.bars += 1
            if p.direction != 0.0 and p.status == TRADING:
                watch(p, x, rules)
        if p.direction != 0.0:
            worth = x.contract * p.rate
            notional = p.size * p.mark * worth
            equity += p.direction * (notional - p.basis * worth)
            used += notional * x.inverse_leverage
            held = 1
            if account.stamp - p.marked_at > OLDEST_PRICE_NS:
                account.stale_column, account.stale_bar = m, account.bar
    account.equity = equity
    account.held_bars += held
    if equity < CALL_LEVEL * used or equity <= 0.0:
        call_margin(used, terms, book)
    return float(equity)


@inlined
def watch(p: Record, terms: Record, rules: Rules) -> None:
    """Take the bar's extremes into the position's; a new best price moves the trailing level."""
    p.highest = max(p.highest, mid_price(p.high, p.half, terms.bid_bars))
    p.lowest = min(p.lowest, mid_price(p.low, p.half, terms.bid_bars))
    if rules.trailing > 0.0:
        raw = p.high if p.direction > 0.0 else p.low
        price = side_price(raw, p.half, terms.bid_bars, -p.direction)
        if p.direction * price > p.direction * p.best:
            p.best = price
            raise_trail(p, terms, rules)


@unmanaged
def call_margin(used: float, terms: Record, book: Book) -> None:
    """Count the call; under the liquidation level send a market close for all; without equity end the run."""
    account = book.account[0]
    account.margin_calls += 1
    if account.equity <= 0.0:
        close_all(MARGIN, terms, book)
        account.ruined = 1
    elif account.equity < LIQUIDATION_LEVEL * used:
        for m in range(len(book.positions)):
            send_close(book.positions[m], MARGIN, account)


@unmanaged
def send_close(p: Record, reason: int, account: Record) -> None:
    """Send a market close of all that is held, once."""
    if p.direction != 0.0 and p.closing == 0:
        p.closing = 1 + reason
        account.waiting += 1


@inlined
def choose(t: int, last: bool, market: Market, terms: Record, rules: Rules, book: Book) -> None:
    """Let holding limits and targets speak at the close; on the last bar they are only counted."""
    account = book.account[0]
    for m in range(len(book.positions)):
        p = book.positions[m]
        if rules.max_holding > 0 and p.direction != 0.0 and p.bars - p.first_bar >= rules.max_holding:
            send_close(p, TIME, account)
        target = market.targets[m, t]
        if target == target and target != p.seen:
            if last:
                account.discarded += 1
            else:
                decide(m, target, terms, rules, book)


@unmanaged
def close_all(reason: int, terms: Record, book: Book) -> None:
    """Close every position at its last close, with all costs."""
    for m in range(len(book.positions)):
        p, x = book.positions[m], terms[m]
        if p.ordered != 0:
            book.account[0].discarded += 1
        if p.direction != 0.0:
            p.bars -= 1
            price = p.mark - p.direction * p.half
            fill = record_fill(m, -p.direction, p.size, p.mark, price, True, x, book)
            fill.opens, fill.reason, fill.flags = 0, reason, 0
            close_oldest(m, fill, x, book, p.mark, p.mark)
