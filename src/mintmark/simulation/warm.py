"""Compile the kernels before anyone waits for them."""

from __future__ import annotations

import numpy as np

from mintmark.domain import Bars, Timeframe, default_instrument
from mintmark.simulation.benchmark import buy_and_hold


def compile_kernels() -> None:
    """Compile every kernel of this room into its cache, so that the first use does not wait."""
    stamps = np.arange(3, dtype=np.int64) * Timeframe.D1.nanoseconds
    prices = np.array([100.0, 101.0, 102.0])
    bars = Bars("X", Timeframe.D1, stamps, prices, prices, prices, prices)
    buy_and_hold([bars], [default_instrument("X", "equity", "USD")], bars_per_year=252)
