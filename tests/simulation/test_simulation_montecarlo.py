"""Redrawn pasts: a planted edge and its absence, the cost anchor, and the same bytes however they are made."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from simulation_anchor import ACCOUNT, UNITS, anchor_bars, anchor_instrument, crossing_targets, run_anchor
from simulation_cases import an_instrument, some_bars

from mintmark.domain import CostProfile, Refused
from mintmark.measures import bar_returns, exceedance_p
from mintmark.simulation import (
    RUN,
    TABLE,
    Account,
    block_bootstrap,
    cost_stress,
    path_permutation,
    run_targets,
    scaled_costs,
    scaled_spread,
    trade_returns,
    trade_shuffle,
)


def follow(bars, slippage):
    """Return what following the direction of the bar before comes to."""
    targets = np.sign(bars[0].close - bars[0].open)
    return run_targets(bars, targets, [an_instrument()], bars_per_year=6_240, slippage=slippage)


def planted(bars=1_000, link=0.3, seed=7):
    """Return bars whose moves go on as the one before them did, ``link`` of it."""
    noise = np.random.default_rng(seed).normal(0.0, 0.01, bars)
    moves = np.empty(bars)
    moves[0] = noise[0]
    for at in range(1, bars):
        moves[at] = link * moves[at - 1] + noise[at]
    closes = 100.0 * np.exp(np.cumsum(moves))
    opens = np.concatenate(([100.0], closes[:-1]))
    rows = zip(opens, np.maximum(opens, closes) * 1.001, np.minimum(opens, closes) * 0.999, closes, strict=True)
    return some_bars(list(rows))


def a_run(seed=7):
    return follow([planted(300, seed=seed)], None)


def test_a_planted_edge_is_nowhere_on_permuted_paths():
    bars = planted()
    real = follow([bars], None)

    table = path_permutation([bars], follow, 7, 200)

    assert exceedance_p(real.metrics["sharpe_ratio"], table["sharpe_ratio"]) < 0.01
    assert len(np.unique(table[["sharpe_ratio", "max_drawdown"]])) == len(table) == 200


def test_without_an_edge_the_real_path_is_one_among_the_permuted():
    bars = planted(400, link=0.0)

    table = path_permutation([bars], follow, 7, 100)

    assert 0.05 < exceedance_p(follow([bars], None).metrics["sharpe_ratio"], table["sharpe_ratio"]) < 0.95


def test_a_run_holds_its_number_and_float64_only():
    kinds = {name: RUN[name] for name in RUN.names}

    assert kinds.pop("run") == np.int64
    assert set(kinds.values()) == {np.dtype(np.float64)}
    assert (
        list(RUN.names[:10])
        == ["run", *TABLE]
        == [
            "run",
            "total_trades",
            "win_rate",
            "net_profit",
            "total_return",
            "sharpe_ratio",
            "sortino_ratio",
            "omega_ratio",
            "max_drawdown",
            "cvar_95",
        ]
    )


@pytest.mark.parametrize(
    "draw",
    [
        lambda **how: trade_shuffle(a_run(), 7, 120, **how),
        lambda **how: block_bootstrap(a_run(), 7, 120, **how),
        lambda **how: path_permutation([planted(200)], follow, 7, 120, **how),
    ],
    ids=["trade_shuffle", "block_bootstrap", "path_permutation"],
)
def test_one_worker_eight_or_parts_in_any_order_give_the_same_bytes(draw):
    once = draw().tobytes()

    assert draw().tobytes() == once
    assert draw(workers=8).tobytes() == once
    late, early = draw(part=range(50, 120)), draw(part=range(50))
    assert np.concatenate((early, late)).tobytes() == once


def test_another_seed_gives_other_runs_and_another_number_no_other():
    one, two = (path_permutation([planted(200)], follow, master, 100) for master in (7, 8))
    more = path_permutation([planted(200)], follow, 7, 110)

    assert not np.array_equal(one["sharpe_ratio"], two["sharpe_ratio"])
    assert more[:100].tobytes() == one.tobytes()


@pytest.mark.long
def test_the_order_of_hashes_changes_no_byte():
    here = Path(__file__)
    code = (
        f"import sys; sys.path.insert(0, {str(here.parent)!r})\n"
        f"from {here.stem} import *\n"
        "import hashlib; found = [path_permutation([planted(150)], follow, 7, 100), block_bootstrap(a_run(), 7, 100)]\n"
        "print(hashlib.sha256(b''.join(one.tobytes() for one in found)).hexdigest())"
    )

    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert len(found) == 1


@pytest.mark.parametrize("method", [trade_shuffle, block_bootstrap])
def test_fewer_than_a_hundred_runs_are_refused(method):
    with pytest.raises(Refused, match="at least 100") as refused:
        method(a_run(), 7, 99)

    assert refused.value.code == "bad_value"
    assert refused.value.details == {"field": "runs", "value": "99"}


def test_shuffled_trades_end_where_they_did_and_fall_as_deep_as_their_order_lets_them():
    result = a_run()
    made = trade_returns(result)

    table = trade_shuffle(result, 7, 200)

    assert np.prod(1.0 + made) - 1.0 == pytest.approx(result.metrics["total_return"])
    assert set(table["total_return"]) == {result.metrics["total_return"]}
    assert set(table["net_profit"]) == {result.metrics["net_profit"]}
    assert np.isnan(table["sharpe_ratio"]).all()
    # No order is worse than all losses in a row, and none better than the largest loss alone.
    assert table["max_drawdown"].max() < 1.0 - np.prod(1.0 + made[made < 0.0])
    assert table["max_drawdown"].min() >= -made.min() - 1e-12
    assert 1 <= table["max_drawdown_bars"].min() < table["max_drawdown_bars"].max() <= len(made)


def test_without_trades_there_is_nothing_to_shuffle():
    idle = run_targets([planted(50)], np.zeros(50), [an_instrument()], bars_per_year=252)

    with pytest.raises(Refused) as refused:
        trade_shuffle(idle, 7, 100)

    assert refused.value.code == "no_trades"


def test_bootstrapped_returns_have_the_mean_and_the_spread_of_the_real_ones():
    result = a_run()
    real = bar_returns(result.equity, 100_000.0)

    table = block_bootstrap(result, 7, 1_000, block=2.0)

    means = table["mean_return"]
    assert means.mean() == pytest.approx(real.mean(), abs=5 * means.std() / np.sqrt(1_000))
    assert np.median(table["annual_volatility"]) == pytest.approx(result.metrics["annual_volatility"], rel=0.05)
    assert np.isnan(table["total_trades"]).all()
    assert not np.isnan(table["cvar_99"]).any()


def test_instruments_of_as_many_bars_go_on_moving_together():
    one = planted(120)
    double = replace(one, symbol="Y", **{name: 2.0 * getattr(one, name) for name in ("open", "high", "low", "close")})
    paths = []

    def hold(bars, slippage):
        paths.append(bars)
        return run_targets(
            bars, np.full((120, 2), 0.25), [an_instrument(), an_instrument("Y")], bars_per_year=252, slippage=slippage
        )

    path_permutation([one, double], hold, 7, 100)

    assert all(mine.close * 2.0 == pytest.approx(others.close) for mine, others in paths)


@pytest.fixture(scope="module")
def eurusd(shared_data):
    return anchor_bars(shared_data)


def test_the_anchor_at_other_costs(eurusd):
    def at_costs(factor):
        instrument = scaled_costs(anchor_instrument(), factor)
        lots = crossing_targets(eurusd, 10, 20) * UNITS
        return run_targets([eurusd], lots, [instrument], ACCOUNT, bars_per_year=6_240, sizing="size")

    found = cost_stress(at_costs)

    assert found.factors == (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
    assert found.table["net_profit"].round(2).tolist() == [40.60, -581.78, -1_204.17, -1_826.55, -2_448.93, -3_693.70]
    assert round(found.break_even, 6) == 0.032617
    assert found.table["net_profit"][2] == run_anchor(eurusd).metrics["net_profit"]


def costly(profile, moves):
    rows = [(100.0 + at * moves, 100.5 + at * moves, 99.5 + at * moves, 100.0 + at * moves) for at in range(5)]
    instrument = an_instrument(costs=profile)
    targets = np.array([10.0, np.nan, 0.0, np.nan, np.nan])
    return cost_stress(
        lambda factor: run_targets(
            [some_bars(rows)], targets, [scaled_costs(instrument, factor)], bars_per_year=252, sizing="size"
        )
    )


def test_the_break_even_factor_of_a_dear_edge_lies_beyond_the_factors_tried():
    # 10 units bought at 101 and sold at 103: 20 earned, 0.1 a side for each deal, so 100 times the costs eat it.
    found = costly(CostProfile(per_deal=Decimal("0.1")), 1.0)

    assert found.break_even == pytest.approx(100.0, abs=1e-6)


@pytest.mark.parametrize(
    "profile, moves, why", [(CostProfile(), 1.0, "no_break_even"), (CostProfile(), -1.0, "no_profit")]
)
def test_without_a_break_even_there_is_a_reason(profile, moves, why):
    found = costly(profile, moves)

    assert (found.break_even, found.undefined) == (None, why)


def test_every_part_of_the_costs_is_scaled_and_nothing_else():
    profile = CostProfile(
        fee_bps=Decimal(2), per_lot=Decimal("3.5"), minimum=Decimal(1), cap_fraction=Decimal("0.01"),
        slippage="fixed_bps", slippage_size=Decimal(1), financing="points", financing_long=Decimal("-6.5"),
    )  # fmt: skip
    instrument = an_instrument(costs=profile, spread_ticks=10, tick=0.01)

    found = scaled_costs(instrument, 1.5)

    assert found.spread_ticks == 15
    assert (found.costs.fee_bps, found.costs.per_lot, found.costs.minimum) == (3, Decimal("5.25"), Decimal("1.5"))
    assert (found.costs.cap_fraction, found.costs.slippage_size) == (Decimal("0.015"), Decimal("1.5"))
    assert (found.costs.financing_long, found.tick) == (Decimal("-6.5"), instrument.tick)


def test_a_spread_of_the_bars_own_is_scaled_with_them():
    bars = replace(planted(3), spread=np.array([1.0, 2.0, 3.0]))

    assert scaled_spread(bars, 2.0).spread.tolist() == [2.0, 4.0, 6.0]
    assert scaled_spread(planted(3), 2.0).spread is None


def test_slippage_on_a_path_is_drawn_from_the_runs_own_randomness():
    instrument = an_instrument(tick=0.01, costs=CostProfile(slippage="random", slippage_size=Decimal(3)))

    def slip(bars, slippage):
        targets = np.sign(bars[0].close - bars[0].open)
        return run_targets(bars, targets, [instrument], Account(), bars_per_year=252, slippage=slippage)

    found = [path_permutation([planted(120)], slip, 7, 100, workers=workers).tobytes() for workers in (1, 4)]

    assert found[0] == found[1]
