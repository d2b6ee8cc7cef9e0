"""Every ratio of a backtest, from what a pass over its curve and its trades has summed up.

Plain arithmetic: the table of metrics compiles these, the functions of ``returns`` and ``risk`` call them as they are.
None calls another. Each answers with its number and 0, or with NaN and the place in ``REASONS`` of why it has none.
"""

from __future__ import annotations

import math
from typing import NamedTuple

REASONS = (
    "", "too_few_returns", "no_variation", "no_losses", "no_drawdown", "no_trades", "no_wins", "no_equity",
)  # fmt: skip
DEFINED, TOO_FEW_RETURNS, NO_VARIATION, NO_LOSSES, NO_DRAWDOWN, NO_TRADES, NO_WINS, NO_EQUITY = range(len(REASONS))

Found = tuple[float, int]
_GREATEST_EXPONENT = 709.0


class Moments(NamedTuple):
    """Sums over ``n`` returns: ``squares``, ``cubes`` and ``fourths`` of what lies between each and the mean.

    ``shortfall``: of squares of what each falls short of a hurdle.
    """

    n: int
    mean: float
    squares: float
    cubes: float
    fourths: float
    lowest: float
    highest: float
    gains: float
    losses: float
    shortfall: float


class Tails(NamedTuple):
    """The 5th and 95th percentile, and the mean of the worst twentieth and hundredth."""

    low: float
    high: float
    worst_twentieth: float
    worst_hundredth: float


class Depths(NamedTuple):
    """How far equity was under its peak: deepest and sum of squares as fractions, longest in bars; its own mean."""

    deepest: float
    squares: float
    longest: int
    mean_equity: float


class TradeSums(NamedTuple):
    """Counts, sums and extremes over trades; profit after all costs."""

    n: int
    wins: int
    losses: int
    net_profit: float
    won: float
    lost: float
    largest_win: float
    largest_loss: float
    bars_held: float
    returned: float
    reach: float
    price_profit: float
    spread_cost: float
    slippage_cost: float
    fees: float
    financing_cost: float


def ratio(above: float, below: float, reason: int) -> Found:
    """Return ``above`` over ``below``, which must be above 0."""
    if below <= 0.0:
        return math.nan, reason
    return above / below, DEFINED


def annual_return(growth: float, power: float) -> Found:
    """Return ``growth`` to the ``power`` less 1, -1 where nothing is left; see ``returns.annual_return``."""
    if growth <= 0.0:
        return -1.0, DEFINED
    if math.log(growth) * power > _GREATEST_EXPONENT:
        return math.nan, TOO_FEW_RETURNS
    return math.pow(growth, power) - 1.0, DEFINED


def deviation(of: Moments) -> Found:
    """Return the standard deviation with n - 1; see ``returns.deviation``."""
    if of.n < 2:
        return math.nan, TOO_FEW_RETURNS
    if of.highest == of.lowest:
        return 0.0, DEFINED
    return math.sqrt(of.squares / (of.n - 1)), DEFINED


def sharpe(of: Moments, spread: float, reason: int, hurdle: float, scale: float) -> Found:
    """Return mean excess over ``hurdle`` over ``deviation``, times ``scale``; see ``returns.sharpe_ratio``."""
    if reason != DEFINED:
        return math.nan, reason
    if spread == 0.0:
        return math.nan, NO_VARIATION
    return (of.mean - hurdle) / spread * scale, DEFINED


def sortino(of: Moments, hurdle: float, scale: float) -> Found:
    """Return mean excess over the root mean square of shortfalls, times ``scale``; see ``returns.sortino_ratio``."""
    if of.n < 2:
        return math.nan, TOO_FEW_RETURNS
    if of.shortfall == 0.0:
        return math.nan, NO_LOSSES
    return (of.mean - hurdle) / math.sqrt(of.shortfall / of.n) * scale, DEFINED


def skewness(of: Moments) -> Found:
    """Return the third standardised moment, biased; see ``risk.skewness``."""
    scale = math.pow(of.squares / of.n, 1.5)
    if of.highest == of.lowest or scale == 0.0:
        return math.nan, NO_VARIATION
    return of.cubes / of.n / scale, DEFINED


def excess_kurtosis(of: Moments) -> Found:
    """Return the fourth standardised moment less 3, biased; see ``risk.excess_kurtosis``."""
    variance = of.squares / of.n
    scale = variance * variance
    if of.highest == of.lowest or scale == 0.0:
        return math.nan, NO_VARIATION
    return of.fourths / of.n / scale - 3.0, DEFINED


def mean_of(total: float, count: int, reason: int) -> Found:
    """Return the mean of ``count`` values."""
    if count == 0:
        return math.nan, reason
    return total / count, DEFINED


def extreme_of(value: float, count: int, reason: int) -> Found:
    """Return the largest of ``count`` values."""
    if count == 0:
        return math.nan, reason
    return value, DEFINED
