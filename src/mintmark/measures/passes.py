"""The passes over a curve and its trades that every metric is made of, compiled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import formulas
from mintmark.measures.compiled import compiled, inlined
from mintmark.measures.formulas import (
    NO_DRAWDOWN,
    NO_EQUITY,
    NO_LOSSES,
    NO_TRADES,
    NO_VARIATION,
    NO_WINS,
    Depths,
    Moments,
    Tails,
    TradeSums,
)

FloatArray = NDArray[np.float64]
_OUTER = 1.7
_MOST_ROUNDS = 64

_annual_return = inlined(formulas.annual_return)
_deviation = inlined(formulas.deviation)
_excess_kurtosis = inlined(formulas.excess_kurtosis)
_extreme_of = inlined(formulas.extreme_of)
_mean_of = inlined(formulas.mean_of)
_ratio = inlined(formulas.ratio)
_sharpe = inlined(formulas.sharpe)
_skewness = inlined(formulas.skewness)
_sortino = inlined(formulas.sortino)


@compiled
def fill_returns(equity: FloatArray, capital: float, returns: FloatArray) -> None:
    """Write the return of each bar; see ``returns.bar_returns``."""
    returns[0] = (equity[0] - capital) / capital if capital > 0.0 else 0.0
    for t in range(1, len(equity)):
        before = equity[t - 1]
        gained = (equity[t] - before) / before
        returns[t] = gained if before > 0.0 else 0.0


@compiled
def measure_depths(equity: FloatArray, capital: float) -> Depths:
    """Return the drawdowns of ``equity``, its first peak being ``capital``."""
    peak, deepest, squares, total = capital, -math.inf, 0.0, 0.0
    run = longest = 0
    for t in range(len(equity)):
        now = equity[t]
        peak = max(peak, now)
        depth = 1.0 - now / peak
        deepest = max(deepest, depth)
        squares += depth * depth
        total += now
        run = run + 1 if depth > 0.0 else 0
        longest = max(longest, run)
    return Depths(deepest, squares, longest, total / len(equity))


@compiled
def measure_returns(equity: FloatArray, capital: float, returns: FloatArray, hurdle: float) -> tuple[Moments, Tails]:
    """Return the moments and the tails of the bar returns of ``equity``; below ``hurdle`` is the shortfall.

    ``returns``: those of all bars, made already; or shorter, then it is written over part by part, and as often as they
    are needed, for what fits in the nearest memory is sooner made than fetched.
    """
    n = len(equity)
    total = gains = losses = shortfall = 0.0
    for start in range(0, n, len(returns)):
        for one in returns_from(start, equity, capital, returns):
            total += one
            gains += max(one, 0.0)
            losses += max(-one, 0.0)
            short = min(one - hurdle, 0.0)
            shortfall += short * short
    mean = total / n
    # What may belong to a tail is set aside on the way, from both ends of one array; where that is too little, all is
    # searched.
    outer = _OUTER * (gains + losses) / n
    near, far = mean - outer, mean + outer
    aside, lows, highs = np.empty(n + 2), 0, 0
    squares = cubes = fourths = 0.0
    for start in range(0, n, len(returns)):
        for one in returns_from(start, equity, capital, returns):
            apart = one - mean
            square = apart * apart
            squares += square
            cubes += square * apart
            fourths += square * square
            aside[lows] = aside[n + 1 - highs] = one
            lows += one <= near
            highs += one >= far
    below, above = tail_places(n)
    enough = lows >= min(below + 2, n) and highs >= n - above and lows + highs <= n
    low = aside[:lows] if enough else all_returns(equity, capital, returns)
    high = aside[n + 2 - highs :] if enough else all_returns(equity, capital, returns)
    lowest, highest = extremes_of(low, high)
    moments = Moments(n, mean, squares, cubes, fourths, lowest, highest, gains, losses, shortfall)
    return moments, find_tails(n, low, high)


@inlined
def extremes_of(low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Return the least of ``low`` and the greatest of ``high``."""
    lowest, highest = math.inf, -math.inf
    for one in low:
        lowest = min(lowest, one)
    for one in high:
        highest = max(highest, one)
    return lowest, highest


@compiled
def returns_from(start: int, equity: FloatArray, capital: float, returns: FloatArray) -> FloatArray:
    """Return the returns from bar ``start`` on, as many as ``returns`` holds; it is written where it holds not all."""
    stop = min(start + len(returns), len(equity))
    part = returns[: stop - start]
    if len(returns) < len(equity):
        fill_returns(equity[start:stop], equity[start - 1] if start > 0 else capital, part)
    return part


@compiled
def all_returns(equity: FloatArray, capital: float, returns: FloatArray) -> FloatArray:
    """Return every return, in an array of its own."""
    found = np.empty(len(equity))
    if len(returns) < len(equity):
        fill_returns(equity, capital, found)
    else:
        found[:] = returns
    return found


@inlined
def tail_places(n: int) -> tuple[int, int]:
    """Return the places of the 5th and the 95th percentile among ``n`` ordered returns, rounded down."""
    return math.floor(0.05 * (n - 1)), math.floor(0.95 * (n - 1))


@compiled
def find_tails(n: int, low: FloatArray, high: FloatArray) -> Tails:
    """Return the tails of ``n`` returns, of which ``low`` holds the lowest and ``high`` the highest in any order."""
    last = n - 1
    below, under = tail_places(n)
    twentieth, following = rank(low, len(low), below)
    fifth = twentieth + (following - twentieth) * (0.05 * last - below)
    worst = math.floor((1.0 - 0.95) * last + 1e-9) + 1
    lost = following if worst > below + 1 else 0.0
    for t in range(below + 1):
        lost += low[t]
    upper, above = rank(high, len(high), under - (n - len(high)))
    worst_hundredth = math.floor((1.0 - 0.99) * last + 1e-9) + 1
    rank(low, below + 1, worst_hundredth - 1)
    lost_hundredth = 0.0
    for t in range(worst_hundredth):
        lost_hundredth += low[t]
    return Tails(fifth, upper + (above - upper) * (0.95 * last - under), lost / worst, lost_hundredth / worst_hundredth)


@compiled
def rank(values: FloatArray, length: int, place: int) -> tuple[float, float]:
    """Move the ``place`` + 1 smallest of the first ``length`` values to the front; return the last and the next one.

    Source:
        Hoare (1961), Communications of the ACM 4(7); Lomuto's partition in Bentley (1984), ibid. 27(4).
    """
    left, right = 0, length - 1
    rounds = 0
    while left < right:
        rounds += 1
        if rounds > _MOST_ROUNDS:
            values[left : right + 1].sort()
            break
        pivot = pivot_of(values, left, right)
        # Each value changes places whether it must or not: no branch can be foretold wrongly.
        below = left
        for t in range(left, right + 1):
            one = values[t]
            values[t], values[below] = values[below], one
            below += one < pivot
        if place < below:
            right = below - 1
            continue
        upto = below
        for t in range(below, right + 1):
            one = values[t]
            values[t], values[upto] = values[upto], one
            upto += one <= pivot
        if place < upto:
            break
        left = upto
    following = math.inf
    for t in range(place + 1, length):
        following = min(following, values[t])
    return values[place], following if place + 1 < length else values[place]


@inlined
def pivot_of(values: FloatArray, left: int, right: int) -> float:
    """Return the median of three values spread over those from ``left`` to ``right``."""
    quarter = (right - left) // 4
    a, b, c = values[left + quarter], values[(left + right) // 2], values[right - quarter]
    return float(max(min(a, b), min(max(a, b), c)))


@compiled
def measure_trades(trades: Any) -> TradeSums:
    """Return the sums over ``trades``, a structured array with the columns of ``performance``."""
    wins = losses = 0
    won = lost = held = returned = reach = net = price = spread = slippage = fees = financing = 0.0
    best, worst = -math.inf, math.inf
    for number in range(len(trades)):
        row = trades[number]
        profit = row.net_profit
        net += profit
        wins += profit > 0.0
        losses += profit < 0.0
        won += max(profit, 0.0)
        lost += max(-profit, 0.0)
        best, worst = max(best, profit), min(worst, profit)
        held += row.bars_held
        returned += row["return"]
        reach += row.mfe
        price += row.price_profit
        spread += row.spread_cost
        slippage += row.slippage_cost
        fees += row.fees
        financing += row.financing_cost
    return TradeSums(
        len(trades), wins, losses, net, won, lost, best, worst, held, returned, reach, price, spread, slippage, fees,
        financing,
    )  # fmt: skip


@compiled
def put_curve(
    equity: FloatArray, capital: float, bars_per_year: float, risk_free: float, returns: FloatArray, values: FloatArray,
    reasons: NDArray[np.uint8],
) -> Depths:  # fmt: skip
    """Write the metrics of ``equity`` in their order; ``returns`` as for ``measure_returns``, written here."""
    hurdle, scale = risk_free / bars_per_year, math.sqrt(bars_per_year)
    if len(returns) == len(equity):
        fill_returns(equity, capital, returns)
    depths = measure_depths(equity, capital)
    moments, tails = measure_returns(equity, capital, returns, hurdle)
    spread, reason = _deviation(moments)
    total = equity[-1] / capital - 1.0
    yearly, doubt = _annual_return(equity[-1] / capital, bars_per_year / len(equity))
    deepest = depths.deepest
    found = (
        (total, 0),
        (yearly, doubt),
        (spread * scale, reason),
        _sharpe(moments, spread, reason, hurdle, 1.0),
        _sharpe(moments, spread, reason, hurdle, scale),
        _sortino(moments, hurdle, scale),
        (deepest, 0),
        (float(depths.longest), 0),
        (math.sqrt(depths.squares / len(equity)), 0),
        _ratio(yearly, deepest, NO_DRAWDOWN) if doubt == 0 else (math.nan, doubt),
        _ratio(total, deepest, NO_DRAWDOWN),
        _ratio(moments.gains, moments.losses, NO_LOSSES),
        (-tails.low, 0),
        (-tails.worst_twentieth, 0),
        (-tails.worst_hundredth, 0),
        _skewness(moments),
        _excess_kurtosis(moments),
        _ratio(abs(tails.high), abs(tails.low), NO_LOSSES),
    )
    for place in range(len(found)):
        values[place], reasons[place] = found[place]
    return depths


@compiled
def put_trades(of: TradeSums, values: FloatArray, reasons: NDArray[np.uint8]) -> None:
    """Write the metrics of trades in their order."""
    none = NO_TRADES if of.n == 0 else NO_LOSSES
    found = (
        (float(of.n), 0),
        (float(of.wins), 0),
        (float(of.losses), 0),
        _ratio(float(of.wins), float(of.n), NO_TRADES),
        _ratio(of.won, of.lost, none),
        _mean_of(of.net_profit, of.n, NO_TRADES),
        _mean_of(of.won, of.wins, NO_TRADES if of.n == 0 else NO_WINS),
        _mean_of(-of.lost, of.losses, none),
        _extreme_of(of.largest_win, of.wins, NO_TRADES if of.n == 0 else NO_WINS),
        _extreme_of(of.largest_loss, of.losses, none),
        _mean_of(of.bars_held, of.n, NO_TRADES),
        _ratio(of.returned, of.reach, NO_TRADES if of.n == 0 else NO_VARIATION),
    )
    for place in range(len(found)):
        values[place], reasons[place] = found[place]


@compiled
def put_table(
    equity: FloatArray, capital: float, bars_per_year: float, risk_free: float, trades: Any, held_bars: int,
    traded_notional: float, returns: FloatArray, values: FloatArray, reasons: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Write every metric of ``performance.METRICS`` and its reason in ``REASONS``; ``returns`` as for ``put_curve``."""
    depths = put_curve(equity, capital, bars_per_year, risk_free, returns, values[:18], reasons[:18])
    sums = measure_trades(trades)
    put_trades(sums, values[18:30], reasons[18:30])
    values[30], reasons[30] = held_bars / len(equity), 0
    values[31], reasons[31] = _ratio(traded_notional, depths.mean_equity, NO_EQUITY)
    values[32], values[33], values[34] = sums.net_profit, sums.price_profit, sums.spread_cost
    values[35], values[36], values[37] = sums.slippage_cost, sums.fees, sums.financing_cost
    reasons[32:] = 0
