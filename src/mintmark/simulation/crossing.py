"""The built-in rule ``sma_cross``: long while the fast average of closes is above the slow one, else short."""

from __future__ import annotations

import numpy as np

from mintmark.domain import Refused
from mintmark.simulation.batch import put_average, put_cross, put_sma_cross
from mintmark.simulation.records import FloatArray


def moving_average(values: FloatArray, length: int) -> FloatArray:
    """Return the mean of the last ``length`` values at each bar; NaN before there are as many.

    >>> moving_average(np.array([1.0, 2.0, 4.0]), 2).tolist()
    [nan, 1.5, 3.0]
    """
    closes = np.require(values, np.float64, ["C", "W"])
    average = np.empty_like(closes)
    put_average(closes, length, average)
    return average


def cross_targets(fast: FloatArray, slow: FloatArray, warmup: int, *, short: bool = True) -> FloatArray:
    """Return +1 where ``fast`` is above ``slow``, -1 (without ``short``: 0) where it is below; NaN where equal.

    Equal is apart by at most 1e-12. The first ``warmup`` bars say nothing.
    """
    targets: FloatArray = np.empty((1, len(fast)))
    quick, slower = np.require(fast, np.float64, ["C", "W"]), np.require(slow, np.float64, ["C", "W"])
    put_cross(quick, slower, warmup, short, 1.0, targets)
    row: FloatArray = targets[0]
    return row


def sma_cross(close: FloatArray, fast: int, slow: int, *, short: bool = True) -> FloatArray:
    """Return the targets of the rule on ``close`` (n_bars,): 1, -1 (or 0), or NaN for no change.

    Raises:
        Refused: as ``check_cross``; ``not_enough_bars`` for fewer than ``slow`` + 2.
    """
    check_cross(fast, slow)
    if len(close) < slow + 2:
        message = f"expected at least {slow + 2} bars for an average of {slow}, found {len(close)}"
        raise Refused(message, code="not_enough_bars", needed=slow + 2, found=len(close))
    closes = np.require(close, np.float64, ["C", "W"])
    targets = np.empty_like(closes)
    put_sma_cross(closes, int(fast), int(slow), short, targets)
    return targets


def check_cross(fast: int, slow: int) -> None:
    """Refuse lengths that are none.

    Raises:
        Refused: ``bad_value``: not 1 <= fast < slow.
    """
    if not 1 <= fast < slow:
        message = f"expected 1 <= fast < slow, found fast {fast} and slow {slow}"
        raise Refused(message, code="bad_value", field="fast", value=str(fast))
