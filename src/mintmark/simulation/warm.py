"""Compile the kernels before anyone waits for them."""

from __future__ import annotations

import numpy as np

from mintmark.domain import Bars, Order, Timeframe, default_instrument
from mintmark.simulation.benchmark import buy_and_hold
from mintmark.simulation.cross_sweep import sweep_crosses
from mintmark.simulation.crossing import sma_cross
from mintmark.simulation.montecarlo import permute_path
from mintmark.simulation.orders import run_orders


def compile_kernels() -> None:
    """Compile every kernel of this room into its cache, so that the first use does not wait."""
    stamps = np.arange(4, dtype=np.int64) * Timeframe.D1.nanoseconds
    prices = np.array([100.0, 101.0, 102.0, 103.0])
    bars = Bars("X", Timeframe.D1, stamps, prices, prices, prices, prices)
    instrument = default_instrument("X", "equity", "USD")
    held = buy_and_hold([bars], [instrument], bars_per_year=252)
    assert held.metrics
    sweep_crosses(bars, [{"fast": 1, "slow": 1}, {"fast": 1, "slow": 2}], instrument, bars_per_year=252)
    sma_cross(prices, 1, 2)
    permute_path(bars, np.random.default_rng(0))
    run_orders(bars, [(0, Order("buy"))], instrument, bars_per_year=252)
