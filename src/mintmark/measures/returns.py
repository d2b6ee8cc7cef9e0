"""Returns per bar and what they come to in a year."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]


def bar_returns(equity: FloatArray, capital: float) -> FloatArray:
    """Return the return of each bar, the first one from ``capital``.

    Shape: (n_bars,). Unit: fraction. Where nothing was left before the bar the return is 0.

    >>> bar_returns(np.array([101.0, 101.0, 50.5]), 100.0).tolist()
    [0.01, 0.0, -0.5]
    """
    before = np.empty_like(equity)
    before[0] = capital
    before[1:] = equity[:-1]
    alive = before > 0.0
    returns = np.zeros_like(equity)
    np.divide(equity - before, before, out=returns, where=alive)
    return returns


def total_return(equity: FloatArray, capital: float) -> float:
    """Return what ``capital`` grew by, as a fraction."""
    return float(equity[-1] / capital - 1.0)


def annual_return(equity: FloatArray, capital: float, bars_per_year: float) -> float:
    """Return the compound growth of a year; -1 where nothing is left.

    Raises:
        Undefined: ``too_few_returns``, where a year of it is no finite number.
    """
    growth = float(equity[-1]) / capital
    if growth <= 0.0:
        return -1.0
    try:
        return math.pow(growth, bars_per_year / len(equity)) - 1.0
    except OverflowError:
        raise Undefined("too_few_returns") from None


def deviation(returns: FloatArray) -> float:
    """Return the standard deviation with n - 1; exactly 0 where all returns are equal.

    Raises:
        Undefined: ``too_few_returns``, fewer than two.
    """
    if len(returns) < 2:
        raise Undefined("too_few_returns")
    if returns.max() == returns.min():
        return 0.0
    return float(returns.std(ddof=1))


def annual_volatility(returns: FloatArray, bars_per_year: float) -> float:
    """Return the standard deviation of a year: of a bar, by the square root of time.

    Raises:
        Undefined: ``too_few_returns``.
    """
    return deviation(returns) * math.sqrt(bars_per_year)


def sharpe_per_bar(returns: FloatArray, bars_per_year: float, risk_free: float = 0.0) -> float:
    """Return mean excess return over standard deviation, per bar. ``risk_free`` is a yearly rate.

    Raises:
        Undefined: ``too_few_returns`` or ``no_variation``.
    Source:
        Sharpe (1994), J. Portfolio Management 21(1).
    """
    spread = deviation(returns)
    if spread == 0.0:
        raise Undefined("no_variation")
    return (float(returns.mean()) - risk_free / bars_per_year) / spread


def sharpe_ratio(returns: FloatArray, bars_per_year: float, risk_free: float = 0.0) -> float:
    """Return the yearly Sharpe ratio.

    Scaling by the square root of time assumes returns do not depend on one another; Lo shows how far that
    can mislead.

    Raises:
        Undefined: ``too_few_returns`` or ``no_variation``.
    Source:
        Sharpe (1994), J. Portfolio Management 21(1); Lo (2002), Financial Analysts Journal 58(4).

    >>> round(sharpe_ratio(np.array([0.01, -0.01, 0.02]), 252), 2)
    6.93
    """
    return sharpe_per_bar(returns, bars_per_year, risk_free) * math.sqrt(bars_per_year)


def sortino_ratio(returns: FloatArray, bars_per_year: float, risk_free: float = 0.0) -> float:
    """Return the yearly mean excess return over the root mean square of its shortfalls.

    Raises:
        Undefined: ``too_few_returns``, or ``no_losses`` where no bar fell short.
    Source:
        Sortino & van der Meer (1991), J. Portfolio Management 17(4).
    """
    if len(returns) < 2:
        raise Undefined("too_few_returns")
    excess = returns - risk_free / bars_per_year
    shortfall = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    if shortfall == 0.0:
        raise Undefined("no_losses")
    return float(excess.mean()) / shortfall * math.sqrt(bars_per_year)


def omega_ratio(returns: FloatArray) -> float:
    """Return the sum of gains over the sum of losses.

    Raises:
        Undefined: ``no_losses``.
    Source:
        Keating & Shadwick (2002), J. Performance Measurement 6(3).
    """
    losses = float(np.maximum(-returns, 0.0).sum())
    if losses == 0.0:
        raise Undefined("no_losses")
    return float(np.maximum(returns, 0.0).sum()) / losses
