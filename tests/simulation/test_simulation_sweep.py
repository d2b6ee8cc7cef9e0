"""Sweeps: grids as written, every combination through the one kernel, and what the best is worth."""

from __future__ import annotations

import numpy as np
import pytest
from simulation_anchor import ACCOUNT, UNITS, anchor_bars, anchor_instrument, run_anchor

from mintmark.domain import Bars, Refused
from mintmark.measures import bar_returns, deflated_sharpe, overfitting_of_blocks, overfitting_probability
from mintmark.simulation import (
    SweepRow,
    read_grid,
    sweep,
    sweep_crosses,
    too_many_failures,
)

KEYS = ("fast", "slow")


@pytest.fixture(scope="module")
def bars(shared_data) -> Bars:
    return anchor_bars(shared_data)


def swept(bars: Bars, grid: str, **options) -> list[SweepRow]:
    return sweep_crosses(
        bars, read_grid(grid, KEYS), anchor_instrument(), ACCOUNT, bars_per_year=6_240, size=UNITS, **options
    )


@pytest.mark.parametrize(
    "text, values",
    [
        ("fast=5:8", {"fast": (5, 6, 7)}),
        ("fast=5:10:2,slow=40", {"fast": (5, 7, 9), "slow": (40,)}),
        ("slow=0.5:0.65:0.05", {"slow": (0.5, 0.55, 0.6)}),
        ("fast=3|9|4, slow=true|false", {"fast": (3, 9, 4), "slow": (True, False)}),
        ("fast=-2:0", {"fast": (-2, -1)}),
    ],
)
def test_a_range_leaves_its_end_out_and_a_list_keeps_its_order(text, values):
    assert read_grid(text, KEYS).values == values


@pytest.mark.parametrize(
    "text, code",
    [
        ("fast", "bad_value"),
        ("fast=", "bad_value"),
        ("fast=5:5", "bad_value"),
        ("fast=5:9:0", "bad_value"),
        ("fast=1:2:3:4", "bad_value"),
        ("fast=five", "bad_value"),
        ("fast=inf", "bad_value"),
        ("fast=1|1", "bad_value"),
        ("fast=1,fast=2", "bad_value"),
        ("", "bad_value"),
        ("medium=5:8", "unknown_name"),
    ],
)
def test_a_grid_that_does_not_read_is_refused(text, code):
    with pytest.raises(Refused) as refused:
        read_grid(text, KEYS)

    assert refused.value.code == code


def test_an_unknown_key_is_told_the_allowed_ones():
    with pytest.raises(Refused) as refused:
        read_grid("fast=5:8,medium=5:8", KEYS)

    assert refused.value.details == {"name": "medium", "allowed": ["fast", "slow"]}


def test_ten_million_combinations_are_refused_with_their_count_before_any_is_made():
    with pytest.raises(Refused) as refused:
        read_grid("fast=1:10001,slow=1:1001", KEYS)

    assert refused.value.code == "grid_too_large"
    assert refused.value.details == {"observed": 10_000_000, "limit": 1_000_000}
    with pytest.raises(Refused, match="at most"):
        read_grid("fast=1:1e18", KEYS)


def test_a_million_combinations_are_allowed_and_each_has_its_number():
    grid = read_grid("fast=1:1001,slow=1:1001", KEYS)

    assert len(grid) == 1_000_000
    assert (grid[0], grid[1], grid[999_999]) == (
        {"fast": 1, "slow": 1},
        {"fast": 1, "slow": 2},
        {"fast": 1_000, "slow": 1_000},
    )


def test_a_row_of_a_sweep_is_the_backtest_of_its_combination(bars):
    rows = swept(bars, "fast=9:12,slow=20|40")

    assert [row.parameters for row in rows] == [
        {"fast": fast, "slow": slow} for fast in (9, 10, 11) for slow in (20, 40)
    ]
    for row in rows:
        assert row.metrics == run_anchor(bars, row.parameters["fast"], row.parameters["slow"]).metrics
    anchor = next(row for row in rows if row.parameters == {"fast": 10, "slow": 20})
    assert anchor.metrics["total_trades"] == 279
    assert anchor.metrics["net_profit"] == pytest.approx(-1_204.16542, abs=1e-8)


def test_one_and_eight_threads_give_the_same_rows(bars):
    alone, together = (swept(bars, "fast=5:9,slow=40:44", threads=threads) for threads in (1, 8))

    assert [(row.number, row.parameters, row.metrics) for row in alone] == [
        (row.number, row.parameters, row.metrics) for row in together
    ]
    assert all(np.array_equal(one.sums, other.sums) for one, other in zip(alone, together, strict=True))


def test_returns_come_on_request_and_their_blocks_judge_overfitting_as_the_matrix_does(bars):
    rows = swept(bars, "fast=5:9,slow=40:43", returns=True)

    matrix = np.column_stack([row.returns for row in rows])
    sums, squares = np.stack([row.sums for row in rows], axis=2)
    assert matrix.shape == (5_000, 12)
    assert np.array_equal(matrix[:, 0], bar_returns(run_anchor(bars, 5, 40).equity, 1e6))
    assert overfitting_of_blocks(sums, squares, 5_000) == overfitting_probability(matrix)
    assert all(row.returns is None for row in swept(bars, "fast=5,slow=40"))


def test_a_combination_that_cannot_be_is_a_row_with_its_code(bars):
    rows = swept(bars, "fast=5|40|5.5,slow=40|6000")

    assert [(row.parameters["fast"], row.parameters["slow"], row.code) for row in rows] == [
        (5, 40, None),
        (5, 6_000, "not_enough_bars"),
        (40, 40, "bad_value"),
        (40, 6_000, "not_enough_bars"),
        (5.5, 40, "bad_value"),
        (5.5, 6_000, "bad_value"),
    ]
    assert rows[1].metrics == {}


def test_more_than_one_in_twenty_failed_is_too_many():
    assert too_many_failures(50, 1_000) is None
    refusal = too_many_failures(51, 1_000)
    assert refusal is not None
    assert (refusal.code, refusal.observed, refusal.limit) == ("too_many_failures", 51, 50)


def test_a_fault_that_is_no_refusal_stops_the_sweep():
    def run(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sweep([{"fast": 1}], run)  # type: ignore[arg-type]


@pytest.mark.long
def test_the_sweep_anchor_to_its_printed_digits(bars):
    rows = swept(bars, "fast=5:30,slow=40:80", threads=2)

    profits = [row.metrics["net_profit"] for row in rows]
    best, worst = rows[int(np.argmax(profits))], rows[int(np.argmin(profits))]
    assert (len(rows), max(profits) < 0.0) == (1_000, True)
    assert (best.parameters, best.metrics["total_trades"]) == ({"fast": 5, "slow": 40}, 169)
    assert best.metrics["net_profit"] == pytest.approx(-68.266740, abs=5e-7)
    assert worst.parameters == {"fast": 21, "slow": 44}
    assert worst.metrics["net_profit"] == pytest.approx(-2_148.692830, abs=5e-7)
    variance = float(np.var([row.metrics["sharpe_per_bar"] for row in rows], ddof=1))
    assert variance == pytest.approx(2.59184e-5, abs=5e-11)
    found = best.metrics
    dsr = deflated_sharpe(
        found["sharpe_per_bar"], 5_000, found["skewness"], found["excess_kurtosis"] + 3.0, variance, len(rows)
    )
    assert dsr == pytest.approx(0.1060, abs=1e-4)
    sums, squares = np.stack([row.sums for row in rows], axis=2)
    judged = overfitting_of_blocks(sums, squares, 5_000)
    assert (judged.splits, judged.pbo) == (12_870, pytest.approx(0.3048, abs=1e-4))
