"""The tails of returns, set aside on the way, beside numpy's sorting of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from mintmark.measures import (
    equity_performance,
    excess_kurtosis,
    expected_shortfall,
    omega_ratio,
    sharpe_ratio,
    skewness,
    sortino_ratio,
    tail_ratio,
    value_at_risk,
)

NORMAL = np.random.default_rng(5).normal(0.0, 0.01, 4_001)
SERIES = {
    "normal": NORMAL,
    "heavy tails": np.random.default_rng(6).standard_t(2, 3_000) * 0.01,
    "one outlier": np.append(NORMAL, 40.0),
    "mostly flat": np.where(np.arange(4_001) % 37 == 0, NORMAL, 0.0),
    "few losses": np.where(np.arange(4_001) % 200 == 0, -0.02, 0.001),
    "sorted": np.sort(NORMAL),
    "falling": np.sort(NORMAL)[::-1],
    "as long as two parts of a curve": np.resize(NORMAL, 4_096),
    "two values": np.where(np.arange(500) % 2 == 0, 0.01, -0.01),
    **{f"{n} returns": NORMAL[:n] for n in (2, 3, 19, 20, 21, 22, 100, 101)},
}


@pytest.mark.parametrize("name", SERIES)
def test_percentiles_and_shortfalls_are_those_of_all_returns_in_order(name):
    r = SERIES[name]

    found, _ = equity_performance(np.cumprod(1.0 + r), 1.0, 252)

    ordered, n = np.sort(r), len(r)
    low, high = np.percentile(r, [5, 95])
    worst = [ordered[: int(share * (n - 1) + 1e-9) + 1].mean() for share in (0.05, 0.01)]
    expected = {"var_95": -low, "cvar_95": -worst[0], "cvar_99": -worst[1]}
    if low != 0.0:
        expected["tail_ratio"] = abs(high) / abs(low)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_the_table_and_the_functions_of_returns_are_one_formula():
    equity = np.cumprod(1.0 + NORMAL)
    r = np.diff(equity, prepend=1.0) / np.concatenate(([1.0], equity[:-1]))

    found, _ = equity_performance(equity, 1.0, 252)

    alone = {
        "sharpe_ratio": sharpe_ratio(r, 252), "sortino_ratio": sortino_ratio(r, 252), "omega_ratio": omega_ratio(r),
        "skewness": skewness(r), "excess_kurtosis": excess_kurtosis(r), "tail_ratio": tail_ratio(r),
        "var_95": value_at_risk(r), "cvar_99": expected_shortfall(r, 0.99),
    }  # fmt: skip
    assert {name: found[name] for name in alone} == pytest.approx(alone, rel=1e-13)
