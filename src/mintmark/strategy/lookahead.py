"""A search for knowledge of the future: replace all later bars by noise and see what changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mintmark.domain import Bars, Refused, moment_of
from mintmark.strategy.arrays import FloatArray
from mintmark.strategy.deciding import Targets, decisions
from mintmark.strategy.feature_matrix import FeatureMatrix, features
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.labelling import Labels, labels
from mintmark.strategy.model import Model
from mintmark.strategy.resampling import resample


@dataclass(frozen=True)
class Leak:
    """A value at ``stamp`` that changed when the bars after ``cut`` did. ``name`` is a column, label kind or symbol."""

    what: str
    symbol: str
    name: str
    stamp: int
    cut: int

    def as_json(self) -> dict[str, Any]:
        moments = {"time": moment_of(self.stamp).isoformat(), "cut": moment_of(self.cut).isoformat()}
        return {"what": self.what, "symbol": self.symbol, "name": self.name, **moments}


@dataclass(frozen=True)
class Makers:
    """What makes features, labels and decisions; tests hand in cheats."""

    features: Callable[[StrategySpec, Bars], FeatureMatrix] = features
    labels: Callable[[StrategySpec, Bars], Labels] = labels
    decisions: Callable[..., Targets] = decisions


def lookahead_check(
    spec: StrategySpec,
    bars_by_symbol: Mapping[str, Bars],
    generator: np.random.Generator,
    *,
    model: Model | None = None,
    cuts: int = 5,
    makers: Makers = Makers(),
) -> list[Leak]:
    """Return every place where a value at or before a cut depends on bars after it; empty when there is none.

    At ``cuts`` random closes all later bars are replaced by noise. Up to the cut every feature, every decision (with
    a ``model``) and every label that reaches no further must stay the same, to the bit.
    """
    known = {symbol: resample(bars_by_symbol[symbol], spec.base) for symbol in spec.universe.symbols}
    stamps = np.unique(np.concatenate([bars.stamps for bars in known.values()]))
    places = generator.integers(len(stamps) // 3, len(stamps) - 1, size=cuts)
    leaks: list[Leak] = []
    for cut in sorted({int(stamps[at]) for at in places}):
        noisy = {symbol: noise_after(bars, cut, generator) for symbol, bars in known.items()}
        for symbol in known:
            leaks.extend(_feature_leaks(spec, known[symbol], noisy[symbol], cut, makers))
            leaks.extend(_label_leaks(spec, known[symbol], noisy[symbol], cut, makers))
        if model is not None:
            leaks.extend(_decision_leaks(spec, model, known, noisy, cut, makers))
    return leaks


def signals_check(
    signals: Callable[[Bars], FloatArray], bars: Bars, generator: np.random.Generator, *, cuts: int = 5
) -> list[Leak]:
    """Return for each cut the first bar at or before it whose signal depends on bars after it; empty when none does.

    ``signals`` gives one number for each bar it is handed (n_bars,), NaN allowed. At ``cuts`` random closes all later
    bars are replaced by noise; up to the cut every signal must stay the same, to the bit.

    Raises:
        Refused: ``bad_value`` for too few bars to cut, for another number of signals than bars, or where the same
            bars give other signals the second time: nothing could be said of those.
    """
    if len(bars) < 2:
        raise _wrong("bars", f"expected at least 2 bars, found {len(bars)}")
    real = _signalled(signals, bars)
    if len(_changed(real, _signalled(signals, bars))):
        raise _wrong("signals", "the same bars gave other signals the second time: take its randomness from a seed")
    leaks = []
    for at in sorted(set(generator.integers(len(bars) // 3, len(bars) - 1, size=cuts).tolist())):
        cut = int(bars.stamps[at])
        changed = _changed(real[: at + 1], _signalled(signals, noise_after(bars, cut, generator))[: at + 1])
        if len(changed):
            leaks.append(Leak("signals", bars.symbol, "signal", int(bars.stamps[changed[0]]), cut))
    return leaks


def _signalled(signals: Callable[[Bars], FloatArray], bars: Bars) -> FloatArray:
    found = np.asarray(signals(bars), dtype=np.float64)
    if found.shape != (len(bars),):
        raise _wrong("signals", f"expected one signal for each of {len(bars)} bars, found {found.shape}")
    return found


def _wrong(field: str, message: str) -> Refused:
    return Refused(message, code="bad_value", field=field)


def noise_after(bars: Bars, cut: int, generator: np.random.Generator) -> Bars:
    """Return ``bars`` with those after the stamp ``cut`` replaced by a random walk of large steps."""
    first = int(np.searchsorted(bars.stamps, cut, side="right"))
    count = len(bars) - first
    if count == 0:
        return bars
    closes = bars.close[max(first - 1, 0)] * np.exp(np.cumsum(generator.normal(0.0, 0.05, count)))
    opens = closes * np.exp(generator.normal(0.0, 0.02, count))
    highs = np.maximum(opens, closes) * np.exp(np.abs(generator.normal(0.0, 0.02, count)))
    lows = np.minimum(opens, closes) * np.exp(-np.abs(generator.normal(0.0, 0.02, count)))
    volume = None if bars.volume is None else _tail(bars.volume, generator.uniform(0.0, 1e6, count))
    return replace(
        bars,
        open=_tail(bars.open, opens),
        high=_tail(bars.high, highs),
        low=_tail(bars.low, lows),
        close=_tail(bars.close, closes),
        volume=volume,
    )


def _tail(column: FloatArray, tail: FloatArray) -> FloatArray:
    return np.concatenate([column[: len(column) - len(tail)], tail])


def _feature_leaks(spec: StrategySpec, bars: Bars, noisy: Bars, cut: int, makers: Makers) -> Iterator[Leak]:
    end = int(np.searchsorted(bars.stamps, cut, side="right"))
    real, other = makers.features(spec, bars), makers.features(spec, noisy)
    for at, name in enumerate(real.names):
        changed = _changed(real.values[:end, at], other.values[:end, at])
        if len(changed):
            yield Leak("features", bars.symbol, name, int(bars.stamps[changed[0]]), cut)


def _label_leaks(spec: StrategySpec, bars: Bars, noisy: Bars, cut: int, makers: Makers) -> Iterator[Leak]:
    end = int(np.searchsorted(bars.stamps, cut, side="right"))
    real, other = makers.labels(spec, bars), makers.labels(spec, noisy)
    settled = (real.reaches >= 0) & (real.reaches < end)
    changed = _changed(real.values[settled], other.values[settled])
    if len(changed):
        yield Leak("labels", bars.symbol, spec.labels.kind, int(bars.stamps[settled][changed[0]]), cut)


def _decision_leaks(
    spec: StrategySpec, model: Model, known: Mapping[str, Bars], noisy: Mapping[str, Bars], cut: int, makers: Makers
) -> Iterator[Leak]:
    years, costs = dict.fromkeys(known, 252), dict.fromkeys(known, 0.0)
    real = makers.decisions(spec, model, known, years, costs)
    other = makers.decisions(spec, model, noisy, years, costs)
    end = int(np.searchsorted(real.stamps, cut, side="right"))
    for at, symbol in enumerate(real.symbols):
        changed = _changed(real.weights[:end, at], other.weights[:end, at])
        if len(changed):
            yield Leak("decisions", symbol, "weight", int(real.stamps[changed[0]]), cut)


def _changed(real: FloatArray, other: FloatArray) -> Any:
    """Return the positions whose bits differ."""
    return np.flatnonzero(np.ascontiguousarray(real).view(np.int64) != np.ascontiguousarray(other).view(np.int64))
