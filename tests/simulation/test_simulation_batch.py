"""Batches of a sweep: the same rows as each combination alone, and what a batch leaves to a run of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from simulation_anchor import anchor_instrument

from mintmark.domain import Bars, Timeframe
from mintmark.measures import compiled, inlined, unmanaged
from mintmark.simulation import (
    Account,
    CrossSweep,
    SweepRow,
    cross_targets,
    moving_average,
    read_grid,
    sma_cross,
    sweep,
)
from mintmark.simulation.batch import Money, is_settled
from mintmark.simulation.terms import terms_of

ACCOUNT = Account("USD", Decimal(100_000))


def drawn_bars(length: int, seed: int = 1) -> Bars:
    generator = np.random.default_rng(seed)
    close = 1.1 * np.exp(np.cumsum(generator.normal(0.0, 1e-3, length)))
    opened = np.concatenate(([1.1], close[:-1]))
    stamps = np.arange(length, dtype=np.int64) * Timeframe.H1.nanoseconds
    return Bars("EURUSD", Timeframe.H1, stamps, opened, np.maximum(opened, close), np.minimum(opened, close), close)


def a_sweep(bars: Bars, grid: str, warmed: int = 0, **options) -> CrossSweep:
    instrument = replace(anchor_instrument(**options.pop("costs", {})), **options.pop("instrument", {}))
    read = read_grid(grid, ("fast", "slow"))
    return CrossSweep(bars.part(warmed, len(bars)), read, instrument, ACCOUNT, 6_240, bars.close, **options)


def shown(rows: Sequence[SweepRow]) -> list[object]:
    return [(row.number, row.parameters, row.code, row.metrics) for row in rows]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lots": 10_000.0},
        {"instrument": {"shortable": False}},
        {"instrument": {"tick": Decimal("0.00001"), "spread_ticks": Decimal(8)}, "lots": 5_000.0},
        {"costs": {"financing": "money", "financing_long": Decimal("-0.01"), "triple_day": 2}},
        {"rates": np.full(600, 0.8), "lots": 2_000.0},
        {"instrument": {"leverage": Decimal("0.5")}},
    ],
    ids=["weights", "sizes", "no shorts", "ticks", "nights", "rates", "more margin than money"],
)
def test_a_batch_makes_the_rows_each_combination_makes_alone(options):
    every = a_sweep(drawn_bars(650), "fast=3:6,slow=5|20|40", warmed=50, **options)

    together, alone = every.rows(), sweep(every.grid, every.run)

    assert shown(together) == shown(alone)
    assert any(row.metrics.get("total_trades") for row in together) or together[-1].code == "gross_over_leverage"
    assert next(row.code for row in together if row.parameters["fast"] == 5) == "bad_value"


@pytest.mark.parametrize(("fast", "slow"), [(1, 2), (10, 20), (3, 1_500)])
@pytest.mark.parametrize("short", [True, False])
def test_a_crossing_in_one_pass_is_that_of_its_two_averages(fast, slow, short):
    close = drawn_bars(2_600).close

    found = sma_cross(close, fast, slow, short=short)

    averages = (moving_average(close, length) for length in (fast, slow))
    assert found.tobytes() == cross_targets(*averages, slow, short=short).tobytes()


def test_every_combination_draws_the_same_slippage_as_alone():
    every = a_sweep(
        drawn_bars(400), "fast=3:6,slow=20|40", lots=1_000.0, slippage=lambda: np.random.default_rng(7),
        instrument={"tick": Decimal("0.00001")},
        costs={"slippage": "random", "slippage_size": Decimal(3)},
    )  # fmt: skip

    together, alone = every.rows(threads=2), sweep(every.grid, every.run)

    assert shown(together) == shown(alone)
    assert all(row.metrics["slippage_cost"] < 0.0 for row in together)


def test_a_part_of_the_combinations_keeps_their_numbers():
    every = a_sweep(drawn_bars(300), "fast=3:9,slow=9|20", lots=1_000.0)

    parts = [*every.rows(0, 5), *every.rows(5)]

    assert shown(parts) == shown(every.rows())


def test_a_combination_with_more_orders_than_a_batch_has_room_for_is_run_alone():
    bars = drawn_bars(60_000)
    flipping = np.where(np.arange(60_000) % 2 == 0, 1.10, 1.11)
    bars = replace(bars, open=flipping, high=flipping, low=flipping, close=flipping)
    every = a_sweep(bars, "fast=1,slow=2", lots=1.0, costs={"fee_bps": Decimal(0)})

    (row,) = every.rows()

    assert row.metrics["total_trades"] == 59_997
    assert row.metrics == every.run(row.parameters).metrics


def test_cash_that_the_trades_do_not_come_to_is_not_settled():
    every = a_sweep(drawn_bars(300), "fast=3,slow=20", lots=1_000.0)
    found = every.run({"fast": 3, "slow": 20})
    cash = np.zeros(1, [("cash", "f8"), ("traded", "f8")])
    cash["cash"], cash["traded"] = found.equity[-1], found.traded_notional
    terms, money = terms_of([every.instrument], None), Money(100_000.0, 6_240.0, (1.0, 1e-10), (0.0, 1e-10))

    before = is_settled(found.trades, cash[0], terms, money)
    cash["cash"] += 0.01
    after = is_settled(found.trades, cash[0], terms, money)

    assert (before, after) == (True, False)


@pytest.mark.parametrize("compile_it", [compiled, unmanaged, inlined])
def test_a_kernel_lets_other_threads_run(compile_it):
    kernel = compile_it(terms_of)

    assert kernel.targetoptions["nogil"] is True
