"""The plain alternative: buy everything at the start and hold it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mintmark.domain import Bars, Instrument
from mintmark.simulation.door import union_stamps
from mintmark.simulation.engine import Account, run_targets
from mintmark.simulation.records import FloatArray
from mintmark.simulation.result import BacktestResult


def buy_and_hold(
    bars: Sequence[Bars],
    instruments: Sequence[Instrument],
    account: Account | None = None,
    *,
    bars_per_year: float,
    rates: FloatArray | None = None,
    slippage: np.random.Generator | None = None,
) -> BacktestResult:
    """Return what equal weights bought at each instrument's second open, and held to the end, come to; all costs paid.

    Raises:
        Refused: as ``run_targets``.
    """
    stamps = union_stamps(bars)
    targets = np.full((len(stamps), len(bars)), np.nan)
    for column, one in enumerate(bars):
        targets[np.searchsorted(stamps, one.stamps[0]), column] = 1.0 / len(bars)
    return run_targets(bars, targets, instruments, account, bars_per_year=bars_per_year, rates=rates, slippage=slippage)
