"""The drawdowns of many drawn paths, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def fill_falls(
    growth: FloatArray, values: FloatArray, cash: float, rows: IntArray, depths: FloatArray, falls: FloatArray
) -> None:
    """Write the deepest fall of each path, as a fraction of its peak, and what of it each holding lost.

    Shape: ``growth`` (n_rows, n_holdings), 1 + return; ``values`` (n_holdings,); ``rows`` (n_paths, n_days), which row
    comes when; ``depths`` (n_paths,); ``falls`` (n_paths, n_holdings), of the first deepest fall, adding to the depth.
    """
    paths, days = rows.shape
    n = len(values)
    held, at_peak = np.empty(n), np.empty(n)
    for path in range(paths):
        peak = cash
        for i in range(n):
            held[i] = values[i]
            at_peak[i] = values[i]
            falls[path, i] = 0.0
            peak += values[i]
        depths[path] = 0.0
        for day in range(days):
            row = rows[path, day]
            total = cash
            for i in range(n):
                held[i] *= growth[row, i]
                total += held[i]
            if total > peak:
                peak = total
                at_peak[:] = held
            elif (peak - total) / peak > depths[path]:
                depths[path] = (peak - total) / peak
                for i in range(n):
                    falls[path, i] = (at_peak[i] - held[i]) / peak
