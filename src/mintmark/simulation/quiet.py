"""Play a single instrument's quiet bars in one go: the same arithmetic as bar by bar, with its state in registers."""

from __future__ import annotations

from mintmark.measures import unmanaged
from mintmark.simulation.costs import mid_price, side_price
from mintmark.simulation.protection import raise_trail
from mintmark.simulation.records import CALL_LEVEL, LIQUIDATION_LEVEL, Book, Market, Record, Rules
from mintmark.simulation.targets import decide


@unmanaged
def play_quiet(t: int, market: Market, terms: Record, rules: Rules, book: Book) -> int:
    """Play bars from ``t`` on while nothing can fill, be charged, called or closed; return the first bar not played.

    A changed target ends the quiet: its bar is played, its order waits. The last bar is never played here.
    """
    account, p = book.account[0], book.positions[0]
    end = len(market.stamps) - 1
    if account.next_event < len(market.events):
        end = min(end, market.events[account.next_event].bar)
    if rules.max_holding > 0 and p.direction != 0.0:
        end = min(end, t + rules.max_holding - 1 - (p.bars - p.first_bar))
    if account.waiting > 0 or account.accruing > 0 or t >= end:
        return t
    if p.direction == 0.0:
        stop = stay_flat(t, end, account.cash, p.seen, market, book)
    else:
        stop = stay_held(t, end, market, terms, rules, book)
    if stop > t:
        last = stop - 1
        half = market.half_spread[0, last if market.half_spread.shape[1] > 1 else 0]
        p.mark, p.half = mid_price(market.close[0, last], half, terms[0].bid_bars), half
        p.marked_at = market.stamps[last]
        p.bars += stop - t
        account.bar, account.stamp, account.equity = last, market.stamps[last], book.equity[last]
        p.rate = market.rates[0, last if market.rates.shape[1] > 1 else 0]
        account.held_bars += stop - t if p.direction != 0.0 else 0
        target = market.targets[0, last]
        if target == target and target != p.seen:
            decide(0, target, terms, rules, book)
    return stop


@unmanaged
def stay_flat(t: int, end: int, cash: float, seen: float, market: Market, book: Book) -> int:
    """Mark bars without a position up to ``end``, or past the first one whose target differs from ``seen``."""
    targets, equity = market.targets, book.equity
    while t < end:
        equity[t] = cash
        target = targets[0, t]
        t += 1
        if target == target and target != seen:
            break
    return t


@unmanaged
def stay_held(t: int, end: int, market: Market, terms: Record, rules: Rules, book: Book) -> int:
    """Mark bars with a position up to ``end``, up to the first that may touch it, or past a changed target."""
    p, x = book.positions[0], terms[0]
    cash, d, size, basis, seen = book.account[0].cash, p.direction, p.size, p.basis, p.seen
    adverse, goal, best, highest, lowest = d * p.adverse, d * p.target, d * p.best, p.highest, p.lowest
    contract, bid, inverse = x.contract, x.bid_bars, x.inverse_leverage
    floor = 1e-9 * abs(cash)
    wide, many = int(market.half_spread.shape[1] > 1), int(market.rates.shape[1] > 1)
    trails = rules.trailing > 0.0
    highs, lows, closes, targets, equity = market.high, market.low, market.close, market.targets, book.equity
    while t < end:
        half, worth = market.half_spread[0, t * wide], contract * market.rates[0, t * many]
        high, low = side_price(highs[0, t], half, bid, -d), side_price(lows[0, t], half, bid, -d)
        price, gained = (low, high) if d > 0.0 else (high, low)
        if d * price <= adverse or d * gained >= goal:
            break
        notional = size * price * worth
        if not cash + (d * (notional - basis * worth) - LIQUIDATION_LEVEL * notional * inverse) > floor:
            break
        notional = size * mid_price(closes[0, t], half, bid) * worth
        value = cash + d * (notional - basis * worth)
        if value < CALL_LEVEL * (notional * inverse) or value <= 0.0:
            break
        highest = max(highest, mid_price(highs[0, t], half, bid))
        lowest = min(lowest, mid_price(lows[0, t], half, bid))
        if trails and d * gained > best:
            p.best = gained
            raise_trail(p, x, rules)
            best, adverse = d * gained, d * p.adverse
        equity[t] = value
        target = targets[0, t]
        t += 1
        if target == target and target != seen:
            break
    p.highest, p.lowest = highest, lowest
    return t
