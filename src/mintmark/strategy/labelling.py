"""Labels: what a model is to learn, entered at the open after the decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mintmark.domain import Bars
from mintmark.strategy import label_kernels
from mintmark.strategy.arrays import FloatArray, IntArray, plain
from mintmark.strategy.grammar import ForwardReturnLabels, StrategySpec, TripleBarrierLabels
from mintmark.strategy.indicators import average_true_range
from mintmark.strategy.resampling import resample

BARRIER_ATR = 14


@dataclass(frozen=True, eq=False)
class Labels:
    """One label per bar, (n_bars,): the position of its class in ``classes``, or a return; NaN where there is none.

    ``reaches`` is the last bar each label reads (its position), -1 where there is none.
    """

    values: FloatArray
    reaches: IntArray
    classes: tuple[str, ...]


def labels(spec: StrategySpec, bars: Bars) -> Labels:
    """Return the labels of ``spec`` over ``bars`` of one symbol, in bars of the base timeframe."""
    bars = resample(bars, spec.base)
    rule = spec.labels
    if isinstance(rule, TripleBarrierLabels):
        atr = average_true_range(bars, BARRIER_ATR)
        prices = plain(bars.open), plain(bars.high), plain(bars.low)
        found = label_kernels.triple_barrier(*prices, atr, rule.take, rule.stop, rule.max_bars)
    elif isinstance(rule, ForwardReturnLabels):
        found = label_kernels.forward_return(plain(bars.open), rule.horizon)
        if not spec.regression:
            found = _signs(found[0], rule.neutral_band), found[1]
    else:
        found = label_kernels.zigzag(plain(bars.close), rule.threshold)
    values, reaches = found
    return Labels(values, np.where(np.isnan(values), -1, reaches), spec.classes)


def _signs(returns: FloatArray, band: float) -> FloatArray:
    """Return 0 down, 1 up; with a band 0 down, 1 neutral, 2 up. A return of zero without a band has no class."""
    if band > 0:
        classes = np.where(returns > band, 2.0, np.where(returns < -band, 0.0, 1.0))
    else:
        classes = np.where(returns > 0, 1.0, np.where(returns < 0, 0.0, np.nan))
    return np.where(np.isnan(returns), np.nan, classes)
