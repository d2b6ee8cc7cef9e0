"""How deep, how long and how often it hurts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import formulas
from mintmark.measures.returns import defined, measured, moments_of

FloatArray = NDArray[np.float64]


def drawdowns(equity: FloatArray, capital: float) -> FloatArray:
    """Return how far equity is under its peak so far, capital included.

    Shape: (n_bars,). Unit: fraction of the peak, 0 at a peak.

    >>> drawdowns(np.array([110.0, 99.0]), 100.0).round(6).tolist()
    [0.0, 0.1]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        depths: FloatArray = 1.0 - equity / np.maximum.accumulate(np.maximum(equity, capital))
    return depths


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of an index as a fraction of its peak, and the places of peak, trough and recovery.

    ``recovery`` is None while the old peak is not reached again; all places are None where nothing fell.
    """

    depth: float
    peak: int | None
    trough: int | None
    recovery: int | None


def deepest_drawdown(index: FloatArray) -> Drawdown:
    """Return the deepest fall of ``index`` (n_bars,), the first of equals, from the last bar at its peak.

    Source:
        Magdon-Ismail & Atiya (2004), Risk 17(10).

    >>> deepest_drawdown(np.array([100.0, 120.0, 90.0, 110.0, 125.0]))
    Drawdown(depth=0.25, peak=1, trough=2, recovery=4)
    """
    depths = drawdowns(index, float(index[0]))
    trough = int(depths.argmax())
    if depths[trough] == 0.0:
        return Drawdown(0.0, None, None, None)
    top = index[: trough + 1].max()
    peak = int(np.flatnonzero(index[: trough + 1] == top)[-1])
    regained = np.flatnonzero(index[trough:] >= top)
    return Drawdown(float(depths[trough]), peak, trough, trough + int(regained[0]) if len(regained) else None)


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
    from mintmark.measures import rank

    worst = math.floor((1.0 - level) * (len(returns) - 1) + 1e-9) + 1
    ordered = np.array(returns, dtype=np.float64)
    rank(ordered, len(ordered), worst - 1)
    return -float(ordered[:worst].mean())


def skewness(returns: FloatArray) -> float:
    """Return the third standardised moment, biased.

    Raises:
        Undefined: ``no_variation``.
    """
    return defined(formulas.skewness(moments_of(returns)))


def excess_kurtosis(returns: FloatArray) -> float:
    """Return the fourth standardised moment less 3, biased.

    Raises:
        Undefined: ``no_variation``.
    """
    return defined(formulas.excess_kurtosis(moments_of(returns)))


def tail_ratio(returns: FloatArray) -> float:
    """Return the size of the 95th percentile over that of the 5th.

    Raises:
        Undefined: ``no_losses``, where the 5th percentile is 0.
    """
    _, tails = measured(returns)
    return defined(formulas.ratio(abs(tails.high), abs(tails.low), formulas.NO_LOSSES))


def _percentile(values: FloatArray, share: float) -> float:
    """Return the value ``share`` of the way up, on the line between its two neighbours."""
    from mintmark.measures import rank

    place = share * (len(values) - 1)
    below = math.floor(place)
    found, above = rank(np.array(values, dtype=np.float64), len(values), below)
    return float(found + (above - found) * (place - below))
