"""Compiled loops of the labels. They read later bars: that is what a label is."""

from __future__ import annotations

import numpy as np

from mintmark.strategy.arrays import FloatArray, IntArray
from mintmark.strategy.kernel import kernel


@kernel
def zigzag(close: FloatArray, threshold: float) -> tuple[FloatArray, IntArray]:
    """Return (1 up, 0 down, NaN none) and the bar that confirms the end of each bar's segment."""
    size = len(close)
    values = np.full(size, np.nan)
    reaches = np.full(size, -1, dtype=np.int64)
    direction = 0
    pivot = 0
    top = 0
    bottom = 0
    for t in range(1, size):
        if close[t] > close[top]:
            top = t
        if close[t] < close[bottom]:
            bottom = t
        turned_up = direction <= 0 and close[t] >= close[bottom] * (1.0 + threshold)
        turned_down = direction >= 0 and close[t] <= close[top] * (1.0 - threshold)
        if not turned_up and not turned_down:
            continue
        extreme = bottom if turned_up else top
        if direction != 0:
            for i in range(pivot, extreme):
                values[i] = 0.0 if turned_up else 1.0
                reaches[i] = t
        pivot = extreme
        direction = 1 if turned_up else -1
        top = t
        bottom = t
    return values, reaches


@kernel
def forward_return(opens: FloatArray, horizon: int) -> tuple[FloatArray, IntArray]:
    """Return the move from the next open over ``horizon`` bars, and the bar whose open ends it."""
    size = len(opens)
    values = np.full(size, np.nan)
    reaches = np.full(size, -1, dtype=np.int64)
    for t in range(size - 1 - horizon):
        values[t] = opens[t + 1 + horizon] / opens[t + 1] - 1.0
        reaches[t] = t + 1 + horizon
    return values, reaches


@kernel
def triple_barrier(
    opens: FloatArray, high: FloatArray, low: FloatArray, atr: FloatArray, take: float, stop: float, max_bars: int
) -> tuple[FloatArray, IntArray]:
    """Return (2 take, 0 stop, 1 time, NaN none) and the bar that decides. Both in one bar count as stop."""
    size = len(opens)
    values = np.full(size, np.nan)
    reaches = np.full(size, -1, dtype=np.int64)
    for t in range(size - 1):
        if not atr[t] > 0.0:
            continue
        above = opens[t + 1] + take * atr[t]
        below = opens[t + 1] - stop * atr[t]
        for i in range(t + 1, min(t + max_bars, size - 1) + 1):
            if low[i] <= below or high[i] >= above:
                values[t] = 0.0 if low[i] <= below else 2.0
                reaches[t] = i
                break
        if reaches[t] < 0 and t + max_bars < size:
            values[t] = 1.0
            reaches[t] = t + max_bars
    return values, reaches


@kernel
def uniqueness(starts: IntArray, reaches: IntArray, size: int) -> FloatArray:
    """Return the mean of 1 / overlapping labels over the bars each label reads, from its entry to its reach."""
    counts = np.zeros(size + 1)
    for i in range(len(starts)):
        counts[starts[i] + 1] += 1.0
        counts[reaches[i] + 1] -= 1.0
    running = 0.0
    inverse = np.zeros(size + 1)
    for t in range(size):
        running += counts[t]
        inverse[t + 1] = inverse[t] + (1.0 / running if running > 0.0 else 0.0)
    result = np.empty(len(starts))
    for i in range(len(starts)):
        span = reaches[i] - starts[i]
        result[i] = (inverse[reaches[i] + 1] - inverse[starts[i] + 1]) / span
    return result
