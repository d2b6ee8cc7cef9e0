"""Features: what a model sees at the close of each bar."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mintmark.domain import Bars, Refused, Timeframe, moment_of
from mintmark.strategy import kernels
from mintmark.strategy.arrays import FloatArray, IntArray
from mintmark.strategy.columns import Column, columns_of, split_reference
from mintmark.strategy.grammar import Membership, StrategySpec
from mintmark.strategy.indicators import Outputs, compute
from mintmark.strategy.resampling import resample
from mintmark.strategy.warmup import RANK_WINDOW, column_warmup


@dataclass(frozen=True, eq=False)
class FeatureMatrix:
    """Columns by name; ``values`` (n_bars, n_columns), unscaled; rows before ``warmup`` are not to be read."""

    names: tuple[str, ...]
    values: FloatArray
    warmup: int


def features(spec: StrategySpec, bars: Bars) -> FeatureMatrix:
    """Return the columns of ``spec`` over ``bars`` of one symbol, one row per bar of the base timeframe.

    Row t holds what is known at the close of bar t: a coarse bar counts once it has closed. The first bar must be
    the first of the series, so that indicators with memory agree everywhere. Row t of the first t bars equals
    row t of all of them, to the bit.

    Raises:
        Refused: ``feature_not_finite`` with column and time; ``volume_unknown``.
    """
    bars = resample(bars, spec.base)
    views = {frame: _View(spec, bars, frame) for frame in spec.universe.timeframes}
    columns = columns_of(spec)
    values = np.empty((len(columns), len(bars)))
    warmup = 0
    for at, column in enumerate(columns):
        view = views[column.timeframe]
        values[at] = kernels.placed(view.column(column), view.last_closed, column.lag)
        first = int(np.searchsorted(view.last_closed, column_warmup(spec, column)))
        _require_finite(column.name, values[at, first:], bars.stamps[first:])
        warmup = max(warmup, first)
    names = tuple(column.name for column in columns)
    return FeatureMatrix(names, np.ascontiguousarray(values.T), warmup)


def feature_hash(names: Sequence[str]) -> str:
    """Return the sha256 (hex) of the column names in order."""
    return hashlib.sha256(json.dumps(list(names), separators=(",", ":")).encode()).hexdigest()


def _require_finite(name: str, values: FloatArray, stamps: IntArray) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        when = moment_of(int(stamps[int(np.argmin(finite))])).isoformat()
        raise Refused(
            f"{name} is not finite at {when}",
            code="feature_not_finite",
            feature=name,
            time=when,
            rows=int((~finite).sum()),
        )


class _View:
    """One timeframe of the bars, its indicators computed once."""

    def __init__(self, spec: StrategySpec, base: Bars, frame: Timeframe) -> None:
        self.spec = spec
        self.bars = resample(base, frame)
        self.last_closed: IntArray = np.searchsorted(self.bars.closes_at, base.closes_at, side="right") - 1
        self._outputs: dict[str, Outputs] = {}

    def column(self, column: Column) -> FloatArray:
        """Return the column in bars of this timeframe, before its lag."""
        price = _PRICE.get(column.reference) if column.source == "price" else None
        values = self._indicator(column.reference) if price is None else price(self.bars)
        if column.membership is not None:
            name, word = column.membership
            return degrees(self.spec.fuzzy_sets[name].memberships[word], values)
        return kernels.trailing_rank(values, RANK_WINDOW) if column.transform == "rank" else values

    def _indicator(self, reference: str) -> FloatArray:
        identifier, output = split_reference(reference)
        if identifier not in self._outputs:
            self._outputs[identifier] = compute(self.spec.indicators[identifier], self.bars)
        return self._outputs[identifier][output]


def degrees(membership: Membership, values: FloatArray) -> FloatArray:
    """Return the degree of each value, 0 to 1."""
    points = np.array(membership.points)
    if membership.shape == "gaussian":
        return kernels.membership_degree(values, 0, points)
    corners = points[[0, 1, 1, 2]] if membership.shape == "triangle" else points
    return kernels.membership_degree(values, 1, corners)


def _return(bars: Bars, steps: int) -> FloatArray:
    return _since(bars.close, bars.close, steps)


def _since(now: FloatArray, before: FloatArray, steps: int) -> FloatArray:
    values = np.full(len(now), np.nan)
    values[steps:] = now[steps:] / before[: max(len(now) - steps, 0)] - 1.0
    return values


_PRICE: Mapping[str, Callable[[Bars], FloatArray]] = {
    "return_1": lambda bars: _return(bars, 1),
    "return_5": lambda bars: _return(bars, 5),
    "return_20": lambda bars: _return(bars, 20),
    "range": lambda bars: (bars.high - bars.low) / bars.close,
    "gap": lambda bars: _since(bars.open, bars.close, 1),
    "close_to_high": lambda bars: bars.close / bars.high - 1.0,
}
