"""Fewer points with the same look: what a screen can show of a long series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def thinned(values: FloatArray, points: int) -> IntArray:
    """Return the positions of at most ``points`` of ``values`` that keep the shape of the line.

    The first and the last stay. Between them each equal stretch gives the one value that makes the largest
    triangle with the value chosen before it and the mean of the stretch after it.

    Raises:
        ValueError: fewer than 3 points are asked for.
    Source:
        Steinarsson (2013), Downsampling Time Series for Visual Representation, University of Iceland.

    >>> thinned(np.array([0.0, 0.0, 9.0, 0.0, 0.0, 0.0]), 3).tolist()
    [0, 2, 5]
    """
    if points < 3:
        raise ValueError(f"expected at least 3 points, found {points}")
    count = len(values)
    if count <= points:
        return np.arange(count, dtype=np.int64)
    edges = np.linspace(1, count - 1, points - 1).astype(np.int64)
    chosen = np.zeros(points, dtype=np.int64)
    chosen[-1] = count - 1
    for at in range(points - 2):
        start, stop = edges[at], edges[at + 1]
        ahead = slice(stop, edges[at + 2]) if at + 2 < len(edges) else slice(count - 1, count)
        chosen[at + 1] = start + _largest(values, int(chosen[at]), int(start), int(stop), ahead)
    return chosen


def _largest(values: FloatArray, before: int, start: int, stop: int, ahead: slice) -> int:
    """Return which of the values from ``start`` to ``stop`` makes the largest triangle."""
    middle, mean = (ahead.start + ahead.stop - 1) / 2.0, float(values[ahead].mean())
    across = np.arange(start, stop, dtype=np.float64)
    areas = (before - middle) * (values[start:stop] - values[before]) - (before - across) * (mean - values[before])
    return int(np.argmax(np.abs(areas)))


def outlined(values: FloatArray, points: int) -> IntArray:
    """Return the positions of at most ``points`` of ``values`` between which no extreme is lost.

    Each equal stretch gives its lowest and its highest value, so that a line drawn through them reaches as far up and
    down as the whole; the first and the last stay.

    Raises:
        ValueError: fewer than 4 points are asked for.

    >>> outlined(np.array([0.0, 5.0, 1.0, 1.0, -3.0, 2.0, 1.0, 1.0]), 6).tolist()
    [0, 1, 4, 5, 7]
    """
    if points < 4:
        raise ValueError(f"expected at least 4 points, found {points}")
    count, stretches = len(values), (points - 2) // 2
    if count <= points:
        return np.arange(count, dtype=np.int64)
    length = -(-count // stretches)
    rows = np.append(values, np.full(stretches * length - count, values[-1])).reshape(stretches, length)
    starts = np.arange(stretches) * length
    chosen = np.concatenate([[0, count - 1], starts + rows.argmin(axis=1), starts + rows.argmax(axis=1)])
    return np.unique(np.minimum(chosen, count - 1))
