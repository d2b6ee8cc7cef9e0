"""Returns by month and year, how often each size occurs, and the bands of many runs."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.returns import bar_returns

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FAN = (5.0, 25.0, 50.0, 75.0, 95.0)
"""The percentiles of a fan."""

_UNITS = {"month": "datetime64[M]", "year": "datetime64[Y]"}


def period_returns(
    stamps: IntArray, equity: FloatArray, capital: float, period: Literal["month", "year"]
) -> tuple[IntArray, FloatArray]:
    """Return each calendar period that has bars, and what equity gained in it, the first from ``capital``.

    Periods are counted from 1970-01 (months) or 1970 (years), UTC; a bar is of the period its ``stamps`` (ns, its
    open) lies in, and its equity is that of its close. Returns are fractions.

    >>> days = np.array(["2024-01-30", "2024-01-31", "2024-03-01"], "datetime64[ns]").astype(np.int64)
    >>> months, gained = period_returns(days, np.array([101.0, 102.0, 91.8]), 100.0, "month")
    >>> months.tolist(), gained.round(4).tolist()
    ([648, 650], [0.02, -0.1])
    """
    counted = stamps.astype("datetime64[ns]").astype(_UNITS[period]).astype(np.int64)
    ends = np.append(np.flatnonzero(np.diff(counted)), len(counted) - 1)
    return counted[ends], bar_returns(equity[ends], capital)


def return_counts(returns: FloatArray, bins: int = 41) -> tuple[FloatArray, IntArray]:
    """Return the edges of ``bins`` equal ranges and how many ``returns`` fall into each.

    The ranges reach four standard deviations from the mean, or to the furthest return where that is nearer; what
    lies beyond is counted in the outer ones, so that no return is left out.

    >>> return_counts(np.array([-0.02, 0.0, 0.01, 0.02]), 2)[1].tolist()
    [1, 3]
    """
    middle, reach = float(returns.mean()), 4.0 * float(returns.std())
    low, high = max(float(returns.min()), middle - reach), min(float(returns.max()), middle + reach)
    if not low < high:
        low, high = middle - 1e-9, middle + 1e-9
    edges = np.linspace(low, high, bins + 1)
    counts, _ = np.histogram(np.clip(returns, low, high), edges)
    return edges, counts.astype(np.int64)


def fan(paths: FloatArray) -> FloatArray:
    """Return the percentiles ``FAN`` of ``paths`` (n_paths, n_bars) at each bar: (5, n_bars), linear between two paths.

    >>> fan(np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])).ravel().tolist()
    [1.2, 2.0, 3.0, 4.0, 4.8]
    """
    bands: FloatArray = np.percentile(paths, FAN, axis=0)
    return bands
