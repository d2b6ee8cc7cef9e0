"""The built-in rule as a backtest, and what is set of a strategy: one counted try, the figures a sweep has for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from research_bench import SAMPLE, SWING
from sqlalchemy import text

from mintmark.domain import Refused, moment_of
from mintmark.research.operations import backtest_process, sweeping_process
from mintmark.research.operations.backtesting import FIELDS, Backtesting
from mintmark.research.operations.library import Library, StrategyFile
from mintmark.research.operations.room import Research
from mintmark.research.operations.simulation_order import read_simulation, strategy_parameters
from mintmark.research.operations.sweeping import Sweeping
from mintmark.research.sweep_keys import RULE_VALUES

SPAN = {"symbol": "NASDAQ", "start": "2016-01-01"}


def a_life(bench, work, kind, options, **own):
    """Return a new life of an operation on the rule, and what its process is given."""
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)
    order = read_simulation(bench.context, library, None, "sma_cross", None, {**SPAN, **options})
    run = replace(bench.run(kind, f"op_{kind}_rule"), metadata=order.metadata(**own))
    return run, work.prepare(run)


def backtested(bench, **options):
    room = Backtesting(bench.context)
    run, inputs = a_life(bench, room, "backtesting", options)
    result, _ = bench._computed(backtest_process, run, inputs, None, None)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)


def test_a_backtest_of_the_rule_keeps_its_sheet_and_is_one_counted_try(bench):
    summary = backtested(bench, set="fast=5,slow=40")

    assert tuple(summary) == FIELDS
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["strategy_name"], summary["parameters"]) == ("sma_cross", {"fast": 5, "slow": 40})
    assert (summary["model_path"], summary["model_hash"], summary["out_of_sample"]) == (None, None, None)
    assert summary["signals"]["long"] + summary["signals"]["short"] == summary["bars"]
    sheet = (bench.context.home / summary["sheet_path"]).read_text()
    assert "sma_cross fast=5 slow=40 on NASDAQ" in sheet
    assert "A rule without a model" in sheet
    with bench.context.database.read() as connection:
        tried = connection.execute(text("SELECT run, kind, sharpe_per_bar FROM trials")).all()
    assert tried == [("holdout", "backtest", summary["sharpe_per_bar"])]


def test_the_rule_in_a_backtest_is_the_rule_in_a_sweep(bench):
    run, inputs = a_life(bench, Sweeping(bench.context), "sweeping", {}, grid="fast=5,slow=40", workers=1)
    swept, _ = bench._computed(sweeping_process, run, inputs, None, None)

    alone = backtested(bench, set="fast=5,slow=40")

    best = swept["best"][0]
    assert best["total_trades"] > 5
    assert {name: alone[name] for name in ("total_return", "sharpe_ratio", "total_trades")} == {
        name: best[name] for name in ("total_return", "sharpe_ratio", "total_trades")
    }


def test_the_rule_has_averages_of_its_own_where_none_are_set(bench):
    assert backtested(bench)["parameters"] == RULE_VALUES


@pytest.mark.parametrize("kind", ["backtest", "montecarlo"])
@pytest.mark.parametrize(
    "given, code",
    [
        ("fast=5,slow=1000000", "not_enough_bars"),
        ("fast=20,slow=10", "bad_value"),
        ("fast=5:8", "bad_value"),
        ("fast=2.5", "bad_value"),
        ("fast", "bad_value"),
        ("medium=5", "unknown_name"),
    ],
)
def test_values_that_cannot_be_set_are_refused_before_an_operation_exists(bench, kind, given, code):
    with pytest.raises(Refused) as refused:
        getattr(Research(bench.context), kind)(strategy="sma_cross", symbol="NASDAQ", set=given)

    assert refused.value.code == code
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0


def test_fewer_bars_than_the_slow_average_and_two_are_refused_with_needed_and_found(bench):
    bars = bench.context.data.open(SAMPLE).bars("NASDAQ")
    end = moment_of(int(bars.stamps[499])).date().isoformat()

    with pytest.raises(Refused) as refused:
        Research(bench.context).backtest(strategy="sma_cross", symbol="NASDAQ", end=end, set="slow=1000")

    assert (refused.value.code, refused.value.details) == ("not_enough_bars", {"needed": 1_002, "found": 500})


def test_a_window_of_one_bar_is_refused_before_an_operation_exists(bench):
    with pytest.raises(Refused) as refused:
        Research(bench.context).sweep(strategy="sma_cross", symbol="NASDAQ", grid="fast=5,slow=40", start="2030-01-01")

    assert (refused.value.code, refused.value.details) == ("not_enough_bars", {"needed": 2, "found": 0})


def test_what_is_set_of_a_strategy_is_another_strategy_on_the_same_model():
    file = StrategyFile("swing_2", "strategies/swing_2.yaml", SWING)

    _, plain = strategy_parameters(file, {"model_path": "models/m"}, 7, {})
    spec, varied = strategy_parameters(file, {"model_path": "models/m"}, 7, {"set": "risk.stop_loss=0.02"})

    assert (spec.risk.stop_loss, varied["values"]) == (0.02, {"risk.stop_loss": 0.02})
    assert (varied["strategy_hash"] == plain["strategy_hash"], varied["model_path"]) == (False, "models/m")
