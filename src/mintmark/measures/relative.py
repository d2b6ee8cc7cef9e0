"""A portfolio beside its benchmark."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.returns import annual_volatility, sharpe_ratio
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]


def beta(excess: FloatArray, benchmark: FloatArray) -> float:
    """Return how much ``excess`` returns move for one of the excess returns of ``benchmark``.

    Shape: (n_periods,) each. Unit: fraction per period over the risk-free rate.

    Raises:
        Undefined: ``too_few_returns``, fewer than two; ``no_variation`` of the benchmark.
    Source:
        Sharpe (1964), J. Finance 19(3).

    >>> beta(np.array([0.02, -0.02, 0.04]), np.array([0.01, -0.01, 0.02]))
    2.0
    """
    if len(excess) < 2:
        raise Undefined("too_few_returns", observed=len(excess), limit=2)
    if np.ptp(benchmark) == 0.0:
        raise Undefined("no_variation")
    apart = benchmark - benchmark.mean()
    return float((apart @ (excess - excess.mean())) / (apart @ apart))


def alpha(excess: FloatArray, benchmark: FloatArray, periods_per_year: float) -> float:
    """Return the yearly compound of what ``beta`` leaves unexplained of ``excess``.

    Shape and unit as ``beta``.

    Raises:
        Undefined: as ``beta``; ``no_equity`` where the mean loss is all there is.
    Source:
        Jensen (1968), J. Finance 23(2).
    """
    left = 1.0 + float(np.mean(excess - beta(excess, benchmark) * benchmark))
    if left <= 0.0:
        raise Undefined("no_equity")
    return math.pow(left, periods_per_year) - 1.0


def tracking_error(returns: FloatArray, benchmark: FloatArray, periods_per_year: float) -> float:
    """Return the yearly standard deviation of the returns over ``benchmark``.

    Raises:
        Undefined: ``too_few_returns``.
    Source:
        Grinold & Kahn (1999), Active Portfolio Management, chapter 4.
    """
    return annual_volatility(returns - benchmark, periods_per_year)


def information_ratio(returns: FloatArray, benchmark: FloatArray, periods_per_year: float) -> float:
    """Return the yearly mean return over ``benchmark`` per unit of ``tracking_error``.

    Raises:
        Undefined: ``too_few_returns`` or ``no_variation``.
    Source:
        Goodwin (1998), Financial Analysts Journal 54(4).
    """
    return sharpe_ratio(returns - benchmark, periods_per_year)
