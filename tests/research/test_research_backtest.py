"""A backtest: the walk-forward, the holdout run, its trials, and what the holdout may not touch."""

import dataclasses
import io
import json

import numpy as np
import polars as pl
import pytest
from research_bench import SWING
from sqlalchemy import text

from mintmark.domain import Refused
from mintmark.research.gates import Limits, training_gate
from mintmark.research.operations.backtesting import FIELDS, Backtesting
from mintmark.research.operations.bars_file import read_bars, write_bars
from mintmark.research.operations.library import Library, StrategyFile
from mintmark.research.operations.simulation_order import strategy_parameters
from mintmark.research.operations.training import Training
from mintmark.research.starters import starting_strategies
from mintmark.research.walking import configurations, round_trip_cost, with_own
from mintmark.store import write_atomic
from mintmark.strategy import read_spec

SECONDS = {"backtest_seconds"}


@pytest.fixture
def model_path(bench):
    """The model of the small strategy, trained and kept."""
    run, result, _ = bench.trained()
    room = Training(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)["model_path"]


def finished(bench, run, result):
    room = Backtesting(bench.context)
    # The folder of a life holds its inputs; the test wrote them as the worker does.
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)


def test_a_result_has_exactly_the_fields_it_promises(bench, model_path):
    run, result, _ = bench.tested(model_path)

    summary = finished(bench, run, result)

    assert tuple(summary) == FIELDS
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["out_of_sample"] is True
    assert summary["start"] > "2014-01-02"
    assert summary["pbo_splits"] == 12_870
    assert summary["dsr_trials"] == 9
    assert summary["initial_capital"] == {"amount": "100000.00", "currency": "USD"}
    assert summary["net_profit"]["currency"] == "USD"
    costs = ("price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost")
    parts = sum(float(summary[name]["amount"]) for name in costs)
    assert float(summary["net_profit"]["amount"]) == pytest.approx(parts, abs=1e-6)


def test_nine_runs_are_nine_trials_and_a_replay_adds_none(bench, model_path):
    run, result, _ = bench.tested(model_path)

    first, second = finished(bench, run, result), finished(bench, run, result)

    with bench.context.database.read() as connection:
        runs = connection.execute(text("SELECT run FROM trials ORDER BY run")).scalars().all()
    assert runs == [*(f"configuration_{number}" for number in range(1, 9)), "holdout"]
    assert first["dsr_trials"] == second["dsr_trials"] == 9
    assert first["dsr"] == second["dsr"]


def test_trying_often_makes_it_harder(bench, model_path):
    run, result, _ = bench.tested(model_path)
    first = finished(bench, run, result)
    again = dataclasses.replace(run, operation_id="op_backtesting_y")

    second = finished(bench, again, result)

    assert second["dsr_trials"] == 18
    assert second["dsr"] < first["dsr"]


def test_a_backtest_resumed_after_any_fold_gives_the_same_figures(bench, model_path):
    _, whole, kept = bench.tested(model_path)

    assert [checkpoint.round for checkpoint in kept] == [1, 2, 3, 4]
    for checkpoint in (kept[0], kept[3]):
        _, resumed, _ = bench.tested(model_path, start=checkpoint)
        changed = {name for name in whole if whole[name] != resumed[name]}
        assert changed <= SECONDS


def test_the_walk_forward_knows_nothing_of_the_holdout(bench, model_path):
    run, real, _ = bench.tested(model_path)
    other = bench.run("backtesting", "op_backtesting_z", "op_agent_research_x", **run.parameters)
    inputs = Backtesting(bench.context).prepare(other)
    bars = read_bars((other.folder / "bars.npz").read_bytes())["NASDAQ"]
    later = bars.stamps >= inputs["holdout_start"]
    doubled = {name: np.where(later, getattr(bars, name) * 2, getattr(bars, name)) for name in ("open", "high")}
    doubled |= {name: np.where(later, getattr(bars, name) * 1.5, getattr(bars, name)) for name in ("low", "close")}
    changed = dataclasses.replace(bars, **doubled)
    write_atomic(other.folder / "bars.npz", write_bars({"NASDAQ": changed}))

    from mintmark.research.operations.backtest_process import compute

    found = compute(bench.task(other, json.loads(json.dumps(inputs))))

    assert found["walk_forward"] == real["walk_forward"]
    assert found["pbo"] == real["pbo"]
    assert found["total_return"] != real["total_return"]


def test_the_tested_parts_are_the_quarters_of_the_second_half_each_after_its_training(bench, model_path):
    _, result, _ = bench.tested(model_path)

    folds = result["walk_forward"]["folds"]

    assert len(folds) == 4
    assert all(fold["train_end"] < fold["test_start"] <= fold["test_end"] < "2014-01-01" for fold in folds)
    assert [fold["train_rows"] for fold in folds] == sorted(fold["train_rows"] for fold in folds)
    assert max(fold["bars"] for fold in folds) - min(fold["bars"] for fold in folds) <= 1
    assert sum(found["own"] for found in result["walk_forward"]["configurations"]) == 1


def test_equity_and_trades_are_kept_as_tables(bench, model_path):
    run, result, _ = bench.tested(model_path)
    summary = finished(bench, run, result)
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)

    equity = pl.read_parquet(io.BytesIO(library.fetch(summary["equity_path"]).read_bytes()))
    trades = pl.read_parquet(io.BytesIO(library.fetch(summary["trades_path"]).read_bytes()))

    assert equity.columns == ["stamp", "equity", "benchmark"]
    assert len(equity) == summary["bars"]
    assert equity["equity"][-1] == pytest.approx(float(summary["final_equity"]["amount"]))
    assert len(trades) == summary["total_trades"]
    assert all(dtype.is_numeric() for dtype in trades.dtypes)


def test_a_file_that_is_gone_comes_back_from_the_blobs(bench, model_path):
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)
    place = bench.context.home / model_path / "model.json"
    content = place.read_bytes()
    place.unlink()

    assert library.fetch(f"{model_path}/model.json").read_bytes() == content


def test_a_damaged_model_fails_the_backtest(bench, model_path):
    place = bench.context.home / model_path / "weights.txt"
    place.write_bytes(place.read_bytes().replace(b"leaf_value=", b"leaf_value=9", 1))

    from mintmark.domain import Damaged

    with pytest.raises(Damaged) as damaged:
        bench.tested(model_path)

    assert damaged.value.code == "model_damaged"


def test_a_backtest_by_hand_is_one_run_and_says_when_it_is_in_sample(bench, model_path):
    file = StrategyFile("swing_2", "strategies/swing_2.yaml", SWING)
    _, asked = strategy_parameters(file, {"model_path": model_path}, 7, {"start": "2010-01-01", "end": "2015-12-31"})
    run = bench.run("backtesting", "op_backtesting_h", **asked)
    inputs = Backtesting(bench.context).prepare(run)

    from mintmark.research.operations.backtest_process import compute

    summary = finished(bench, run, compute(bench.task(run, json.loads(json.dumps(inputs)))))

    assert summary["out_of_sample"] is False
    assert summary["pbo"] is None
    assert summary["undefined"]["pbo"] == "no_walk_forward"
    assert summary["undefined"]["dsr"] == "too_few_trials"
    assert (summary["start"][:4], summary["end"][:10]) == ("2010", "2015-12-31")


def test_a_window_without_bars_is_refused(bench, model_path):
    file = StrategyFile("swing_2", "strategies/swing_2.yaml", SWING)
    _, asked = strategy_parameters(file, {"model_path": model_path}, 7, {"start": "2030-01-01"})
    run = bench.run("backtesting", "op_backtesting_w", **asked)

    with pytest.raises(Refused) as refused:
        Backtesting(bench.context).prepare(run)

    assert refused.value.code == "not_enough_bars"


def test_a_strategy_that_never_enters_says_why(bench, model_path):
    spec = SWING + "decisions: {enter_at: 0.99, exit_at: 0.5}\n"
    bench.save(spec)

    run, result, _ = bench.tested(model_path)
    summary = finished(bench, run, result)

    assert summary["total_trades"] == 0
    assert summary["no_trade_reason"] == "never_confident"
    assert 0.5 <= summary["signals"]["highest_probability"] < 0.99
    assert (summary["win_rate"], summary["undefined"]["win_rate"]) == (None, "no_trades")
    assert (summary["dsr"], summary["undefined"]["dsr"]) == (None, "no_variation")


@pytest.mark.parametrize(
    "own, expected",
    [
        (0.55, (0.50, 0.55, 0.60, 0.65)),
        (0.58, (0.50, 0.55, 0.58, 0.65)),
        (0.525, (0.525, 0.55, 0.60, 0.65)),
        (0.99, (0.50, 0.55, 0.60, 0.99)),
    ],
)
def test_the_strategys_own_value_replaces_the_nearest_of_two_the_lower(own, expected):
    assert with_own((0.50, 0.55, 0.60, 0.65), own) == expected


@pytest.mark.parametrize("shortable, other", [(True, "allow_short"), (False, "max_holding_bars")])
def test_there_are_eight_configurations_and_one_is_the_strategy_as_written(shortable, other):
    spec = read_spec(SWING).require()

    found = configurations(spec, shortable)

    assert len({tuple(sorted(one.values.items())) for one in found}) == 8
    assert all(other in one.values for one in found)
    assert [one.values for one in found if one.own] == [{"enter_at": 0.55, other: False if shortable else 0}]


def test_a_round_trip_costs_both_fees_and_one_spread(bench):
    instrument = bench.context.data.open("PP_2018-12-31_SAMPLE_v1").instrument("NASDAQ")

    assert round_trip_cost(instrument, 1000.0) == pytest.approx(2 * 0.0002)


@pytest.mark.long
@pytest.mark.parametrize("starter", starting_strategies(), ids=lambda starter: starter.name)
def test_every_starting_strategy_trains_and_runs_to_an_end(bench, starter):
    """Whatever the gates say of it, each gives figures or says why there are none."""
    bench.save(starter.text, starter.name)
    symbols = starter.spec["universe"]["symbols"]
    run, result, _ = bench.trained(starter.name, symbols=symbols)
    room = Training(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        trained = room.finish(connection, run, stored)

    tested, figures, _ = bench.tested(trained["model_path"], starter.name, symbols=symbols)
    summary = finished(bench, tested, figures)

    assert training_gate(trained, Limits()).answers
    assert summary["symbols"] == symbols
    assert summary["bars"] > 1000
    assert len(summary["walk_forward"]["configurations"]) == 8
    assert json.dumps(summary, allow_nan=False)


def test_two_symbols_share_one_account(bench):
    spec = SWING.replace("symbols: [NASDAQ]", "symbols: [NASDAQ, SP500]")
    bench.save(spec)
    both = ["NASDAQ", "SP500"]
    run, result, _ = bench.trained(symbols=both)
    stored = Training(bench.context).store_files(run, result)

    tested, figures, _ = bench.tested(stored["summary"]["model_path"], symbols=both)
    summary = finished(bench, tested, figures)

    assert summary["symbols"] == both
    assert result["samples"]["train"] > 5_000
    assert summary["total_trades"] > 0
    assert summary["exposure"] <= 1.0
