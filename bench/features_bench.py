"""Time the features of a strategy: microseconds per bar and column, compile apart, median of five.

Run: python bench/features_bench.py [BARS]
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from mintmark.domain import Bars, Timeframe
from mintmark.strategy import StrategySpec, check_spec, features, read_spec, to_yaml
from mintmark.strategy.catalogue import INDICATORS

LIMIT_US = 1.5
VALIDATOR_LIMIT_MS = 20.0


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


def median_seconds(work: object, times: int = 5) -> float:
    """Return the median time of ``times`` calls after one that is not counted."""
    assert callable(work)
    work()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def main(count: int) -> int:
    """Print the figures; return 1 when one is over its limit."""
    spec, bars = twenty_columns(), measuring_bars(count)
    columns = len(features(spec, bars.part(0, 8_000)).names)
    per_cell = median_seconds(lambda: features(spec, bars)) / (count * columns) * 1e6
    text = to_yaml(spec)
    validator = median_seconds(lambda: read_spec(text)) * 1e3
    print(f"features: {per_cell:.3f} us per bar and column ({count} bars, {columns} columns; limit {LIMIT_US})")
    print(f"validator: {validator:.2f} ms per file (limit {VALIDATOR_LIMIT_MS})")
    return int(per_cell > LIMIT_US or validator > VALIDATOR_LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
