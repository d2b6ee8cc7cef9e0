"""Features of a strategy: microseconds per bar and column, compile apart; and the validator."""

from __future__ import annotations

import numpy as np

from figures import Figure, below, median_seconds
from mintmark.domain import Bars, Timeframe
from mintmark.strategy import StrategySpec, check_spec, features, read_spec, to_yaml
from mintmark.strategy.catalogue import INDICATORS


def twenty_columns() -> StrategySpec:
    """Return a strategy of 20 columns over hours and days."""
    single = [name for name, kind in INDICATORS.items() if not kind.outputs][:12]
    several = ["macd.line", "bbands.percent", "stochastic.k", "adx.adx"]
    given = {
        "grammar": 1,
        "name": "twenty_columns",
        "universe": {"symbols": ["X"], "timeframe": "1h", "context_timeframes": ["1d"]},
        "indicators": {name: {"type": name} for name in INDICATORS},
        "features": [
            *({"indicator": name} for name in [*single, *several]),
            {"indicator": "rsi", "timeframes": ["1d"]},
            {"indicator": "natr", "transform": "rank"},
            {"price": "return_1", "lags": [0, 1]},
        ],
        "labels": {"kind": "zigzag"},
        "model": {"kind": "gbdt"},
    }
    return check_spec(given).require()


def measuring_bars(count: int) -> Bars:
    """Return bars to measure time on; their values mean nothing."""
    generator = np.random.default_rng(1)
    close = 100.0 * np.exp(np.cumsum(generator.normal(0.0, 0.001, count)))
    stamps = np.arange(count, dtype=np.int64) * Timeframe.H1.nanoseconds
    volume = generator.uniform(1.0, 1_000.0, count)
    return Bars("X", Timeframe.H1, stamps, close, close * 1.001, close * 0.999, close, volume)


def measure(count: int = 100_000) -> list[Figure]:
    """Return the time per bar and column, and per file of the validator."""
    spec, bars = twenty_columns(), measuring_bars(count)
    columns = len(features(spec, bars.part(0, 8_000)).names)
    per_cell = median_seconds(lambda: features(spec, bars)) / (count * columns) * 1e6
    text = to_yaml(spec)
    validator = median_seconds(lambda: read_spec(text)) * 1e3
    return [
        below(f"features, {columns} columns over {count:,} bars, per bar and column", per_cell, "us", 1.5),
        below("validator, a file of 20 columns", validator, "ms", 20.0),
    ]
