"""Bars and strategies for the tests of this room."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np

from mintmark.domain import Bars, Timeframe
from mintmark.strategy import Model, StrategySpec, SymbolFacts, TrainingSet, build_training_set, check_spec, fit_whole
from mintmark.strategy.catalogue import INDICATORS, PRICE_FEATURES

MONDAY = 1_104_710_400_000_000_000  # 2005-01-03, a Monday, 00:00 UTC


def a_walk(count: int, timeframe: str = "1d", seed: int = 0, symbol: str = "X", step: float = 0.01) -> Bars:
    """A random walk without gaps, from a Monday on."""
    draws = np.random.default_rng(seed)
    frame = Timeframe(timeframe)
    close = 100.0 * np.exp(np.cumsum(draws.normal(0.0, step, count)))
    opens = close * np.exp(draws.normal(0.0, step / 3, count))
    high = np.maximum(opens, close) * np.exp(np.abs(draws.normal(0.0, step / 3, count)))
    low = np.minimum(opens, close) * np.exp(-np.abs(draws.normal(0.0, step / 3, count)))
    stamps = MONDAY + np.arange(count, dtype=np.int64) * frame.nanoseconds
    return Bars(symbol, frame, stamps, opens, high, low, close, draws.integers(0, 1_000, count).astype(float))


def bars_of(closes: list[float], opens: list[float] | None = None, spread: float = 0.0, timeframe: str = "1d") -> Bars:
    """Bars with the given closes; each opens at the close before it and reaches ``spread`` beyond both."""
    close = np.array(closes, dtype=float)
    first = np.array([close[0], *close[:-1]]) if opens is None else np.array(opens, dtype=float)
    frame = Timeframe(timeframe)
    stamps = MONDAY + np.arange(len(close), dtype=np.int64) * frame.nanoseconds
    high, low = np.maximum(first, close) + spread, np.minimum(first, close) - spread
    return Bars("X", frame, stamps, first, high, low, close, np.ones(len(close)))


@cache
def sp500() -> Bars:
    """The real daily bars bundled in arch."""
    from arch.data import sp500 as source

    frame = source.load()
    columns = [frame[name].to_numpy(dtype=float) for name in ("Open", "High", "Low", "Close", "Volume")]
    stamps = frame.index.to_numpy().astype("datetime64[ns]").astype(np.int64)
    return Bars("SP500", Timeframe.D1, stamps, *columns)


def a_strategy(**changes: Any) -> dict[str, Any]:
    """A small valid strategy as its file holds it."""
    given: dict[str, Any] = {
        "grammar": 1,
        "name": "small_one",
        "universe": {"symbols": ["X"], "timeframe": "1d"},
        "indicators": {"rsi": {"type": "rsi"}},
        "features": [{"indicator": "rsi"}, {"price": "return_1", "lags": [0, 1]}, {"price": "range"}],
        "labels": {"kind": "zigzag"},
        "model": {"kind": "logistic"},
    }
    return {**given, **copy.deepcopy(changes)}


def a_spec(**changes: Any) -> StrategySpec:
    return check_spec(a_strategy(**changes)).require()


def every_indicator(timeframe: str = "1d", context: str = "1w") -> StrategySpec:
    """Every output of every indicator, every price, and a rank and lags over two timeframes."""
    outputs = [
        f"{kind.name}.{output}" if output else kind.name
        for kind in INDICATORS.values()
        for output in (kind.outputs or ("",))
    ]
    return a_spec(
        universe={"symbols": ["X"], "timeframe": timeframe, "context_timeframes": [context]},
        indicators={name: {"type": name} for name in INDICATORS},
        fuzzy_sets={"trend": {"indicator": "cci", "memberships": {"up": {"shape": "gaussian", "points": [100, 50]}}}},
        features=[
            *({"indicator": reference} for reference in outputs),
            *({"price": word} for word in PRICE_FEATURES),
            {"indicator": "natr", "transform": "rank"},
            {"indicator": "ema", "timeframes": [context], "lags": [1, 3]},
            {"fuzzy_set": "trend", "timeframes": "all"},
        ],
    )


def facts(**changes: Any) -> SymbolFacts:
    """A series without a fault."""
    day = Timeframe.D1.nanoseconds
    given: dict[str, Any] = {
        "base_timeframe": Timeframe.D1, "bars": 3_000, "first": MONDAY, "last": MONDAY + 2_999 * day,
        "completeness": 1.0, "volume_known": True, "shortable": True,
    }  # fmt: skip
    return SymbolFacts(**{**given, **changes})


def trained(spec: StrategySpec, bars: Bars | None = None, random_state: int = 1) -> tuple[Model, TrainingSet]:
    """The model of ``spec`` over a walk, and what it learned from."""
    bars = a_walk(700) if bars is None else bars
    given = build_training_set(spec, {bars.symbol: bars})
    return fit_whole(spec, given, random_state).model, given
