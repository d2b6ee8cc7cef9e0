"""What kernel and second opinion must have in common, whichever door the case came in by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulation_cases import reason_of, words_of

from mintmark.simulation import BacktestResult

FILL_PLACES = ("bar", "column", "side", "opens")
FILL_NUMBERS = ("size", "price", "reference", "spread_cost", "slippage_cost", "fees")


def assert_agreed(oracle: Any, result: BacktestResult, capital: float) -> None:
    """Assert the same refusals, ends, fills, trades and equity; numbers to 1e-9, all else exactly."""
    assert oracle.refused == result.rejections
    assert (oracle.discarded, oracle.ruined, oracle.margin_calls) == (
        result.discarded_signals,
        result.ruined,
        result.margin_calls,
    )
    assert len(oracle.fills) == len(result.fills)
    for ours, kernel in zip(oracle.fills, result.fills, strict=True):
        assert [ours[name] for name in FILL_PLACES] == [kernel[name] for name in FILL_PLACES]
        assert (ours["reason"], ours["flags"]) == (reason_of(kernel["reason"]), words_of(kernel["flags"]))
        assert [kernel[name] for name in FILL_NUMBERS] == pytest.approx([ours[n] for n in FILL_NUMBERS], 1e-9, 1e-9)
    assert len(oracle.trades) == len(result.trades)
    for ours, kernel in zip(oracle.trades, result.trades, strict=True):
        assert (ours["exit_reason"], ours["flags"]) == (reason_of(kernel["exit_reason"]), words_of(kernel["flags"]))
        numbers = [name for name in ours if name not in ("exit_reason", "flags")]
        assert [kernel[name] for name in numbers] == pytest.approx([ours[name] for name in numbers], 1e-9, 1e-9)
    assert result.equity == pytest.approx(np.array(oracle.equity), rel=1e-9, abs=1e-9 * capital)
