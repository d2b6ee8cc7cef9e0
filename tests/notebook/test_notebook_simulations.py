"""Sweeps, Monte Carlo tests and walk-forwards in a notebook: the operations' figures, and every try counted."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from test_notebook import count_of, home, some_prices

import mintmark
from mintmark.domain import Refused
from mintmark.simulation import Account

__all__ = ["home"]

PLAN = {"is_bars": 30, "oos_bars": 20}
MINE = {"symbol": "MINE", "instrument": "equity"}


def follow(bars: pl.DataFrame, length: int, weight: float = 1.0) -> pl.Series:
    return (bars["close"] > bars["close"].rolling_mean(length)).cast(pl.Float64) * weight


def follow_5(bars: pl.DataFrame) -> pl.Series:
    return follow(bars, 5)


@pytest.mark.parametrize("name", ["sweep", "montecarlo", "walkforward", "crossvalidate"])
def test_the_example_of_each_docstring_runs(home: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv("MINTMARK_HOME", str(home))
    (example,) = doctest.DocTestFinder().find(getattr(mintmark, name), name)

    outcome = doctest.DocTestRunner().run(example)

    assert outcome.attempted >= 6
    assert outcome.failed == 0


def test_a_row_of_a_sweep_is_the_backtest_of_its_parameters_and_no_second_try(home: Path):
    prices, before = some_prices(seed=11), count_of(home)

    swept = mintmark.sweep(prices, follow, {"length": np.array([3, 5, 8]), "weight": [0.5, 1.0]}, home=home, **MINE)

    assert count_of(home) == before + 6
    row = swept.table.filter((pl.col("length") == 5) & (pl.col("weight") == 1.0)).row(0, named=True)
    alone = mintmark.backtest(prices, follow_5(prices), home=home, **MINE)
    assert row["net_profit"] == pytest.approx(alone.result.metrics["net_profit"], rel=1e-12)
    assert row["sharpe_ratio"] == alone.result.metrics["sharpe_ratio"]
    assert count_of(home) == before + 6
    again = mintmark.sweep(prices, follow, "length=3|5|8,weight=0.5|1.0", home=home, **MINE)
    assert again.table.equals(swept.table)
    assert (again.evidence, count_of(home)) == (swept.evidence, before + 6)
    assert swept.best["sharpe_ratio"].is_sorted(descending=True)


def test_a_cell_shows_the_picture_and_what_luck_is_worth(home: Path, tmp_path: Path):
    swept = mintmark.sweep(some_prices(seed=12), follow, {"length": [3, 5], "weight": [0.5, 1.0]}, home=home, **MINE)

    shown = swept._repr_html_()

    assert "◂ best of 4 tries" in shown
    assert "Tries counted" in shown
    assert repr(swept).startswith("<Sweep Sweep of follow on MINE: Combinations 4")
    place = swept.sheet(tmp_path / "sheet.html")
    assert "Sweep of follow on MINE" in place.read_text()
    with pytest.raises(Refused) as refused:
        swept.sheet(place)
    assert refused.value.code == "already_exists"


def test_only_the_real_run_of_a_monte_carlo_test_is_a_try(home: Path):
    prices = some_prices(seed=13)
    alone = mintmark.backtest(prices, follow_5(prices), home=home, **MINE)
    before = count_of(home)

    drawn = mintmark.montecarlo(prices, follow_5, runs=100, home=home, **MINE)
    fanned = mintmark.montecarlo(prices, follow_5(prices), method="block_bootstrap", runs=100, home=home, **MINE)

    assert count_of(home) == before
    assert drawn.result["real"]["net_profit"] == pytest.approx(alone.result.metrics["net_profit"])
    assert (
        drawn.p_value
        == (1 + (drawn.runs["sharpe_ratio"].fill_null(np.inf) >= drawn.result["real"]["sharpe_ratio"]).sum()) / 101
    )
    assert drawn.fan is None
    assert fanned.fan["time"].to_list() == sorted(fanned.fan["time"].to_list())
    assert fanned.fan.columns == ["time", "real", "p05", "p25", "p50", "p75", "p95"]
    assert fanned.quantiles.columns == ["name", "real", "p05", "p25", "p50", "p75", "p95"]


def test_a_walk_shows_its_function_no_bar_after_the_part_it_decides_for(home: Path):
    prices, seen, before = some_prices(days=80, seed=14), [], count_of(home)

    def watched(bars: pl.DataFrame, length: int) -> pl.Series:
        seen.append(bars.height)
        return follow(bars, length)

    walked = mintmark.walkforward(prices, watched, {"length": [3, 5]}, **PLAN, home=home, **MINE)

    assert seen == [30, 30, 50, 50, 50, 70]
    assert (walked.windows.height, walked.equity.height) == (2, 40)
    assert walked.windows["outside_end"].to_list() == walked.equity["time"].to_list()[19::20]
    assert count_of(home) == before + 3
    assert walked.metrics.filter(pl.col("name") == "total_trades")["value"].item() == walked.trades.height
    assert "Walk-forward of watched on MINE" in walked._repr_html_()


def test_a_rule_by_name_runs_on_a_pack_as_its_command_does(home: Path):
    before = count_of(home)

    swept = mintmark.sweep("NASDAQ", "sma_cross", "fast=5|10,slow=50", start="2016-01-01", home=home)

    assert swept.table.select("fast", "slow").rows() == [(5, 50), (10, 50)]
    assert (swept.result["strategy_name"], swept.result["symbols"]) == ("sma_cross", ["NASDAQ"])
    assert swept.result["mark"]["pack_id"] == "PP_2018-12-31_SAMPLE_v1"
    assert count_of(home) == before + 2
    mintmark.sweep("NASDAQ", "sma_cross", "fast=5|10,slow=50", start="2016-01-01", home=home)
    assert count_of(home) == before + 2


def test_a_rule_by_name_is_backtested_with_its_values_and_counted_once(home: Path):
    before, on = count_of(home), {"start": "2016-01-01", "home": home}

    ruled = mintmark.backtest("NASDAQ", "sma_cross", values={"fast": 5, "slow": 50}, **on)
    mintmark.backtest("NASDAQ", "sma_cross", values="fast=5,slow=50", **on)
    drawn = mintmark.montecarlo("NASDAQ", "sma_cross", values={"fast": 5, "slow": 50}, method="cost_stress", **on)

    assert count_of(home) == before + 1
    assert ruled.title == "sma_cross fast=5 slow=50 on NASDAQ"
    swept = mintmark.sweep("NASDAQ", "sma_cross", "fast=5,slow=50", **on).table.row(0, named=True)
    assert (ruled.result.metrics["total_trades"], len(ruled.trades)) == (swept["total_trades"],) * 2
    for name in ("net_profit", "sharpe_ratio", "max_drawdown"):
        assert ruled.result.metrics[name] == pytest.approx(swept[name], rel=1e-12)
        assert drawn.result["real"][name] == pytest.approx(swept[name], rel=1e-12)
    usual = mintmark.backtest("NASDAQ", "sma_cross", **on)
    assert usual.title == "sma_cross fast=10 slow=20 on NASDAQ"


def test_a_cross_validation_gives_its_paths_and_counts_every_combination_and_the_choosing(home: Path, tmp_path: Path):
    prices, before = some_prices(days=100, seed=15), count_of(home)

    tested = mintmark.crossvalidate(prices, follow, {"length": [3, 5]}, folds=5, home=home, **MINE)

    assert count_of(home) == before + 3
    assert tested.paths["path"].to_list() == [1, 2, 3, 4]
    assert tested.returns.columns == ["time", "path_1", "path_2", "path_3", "path_4"]
    grown = [float((1.0 + tested.returns[f"path_{number}"]).product() - 1.0) for number in tested.paths["path"]]
    assert tested.paths["total_return"].to_list() == pytest.approx(grown)
    row = tested.distribution.row(by_predicate=pl.col("name") == "total_return", named=True)
    assert (row["count"], row["lowest"]) == (4, pytest.approx(min(grown)))
    assert (tested.evidence["dsr"], tested.evidence["undefined"]) == (None, {"dsr": "several_paths"})
    assert "Cross-validation of follow on MINE" in tested.sheet(tmp_path / "sheet.html").read_text()
    mintmark.crossvalidate(prices, follow, {"length": [3, 5]}, folds=5, home=home, **MINE)
    assert count_of(home) == before + 3


@pytest.mark.parametrize(
    "call, given, code",
    [
        ("sweep", {"decide": follow, "grid": {"speed": [1]}}, "unknown_name"),
        ("sweep", {"decide": follow, "grid": {"length": []}}, "bad_value"),
        ("sweep", {"decide": follow, "grid": {"length": range(10**4), "weight": range(10**4)}}, "grid_too_large"),
        ("sweep", {"decide": [1.0], "grid": "length=3"}, "wrong_type"),
        ("sweep", {"decide": "sma_cross", "grid": "fast=5,slow=50"}, "conflicting_fields"),
        ("sweep", {"decide": "sma_cross", "grid": "fast=5,slow=50", "instrument": None}, "wrong_type"),
        ("montecarlo", {"targets": [1.0] * 60}, "wrong_type"),
        ("montecarlo", {"targets": follow_5, "runs": 99}, "bad_value"),
        ("montecarlo", {"targets": follow_5, "metric": "fame"}, "unknown_name"),
        ("montecarlo", {"targets": follow_5, "values": {"length": 5}}, "conflicting_fields"),
        ("crossvalidate", {"decide": follow, "grid": "length=3", "folds": 40}, "not_enough_bars"),
        ("crossvalidate", {"decide": follow, "grid": "length=3", "metric": "win_rate"}, "unknown_name"),
        ("walkforward", {"decide": follow, "grid": "length=3", "is_bars": 500}, "not_enough_bars"),
        ("walkforward", {"decide": follow, "grid": "length=3", **PLAN, "account": Account(capital=0)}, "bad_value"),
    ],
)
def test_what_cannot_be_simulated_is_refused_and_counts_nothing(home: Path, call: str, given: dict, code: str):
    before = count_of(home)

    with pytest.raises(Refused) as refused:
        getattr(mintmark, call)(some_prices(), **{**MINE, "home": home, **given})

    assert refused.value.code == code
    assert count_of(home) == before
