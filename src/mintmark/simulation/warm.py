"""Compile the kernels before anyone waits for them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from mintmark.domain import Bars, Instrument, Order, Timeframe, default_instrument
from mintmark.simulation.benchmark import buy_and_hold
from mintmark.simulation.cross_sweep import sweep_crosses
from mintmark.simulation.crossing import sma_cross
from mintmark.simulation.engine import Account
from mintmark.simulation.montecarlo import permute_path
from mintmark.simulation.orders import run_orders


def compile_kernels() -> None:
    """Compile every kernel of this room but the limited ones into its cache, so that the first use does not wait."""
    _run(Account())
    bars, instrument = _market()
    sweep_crosses(bars, [{"fast": 1, "slow": 1}, {"fast": 1, "slow": 2}], instrument, bars_per_year=252)
    sma_cross(bars.close, 1, 2)
    permute_path(bars, np.random.default_rng(0))


def compile_limited_kernels() -> None:
    """Compile the kernels of runs that may trade a share of each bar's volume only."""
    _run(Account(max_bar_participation=Decimal("0.1")))


def _run(account: Account) -> None:
    bars, instrument = _market()
    held = buy_and_hold([bars], [instrument], account, bars_per_year=252)
    assert held.metrics
    run_orders(bars, [(0, Order("buy"))], instrument, account, bars_per_year=252)


def _market() -> tuple[Bars, Instrument]:
    stamps = np.arange(4, dtype=np.int64) * Timeframe.D1.nanoseconds
    prices = np.array([100.0, 101.0, 102.0, 103.0])
    bars = Bars("X", Timeframe.D1, stamps, prices, prices, prices, prices, np.full(4, 1e6))
    return bars, default_instrument("X", "equity", "USD")
