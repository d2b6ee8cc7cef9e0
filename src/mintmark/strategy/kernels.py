"""Compiled loops over bars. Row t reads rows up to t only; rows before the first value are NaN."""

from __future__ import annotations

import math

import numpy as np

from mintmark.strategy.arrays import FloatArray, IntArray
from mintmark.strategy.kernel import kernel


@kernel
def window_mean(values: FloatArray, period: int) -> FloatArray:
    """Return the mean of the last ``period`` values, each window summed by itself."""
    result = np.full(len(values), np.nan)
    for t in range(period - 1, len(values)):
        total = 0.0
        for i in range(t - period + 1, t + 1):
            total += values[i]
        result[t] = total / period
    return result


@kernel
def window_deviation(values: FloatArray, means: FloatArray, period: int) -> FloatArray:
    """Return the population standard deviation of the last ``period`` values around their ``means``."""
    result = np.full(len(values), np.nan)
    for t in range(period - 1, len(values)):
        total = 0.0
        for i in range(t - period + 1, t + 1):
            off = values[i] - means[t]
            total += off * off
        result[t] = math.sqrt(total / period)
    return result


@kernel
def return_deviation(values: FloatArray, period: int) -> FloatArray:
    """Return the standard deviation (n - 1) of the last ``period`` log returns."""
    size = len(values)
    result = np.full(size, np.nan)
    moves = np.empty(size)
    for t in range(1, size):
        moves[t] = math.log(values[t] / values[t - 1])
    for t in range(period, size):
        mean = 0.0
        for i in range(t - period + 1, t + 1):
            mean += moves[i]
        mean /= period
        total = 0.0
        for i in range(t - period + 1, t + 1):
            total += (moves[i] - mean) ** 2
        result[t] = math.sqrt(total / (period - 1))
    return result


@kernel
def money_flow_index(typical: FloatArray, volume: FloatArray, period: int) -> FloatArray:
    """Return 100 x rising flow over all flow of the last ``period`` steps; 50 where nothing flowed."""
    result = np.full(len(typical), np.nan)
    for t in range(period, len(typical)):
        rising = 0.0
        falling = 0.0
        for i in range(t - period + 1, t + 1):
            flow = typical[i] * volume[i]
            if typical[i] > typical[i - 1]:
                rising += flow
            elif typical[i] < typical[i - 1]:
                falling += flow
        both = rising + falling
        result[t] = 100.0 * (rising / both) if both > 0.0 else 50.0
    return result


@kernel
def chaikin_money_flow(
    high: FloatArray, low: FloatArray, close: FloatArray, volume: FloatArray, period: int
) -> FloatArray:
    """Return the volume-weighted place of the close in the bar over ``period`` bars; 0 without volume."""
    size = len(close)
    flow = np.zeros(size)
    for t in range(size):
        width = high[t] - low[t]
        if width > 0.0:
            flow[t] = ((close[t] - low[t]) - (high[t] - close[t])) / width * volume[t]
    result = np.full(size, np.nan)
    for t in range(period - 1, size):
        flows = 0.0
        volumes = 0.0
        for i in range(t - period + 1, t + 1):
            flows += flow[i]
            volumes += volume[i]
        result[t] = flows / volumes if volumes > 0.0 else 0.0
    return result


@kernel
def supertrend(high: FloatArray, low: FloatArray, close: FloatArray, atr: FloatArray, width: float) -> FloatArray:
    """Return trend line and direction (1 up, -1 down), (2, n). A band only tightens until crossed."""
    size = len(close)
    result = np.full((2, size), np.nan)
    upper = np.inf
    lower = -np.inf
    direction = 1.0
    for t in range(size):
        if math.isnan(atr[t]):
            continue
        middle = (high[t] + low[t]) / 2.0
        before = close[t - 1] if t > 0 else close[t]
        new_upper = middle + width * atr[t]
        new_lower = middle - width * atr[t]
        upper = new_upper if new_upper < upper or before > upper else upper
        lower = new_lower if new_lower > lower or before < lower else lower
        if direction > 0.0 and close[t] < lower:
            direction = -1.0
        elif direction < 0.0 and close[t] > upper:
            direction = 1.0
        result[0, t] = lower if direction > 0.0 else upper
        result[1, t] = direction
    return result


@kernel
def trailing_rank(values: FloatArray, window: int) -> FloatArray:
    """Return the share of the last ``window`` values under each value, 0 to 1; ties count half."""
    result = np.full(len(values), np.nan)
    start = 0
    while start < len(values) and math.isnan(values[start]):
        start += 1
    for t in range(start + window - 1, len(values)):
        under = 0
        same = 0
        for i in range(t - window + 1, t + 1):
            under += values[i] < values[t]
            same += values[i] == values[t]
        result[t] = (under + 0.5 * (same - 1)) / (window - 1)
    return result


@kernel
def membership_degree(values: FloatArray, shape: int, points: FloatArray) -> FloatArray:
    """Return the degree, 0 to 1: shape 0 a gaussian, else a trapezoid (a triangle repeats its top)."""
    result = np.empty(len(values))
    for t in range(len(values)):
        x = values[t]
        if math.isnan(x):
            result[t] = np.nan
        elif shape == 0:
            off = (x - points[0]) / points[1]
            result[t] = math.exp(-0.5 * off * off)
        elif x < points[0] or x > points[3]:
            result[t] = 0.0
        elif x < points[1]:
            result[t] = (x - points[0]) / (points[1] - points[0])
        elif x <= points[2]:
            result[t] = 1.0
        else:
            result[t] = (points[3] - x) / (points[3] - points[2])
    return result


@kernel
def placed(values: FloatArray, last_closed: IntArray, lag: int) -> FloatArray:
    """Return, for each base bar, the value ``lag`` bars before the last closed one of the values' timeframe."""
    result = np.full(len(last_closed), np.nan)
    for t in range(len(last_closed)):
        at = last_closed[t] - lag
        if at >= 0:
            result[t] = values[at]
    return result
