"""How deep, how long and how often it hurts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]


def drawdowns(equity: FloatArray, capital: float) -> FloatArray:
    """Return how far equity is under its peak so far, capital included.

    Shape: (n_bars,). Unit: fraction of the peak, 0 at a peak.

    >>> drawdowns(np.array([110.0, 99.0]), 100.0).round(6).tolist()
    [0.0, 0.1]
    """
    peaks = np.maximum(np.maximum.accumulate(equity), capital)
    depths: FloatArray = 1.0 - equity / peaks
    return depths


def longest_drawdown(depths: FloatArray) -> int:
    """Return the longest run of bars under a peak.

    >>> longest_drawdown(np.array([0.0, 0.1, 0.05, 0.0, 0.2]))
    2
    """
    at_peak = np.flatnonzero(depths <= 0.0)
    edges = np.concatenate(([-1], at_peak, [len(depths)]))
    return int(np.diff(edges).max() - 1)


def ulcer_index(depths: FloatArray) -> float:
    """Return the root mean square drawdown.

    Source:
        Martin & McCann (1989), The Investor's Guide to Fidelity Funds.
    """
    return math.sqrt(float(np.mean(depths**2)))


def value_at_risk(returns: FloatArray, level: float = 0.95) -> float:
    """Return the loss of a bar that is passed in 1 - ``level`` of bars; positive is a loss.

    Linear interpolation between the two nearest returns.
    """
    return -_percentile(returns, 1.0 - level)


def expected_shortfall(returns: FloatArray, level: float = 0.95) -> float:
    """Return the mean loss of the worst bars: the floor((1 - level)(n - 1)) + 1 smallest returns.

    Source:
        Rockafellar & Uryasev (2000), J. Risk 2(3).
    """
    worst = math.floor((1.0 - level) * (len(returns) - 1) + 1e-9) + 1
    return -float(np.partition(returns, worst - 1)[:worst].mean())


def skewness(returns: FloatArray) -> float:
    """Return the third standardised moment, biased.

    Raises:
        Undefined: ``no_variation``.
    """
    apart, variance = _apart(returns)
    return float(np.mean(apart * apart * apart)) / math.pow(variance, 1.5)


def excess_kurtosis(returns: FloatArray) -> float:
    """Return the fourth standardised moment less 3, biased.

    Raises:
        Undefined: ``no_variation``.
    """
    apart, variance = _apart(returns)
    return float(np.mean(np.square(apart * apart))) / variance**2 - 3.0


def _apart(returns: FloatArray) -> tuple[FloatArray, float]:
    if returns.max() == returns.min():
        raise Undefined("no_variation")
    apart = returns - returns.mean()
    return apart, float(np.mean(apart * apart))


def tail_ratio(returns: FloatArray) -> float:
    """Return the size of the 95th percentile over that of the 5th.

    Raises:
        Undefined: ``no_losses``, where the 5th percentile is 0.
    """
    low = _percentile(returns, 0.05)
    if low == 0.0:
        raise Undefined("no_losses")
    return abs(_percentile(returns, 0.95)) / abs(low)


def _percentile(values: FloatArray, share: float) -> float:
    """Return the value ``share`` of the way up, on the line between its two neighbours."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    found = np.partition(values, (below, above))
    return float(found[below] + (found[above] - found[below]) * (place - below))
