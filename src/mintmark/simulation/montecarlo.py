"""Redraw the past: a path of bars that could as well have been."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mintmark.domain import Bars
from mintmark.simulation.records import FloatArray


def permute_path(bars: Bars, generator: np.random.Generator) -> Bars:
    """Return bars whose moves are those of ``bars`` in another order.

    The open gaps (log of open over the close before) and the moves inside the bar (log of high, low and close over
    its own open) of bars 1 to n - 1 are shuffled by two independent permutations; the first bar and all stamps stay.
    Distribution and last close stay, order and with it any pattern goes. Volume and spread travel with the
    bar whose inside they belong to.

    Source:
        Masters (2018), Permutation and Randomization Tests for Trading System Development.
    """
    gaps = np.log(bars.open[1:] / bars.close[:-1])
    inside = np.log(np.column_stack((bars.high, bars.low, bars.close)) / bars.open[:, None])
    order = generator.permutation(len(gaps))
    moves = 1 + generator.permutation(len(gaps))
    high, low, close = inside[np.concatenate(([0], moves))].T
    steps = gaps[order] + close[:-1]
    opens = bars.open[0] * np.exp(np.concatenate(([0.0], np.cumsum(steps))))
    return replace(
        bars,
        open=opens,
        high=opens * np.exp(high),
        low=opens * np.exp(low),
        close=opens * np.exp(close),
        volume=_travel(bars.volume, moves),
        spread=_travel(bars.spread, moves),
    )


def _travel(column: FloatArray | None, moves: np.ndarray[tuple[int], np.dtype[np.int64]]) -> FloatArray | None:
    return None if column is None else np.concatenate((column[:1], column[moves]))
