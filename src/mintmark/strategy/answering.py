"""What a model says of every bar, in the shape decisions are made in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mintmark.domain import Bars
from mintmark.strategy.arrays import FloatArray, IntArray, plain
from mintmark.strategy.feature_matrix import features
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.kernel import kernel
from mintmark.strategy.model import Model
from mintmark.strategy.resampling import resample

VOLATILITY_BARS = 60


@dataclass(frozen=True, eq=False)
class Signals:
    """Answers over the union of stamps, (n_stamps, n_symbols), NaN where a symbol has no bar or no full row yet.

    ``up`` and ``down`` are class probabilities, or the predicted return and its negative. ``volatility`` is the
    yearly deviation of the last 60 bar returns, NaN unless the sizing asks for it.
    """

    symbols: tuple[str, ...]
    stamps: IntArray
    up: FloatArray
    down: FloatArray
    volatility: FloatArray


def signals(
    spec: StrategySpec,
    model: Model,
    bars_by_symbol: Mapping[str, Bars],
    bars_per_year: Mapping[str, int],
    *,
    start: int | None = None,
    stop: int | None = None,
) -> Signals:
    """Return the answers of ``model`` at the closes of the bars with ``start`` <= stamp < ``stop`` (ns).

    The bars of each symbol begin with the first of its series.

    Raises:
        Refused: ``feature_mismatch``, ``feature_not_finite``.
    """
    model.require_features(spec)
    found = [
        _answers(spec, model, bars_by_symbol[symbol], bars_per_year[symbol], start, stop)
        for symbol in spec.universe.symbols
    ]
    union = np.unique(np.concatenate([answer[0] for answer in found]))
    shape = (len(union), len(found))
    filled = [np.full(shape, np.nan) for _ in range(3)]
    for at, (stamps, *columns) in enumerate(found):
        rows = np.searchsorted(union, stamps)
        for matrix, column in zip(filled, columns, strict=True):
            matrix[rows, at] = column
    return Signals(spec.universe.symbols, union, *filled)


_Answers = tuple[IntArray, FloatArray, FloatArray, FloatArray]


def _answers(
    spec: StrategySpec, model: Model, given: Bars, bars_per_year: int, start: int | None, stop: int | None
) -> _Answers:
    """Return stamps, up, down and volatility of one symbol's bars in the window."""
    bars = resample(given, spec.base)
    matrix = features(spec, bars)
    targeted = spec.risk.sizing.method == "volatility_target"
    begin = 0 if start is None else int(np.searchsorted(bars.stamps, start))
    end = len(bars) if stop is None else int(np.searchsorted(bars.stamps, stop))
    ready = max(begin, matrix.warmup, VOLATILITY_BARS if targeted else 0)
    columns = [np.full(max(end - begin, 0), np.nan) for _ in range(3)]
    if ready < end:
        answers = model.predict(matrix.values[ready:end])
        up, down = (answers, -answers) if model.output == "regression" else (answers[:, -1], answers[:, 0])
        columns[0][ready - begin :], columns[1][ready - begin :] = up, down
        if targeted:
            columns[2][ready - begin :] = _volatility(plain(bars.close), ready, end, VOLATILITY_BARS) * math.sqrt(
                bars_per_year
            )
    return bars.stamps[begin : max(end, begin)], columns[0], columns[1], columns[2]


@kernel
def _volatility(close: FloatArray, begin: int, end: int, window: int) -> FloatArray:
    """Return the deviation (n - 1) of the last ``window`` returns, for bars ``begin`` to ``end``."""
    result = np.empty(end - begin)
    for t in range(begin, end):
        mean = 0.0
        for i in range(t - window + 1, t + 1):
            mean += close[i] / close[i - 1] - 1.0
        mean /= window
        total = 0.0
        for i in range(t - window + 1, t + 1):
            total += (close[i] / close[i - 1] - 1.0 - mean) ** 2
        result[t - begin] = math.sqrt(total / (window - 1))
    return result


def compile_signals() -> None:
    """Compile the loop of the volatility into the cache."""
    _volatility(np.ones(5), 3, 5, 2)
