"""Which bars are learned from, which are held out, and the walk-forward between."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mintmark.domain import Refused
from mintmark.strategy.arrays import IntArray
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.pack_rules import span_stamps

FOLDS = 4


@dataclass(frozen=True)
class Periods:
    """The span cut in two, as stamps of bar opens (ns).

    Training reads ``start`` <= stamp < ``holdout_start``; the holdout run starts at ``holdout_from``, the embargo
    after the border, and ends before ``stop``. ``training_end`` is the last stamp of the training span.
    """

    start: int
    training_end: int
    holdout_start: int
    holdout_from: int
    stop: int
    embargo_bars: int


@dataclass(frozen=True)
class Fold:
    """One walk-forward fold: trained on stamps before ``border``, tested on ``test_from`` <= stamp < ``test_stop``."""

    border: int
    test_from: int
    test_stop: int


def periods(spec: StrategySpec, stamps: Mapping[str, IntArray]) -> Periods:
    """Return the periods of ``spec`` over the ``stamps`` of each symbol's base bars.

    Raises:
        Refused: ``training_data_error`` when the span leaves the training or the holdout part empty.
    """
    start, stop = span_stamps(
        spec.span,
        max((int(found[0]) for found in stamps.values() if len(found)), default=0),
        min((int(found[-1]) for found in stamps.values() if len(found)), default=-1),
    )
    union = stamps_between(stamps, start, stop)
    cut = int(len(union) * (1.0 - spec.span.holdout) + 1e-9)
    embargo = math.ceil(spec.training.embargo * cut - 1e-9)
    if cut == 0 or cut + embargo >= len(union):
        part = "train" if cut == 0 else "holdout"
        raise Refused(f"the {part} part has no bars", code="training_data_error", part=part, bars=len(union))
    return Periods(int(union[0]), int(union[cut - 1]), int(union[cut]), int(union[cut + embargo]), stop, embargo)


def folds(found: Periods, stamps: Mapping[str, IntArray]) -> tuple[Fold, ...]:
    """Return the anchored folds: the quarters of the second half of the training span, each after its embargo."""
    union = stamps_between(stamps, found.start, found.holdout_start)
    half, size = len(union) // 2, len(union)
    cuts = [half + (size - half) * at // FOLDS for at in range(FOLDS + 1)]
    stops = [*(int(union[cut]) for cut in cuts[1:-1]), found.holdout_start]
    return tuple(
        Fold(int(union[cut]), int(union[min(cut + found.embargo_bars, size - 1)]), stop)
        for cut, stop in zip(cuts[:-1], stops, strict=True)
    )


def stamps_between(stamps: Mapping[str, IntArray], start: int, stop: int) -> IntArray:
    """Return the union of all symbols' stamps, start <= stamp < stop, increasing."""
    if not stamps:
        return np.zeros(0, dtype=np.int64)
    union = np.unique(np.concatenate(list(stamps.values())))
    return union[(union >= start) & (union < stop)]
