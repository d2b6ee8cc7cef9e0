"""Permuted paths of the rule: the same rows, in a batch or one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from test_simulation_batch import a_sweep, drawn_bars

from mintmark.domain import Bars, Refused
from mintmark.simulation import BacktestResult, CrossSweep, path_permutation, permute_crosses, run_targets, sma_cross

FAST, SLOW = 5, 20
GIVEN = {"fast": FAST, "slow": SLOW}


def one_by_one(every: CrossSweep, master: int, runs: int) -> bytes:
    past = every.close[: len(every.close) - len(every.bars)]

    def trade(path: Sequence[Bars], slippage: np.random.Generator) -> BacktestResult:
        close = np.concatenate((past, path[0].close))
        targets = sma_cross(close, FAST, SLOW, short=every.instrument.shortable)[len(past) :]
        return run_targets(
            path, targets * (every.lots or 1.0), [every.instrument], every.account, bars_per_year=every.bars_per_year,
            sizing="size" if every.lots else "weight", rates=every.rates, slippage=slippage,
        )  # fmt: skip

    return path_permutation([every.bars], trade, master, runs).tobytes()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lots": 10_000.0},
        {"instrument": {"shortable": False}},
        {"rates": np.full(300, 0.8), "lots": 2_000.0},
        {"instrument": {"leverage": Decimal("2")}},
        {
            "lots": 1_000.0,
            "slippage": lambda: np.random.default_rng(7),
            "instrument": {"tick": Decimal("0.00001")},
            "costs": {"slippage": "random", "slippage_size": Decimal(3)},
        },
    ],
    ids=["weights", "sizes", "no shorts", "rates", "leverage", "random slippage"],
)
def test_paths_in_a_batch_come_to_what_each_comes_to_alone(options):
    every = a_sweep(drawn_bars(340), "fast=5,slow=20", warmed=40, **options)

    together = permute_crosses(every, GIVEN, 7, 100)

    assert together.tobytes() == one_by_one(every, 7, 100)
    assert len(np.unique(together["net_profit"])) == 100


def test_bars_with_a_spread_of_their_own_come_to_the_same():
    bars = drawn_bars(300)
    spread = np.random.default_rng(2).uniform(0.0, 9.0, len(bars))
    every = a_sweep(
        replace(bars, spread=spread), "fast=5,slow=20", lots=1_000.0, instrument={"tick": Decimal("0.00001")}
    )

    assert permute_crosses(every, GIVEN, 1, 100).tobytes() == one_by_one(every, 1, 100)


def test_parts_and_workers_change_no_byte():
    every = a_sweep(drawn_bars(300), "fast=5,slow=20", lots=1_000.0)

    parts = [permute_crosses(every, GIVEN, 3, 130, part=part) for part in (range(60), range(60, 130))]

    assert permute_crosses(every, GIVEN, 3, 130, workers=3).tobytes() == np.concatenate(parts).tobytes()


@pytest.mark.parametrize("given, runs", [(GIVEN, 99), ({"fast": 20, "slow": 5}, 100)])
def test_too_few_runs_and_crossed_lengths_are_refused(given, runs):
    every = a_sweep(drawn_bars(100), "fast=5,slow=20", lots=1_000.0)

    with pytest.raises(Refused) as refused:
        permute_crosses(every, given, 1, runs)

    assert refused.value.code == "bad_value"
