"""Play a single instrument's quiet bars in one go: the same arithmetic as bar by bar, with its state in registers."""

from __future__ import annotations

import math

from mintmark.measures import inlined
from mintmark.simulation.costs import mid_price
from mintmark.simulation.protection import raise_trail
from mintmark.simulation.records import CALL_LEVEL, Book, Market, Record, Rules
from mintmark.simulation.targets import decide


@inlined
def play_quiet(t: int, market: Market, terms: Record, rules: Rules, book: Book) -> int:
    """Play bars from ``t`` on while nothing can fill, be charged, called or closed; return the first bar not played.

    Spread and rate are the same for all bars. A changed target ends the quiet: its bar is played, its order
    waits. What bar ``t`` does at its open may be done already. The last bar is never played here.
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
        half = market.half_spread[0, 0]
        p.mark, p.half = mid_price(market.close[0, last], half, terms[0].bid_bars), half
        p.bars += stop - t
        account.bar, account.equity = last, book.equity[last]
        p.rate = market.rates[0, 0]
        account.held_bars += stop - t if p.direction != 0.0 else 0
        target = market.targets[0, last]
        if target == target and target != p.seen:
            decide(0, target, terms, rules, book)
    return stop


@inlined
def stay_flat(t: int, end: int, cash: float, seen: float, market: Market, book: Book) -> int:
    """Mark bars without a position up to ``end``, or past the first one whose target differs from ``seen``.

    None where there is no cash left: that ends the run.
    """
    targets, equity = market.targets[0, t:end], book.equity[t:end]
    bar, bars = 0, end - t if cash > 0.0 else 0
    while bar < bars:
        equity[bar] = cash
        target = targets[bar]
        bar += 1
        if target == target and target != seen:
            break
    return t + bar


@inlined
def stay_held(t: int, end: int, market: Market, terms: Record, rules: Rules, book: Book) -> int:
    """Mark bars with a position up to ``end``, up to the first that may touch it, or past a changed target."""
    p, x = book.positions[0], terms[0]
    cash, d, size, seen = book.account[0].cash, p.direction, p.size, p.seen
    half, worth = market.half_spread[0, 0], x.contract * market.rates[0, 0]
    basis, shift, offset = p.basis * worth, half * x.bid_bars, half * (x.bid_bars - d)
    danger = call_price(cash, d, size * worth, basis, x.inverse_leverage)
    limit, goal = max(d * p.adverse, danger), d * p.target
    # A new best price moves nothing before it arms the trailing level.
    best, armed = d * p.best, d * (p.entry * (1.0 + d * rules.activation))
    reach = max(best, armed) if rules.trailing > 0.0 else math.inf
    # Counted from the first of them, no place can be negative: the compiler drops the question.
    with_us = market.high[0, t:end] if d > 0.0 else market.low[0, t:end]
    against = market.low[0, t:end] if d > 0.0 else market.high[0, t:end]
    closes, targets, equity = market.close[0, t:end], market.targets[0, t:end], book.equity[t:end]
    top, bottom = -math.inf, math.inf
    bar, bars = 0, end - t
    while bar < bars:
        gain, loss = d * with_us[bar], d * against[bar]
        gained = d * (with_us[bar] + offset)
        if d * (against[bar] + offset) <= limit or gained >= goal:
            break
        top, bottom = max(top, gain), min(bottom, loss)
        if gained >= reach and gained > d * p.best:
            p.best, reach = d * gained, gained
            raise_trail(p, x, rules)
            limit = max(d * p.adverse, danger)
        equity[bar] = cash + d * (size * (closes[bar] + shift) * worth - basis)
        target = targets[bar]
        bar += 1
        if target == target and target != seen:
            break
    if rules.trailing > 0.0:
        p.best = d * max(best, d * (d * top + offset))
    high, low = (top, bottom) if d > 0.0 else (-bottom, -top)
    p.highest, p.lowest = max(p.highest, high + shift), min(p.lowest, low + shift)
    return t + bar


@inlined
def call_price(cash: float, d: float, units: float, basis: float, inverse_leverage: float) -> float:
    """Return d x the price beyond which equity surely stays above the call level; infinite where none does.

    It stands a billionth apart, so that rounding cannot hide a call.
    """
    kept = d - CALL_LEVEL * inverse_leverage
    if d * kept <= 0.0:
        return math.inf
    price = (d * basis - cash) / (units * kept)
    return d * price + 1e-9 * (abs(price) + abs(cash / units))
