"""Coarse bars from base bars."""

from __future__ import annotations

import numpy as np

from mintmark.domain import NANOSECONDS, Bars, Refused, Timeframe
from mintmark.strategy.arrays import IntArray

# The epoch was a Thursday; weeks begin on Monday.
_MONDAY = 4 * 86_400 * NANOSECONDS


def bucket_starts(stamps: IntArray, timeframe: Timeframe) -> IntArray:
    """Return the open of the coarse bar each stamp falls in: whole timeframes of UTC, weeks from Monday."""
    anchor = _MONDAY if timeframe is Timeframe.W1 else 0
    length = timeframe.nanoseconds
    return (stamps - anchor) // length * length + anchor


def resample(bars: Bars, timeframe: Timeframe) -> Bars:
    """Return the coarse bars that have closed by the close of the last base bar.

    A coarse bar holds the base bars whose open lies in it: first open, highest high, lowest low, last close,
    summed volume, widest spread. Its stamp is the open of its interval. The coarse bars of the first base bars
    are the first of the coarse bars of them all.

    Raises:
        Refused: ``invalid_request`` when ``timeframe`` is not a whole multiple of that of ``bars``.
    """
    if timeframe is bars.timeframe:
        return bars
    if not timeframe.is_multiple_of(bars.timeframe):
        raise Refused(f"expected a whole multiple of {bars.timeframe}, found {timeframe}", timeframe=str(timeframe))
    buckets = bucket_starts(bars.stamps, timeframe)
    firsts = np.flatnonzero(np.diff(buckets, prepend=buckets[:1] - 1)) if len(bars) else np.zeros(0, dtype=np.int64)
    closed = int(np.sum(buckets[firsts] + timeframe.nanoseconds <= bars.closes_at[-1])) if len(bars) else 0
    return _merged(bars, timeframe, buckets, firsts, closed)


def _merged(bars: Bars, timeframe: Timeframe, buckets: IntArray, firsts: IntArray, closed: int) -> Bars:
    kept = firsts[:closed]
    lasts = np.append(firsts[1:], len(bars))[:closed] - 1
    if closed == 0:
        empty = np.zeros(0)
        nothing = (empty if column is not None else None for column in (bars.volume, bars.spread))
        return Bars(bars.symbol, timeframe, np.zeros(0, np.int64), empty, empty, empty, empty, *nothing)
    end = int(lasts[-1]) + 1
    return Bars(
        bars.symbol,
        timeframe,
        buckets[kept],
        bars.open[kept],
        np.maximum.reduceat(bars.high[:end], kept),
        np.minimum.reduceat(bars.low[:end], kept),
        bars.close[lasts],
        None if bars.volume is None else np.add.reduceat(bars.volume[:end], kept),
        None if bars.spread is None else np.maximum.reduceat(bars.spread[:end], kept),
    )
