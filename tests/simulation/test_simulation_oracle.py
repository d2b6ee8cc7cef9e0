"""The kernel against the plain second opinion, on random bars, targets, protection, costs and calendars."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation_agreement import assert_agreed
from simulation_cases import random_case, reason_of, run_kernel
from simulation_oracle import Oracle

from mintmark.domain import Refused
from mintmark.simulation import BacktestResult


def agree(case: dict[str, Any], seed: int) -> BacktestResult | None:
    """Assert that kernel and oracle give the same answer and return it; None where the case is refused."""
    try:
        result = run_kernel(case, seed)
    except Refused as refused:
        assert refused.code in ("bad_value", "missing_price")  # noqa: PT017
        return None
    oracle = Oracle(case).run()

    assert_agreed(oracle, result, case["capital"])
    return result


@settings(max_examples=75, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_kernel_and_oracle_agree_on_fills_trades_flags_reasons_and_equity(seed):
    agree(random_case(seed), seed)


@pytest.mark.long
@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_kernel_and_oracle_agree_on_many_more(seed):
    agree(random_case(seed), seed)


@pytest.mark.long
def test_the_comparison_sees_every_kind_of_exit_and_most_refusals():
    seen: set[str] = set()
    fills = 0
    for seed in range(250):
        result = agree(random_case(seed), seed)
        if result is None:
            continue
        fills += len(result.fills)
        seen |= set(result.rejections) | set(result.flags) | {reason_of(code) for code in result.trades["exit_reason"]}

    assert fills > 2_000
    assert {"signal", "stop", "target", "trailing", "time", "margin", "end_of_data"} <= seen
    assert {"gap", "ambiguous", "reduced", "deferred"} <= seen
    assert {"no_money", "size_below_min", "bad_volume", "nothing_to_close", "long_only"} <= seen


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_every_trade_and_the_run_add_up_to_their_costs_charged_once(seed):
    case = random_case(seed)
    try:
        result = run_kernel(case, seed)
    except Refused:
        return

    trades = result.trades
    parts = ("price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost")
    scale = max(1.0, float(np.abs(trades["price_profit"]).max(initial=0.0)))
    assert sum(trades[name] for name in parts) == pytest.approx(trades["net_profit"], rel=1e-9, abs=1e-9 * scale)
    assert case["capital"] + math.fsum(trades["net_profit"]) == pytest.approx(
        result.equity[-1], rel=1e-9, abs=1e-9 * scale
    )
    assert float(result.final_equity) == pytest.approx(result.equity[-1], rel=1e-9, abs=1e-6)
    for name in ("spread_cost", "slippage_cost", "fees"):
        assert math.fsum(trades[name]) == pytest.approx(math.fsum(result.fills[name]), rel=1e-9, abs=1e-9 * scale)
        assert (trades[name] <= 1e-12).all()
