"""Orders: the kernel against the plain second opinion, on random bars, orders, costs, hours and limits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation_agreement import assert_agreed
from simulation_cases import reason_of
from simulation_order_cases import order_case, order_instrument, run_case
from simulation_order_oracle import OrderOracle

from mintmark.domain import Refused
from mintmark.simulation import BacktestResult
from mintmark.simulation.order_records import ORDER_STATES


def agree(case: dict[str, Any], seed: int) -> BacktestResult | None:
    """Assert that kernel and oracle give the same answer and return it; None where the case is refused."""
    try:
        result = run_case(case, seed)
    except Refused as refused:
        assert refused.code == "bad_value"  # noqa: PT017
        return None
    oracle = OrderOracle(case, order_instrument(case)).run()

    assert oracle.state == [ORDER_STATES[state] for state in result.orders["state"]]
    assert_agreed(oracle, result, case["capital"])
    return result


@settings(max_examples=75, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_kernel_and_oracle_agree_on_orders_fills_flags_reasons_and_equity(seed):
    agree(order_case(seed), seed)


@pytest.mark.long
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_kernel_and_oracle_agree_on_many_more_orders(seed):
    agree(order_case(seed), seed)


@pytest.mark.long
def test_the_comparison_sees_every_end_of_an_order_and_most_refusals():
    seen: set[str] = set()
    fills = 0
    for seed in range(200):
        result = agree(order_case(seed), seed)
        if result is None:
            continue
        fills += len(result.fills)
        seen |= set(result.rejections) | set(result.flags) | set(result.order_ends)
        seen |= {reason_of(code) for code in result.trades["exit_reason"]}

    assert fills > 1_000
    assert {"signal", "stop", "target", "trailing", "time", "margin"} <= seen
    assert {"filled", "done", "refused", "cancelled", "expired", "end_of_data", "discarded"} <= seen
    assert {"gap", "ambiguous", "reduced", "deferred"} <= seen
    assert {"bad_price", "bad_volume", "frozen", "stops_too_near", "no_money", "bad_fill_mode", "market_closed"} <= seen
    assert {"already_in_position", "nothing_to_close", "order_done", "size_below_min", "stop_required"} <= seen
