"""A Monte Carlo test of the rule and of a trained strategy: its table, its figures, its one try, and going on."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sqlalchemy import text

from mintmark.domain import Refused
from mintmark.research.operations import montecarlo_process
from mintmark.research.operations.library import Library
from mintmark.research.operations.montecarlo import FEWEST_RUNS, FIELDS, Draw, MonteCarlo
from mintmark.research.operations.simulation_order import read_simulation
from mintmark.research.operations.training import Training
from mintmark.simulation.montecarlo import METHODS
from mintmark.simulation.runs import FEWEST_RUNS as FEWEST_DRAWN
from mintmark.simulation.runs import TABLE

COLUMNS = ["run", *TABLE]


def a_life(bench, name="sma_cross", options=None, **draw):
    """Return a new life of the operation and what its process is given."""
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)
    chosen = {"symbol": "NASDAQ", "start": "2017-07-01"} if name == "sma_cross" else {}
    order = read_simulation(bench.context, library, None, name, None, {**chosen, **(options or {})})
    asked = Draw.read({"runs": 100, **draw})
    run = bench.run("montecarlo", "op_montecarlo_x")
    run = replace(run, metadata=order.metadata(**vars(asked)))
    return run, MonteCarlo(bench.context).prepare(run)


def drawn(bench, start=None, stop_after=None, **asked):
    run, inputs = a_life(bench, **asked)
    result, kept = bench._computed(montecarlo_process, run, inputs, start, stop_after)
    return run, result, kept


def table_of(run) -> bytes:
    return (run.folder / "runs.parquet").read_bytes()


def finished(bench, run, result):
    room = MonteCarlo(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)


@pytest.mark.parametrize("method", METHODS)
def test_a_result_has_the_fields_it_promises_and_a_table_of_ten_columns_without_text(bench, method):
    run, result, _ = drawn(bench, method=method)

    summary = finished(bench, run, result)

    assert tuple(summary) == FIELDS
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["method"], summary["symbols"], summary["bars"] > 300) == (method, ["NASDAQ"], True)
    table = (bench.context.home / summary["runs_path"]).read_bytes()
    schema = pl.read_parquet_schema(io.BytesIO(table))
    assert list(schema) == COLUMNS
    assert schema.pop("run") == pl.Int64
    assert set(schema.values()) == {pl.Float64}
    frame = pl.read_parquet(io.BytesIO(table))
    assert frame["run"].to_list() == list(range(6 if method == "cost_stress" else 100))
    assert not any(frame.select(pl.col(pl.Float64).is_nan().any()).row(0))


def test_a_permuted_path_is_judged_by_the_chosen_metric(bench):
    run, result, _ = drawn(bench, metric="omega_ratio")

    found = pl.read_parquet(io.BytesIO(table_of(run)))["omega_ratio"]
    real = result["real"]["omega_ratio"]
    assert result["p_value"] == (1 + (found >= real).sum()) / 101
    assert result["quantiles"]["omega_ratio"][2] == pytest.approx(found.median())


def test_a_bootstrap_gives_an_interval_of_every_return_metric(bench):
    _, result, _ = drawn(bench, method="block_bootstrap")

    low, high = result["intervals"]["sharpe_ratio"]
    assert low < result["real"]["sharpe_ratio"] < high
    assert result["mean_block"] >= 2.0
    assert {"cvar_99", "calmar_ratio", "max_drawdown", "annual_return"} <= set(result["intervals"])
    assert 0.0 < result["p_value"] <= 1.0


def test_shuffled_trades_get_no_p_value(bench):
    _, result, _ = drawn(bench, method="trade_shuffle")

    assert result["p_value"] is None
    low, *_, high = result["quantiles"]["max_drawdown"]
    assert 0.0 < low < high < 1.0


def test_stressed_costs_leave_less_and_less(bench):
    _, result, _ = drawn(bench, method="cost_stress")

    profits = [row["net_profit"] for row in result["stress"]]
    assert [row["factor"] for row in result["stress"]] == [0.0, 0.5, 1.0, 1.5, 2.0, 3.0]
    assert profits == sorted(profits, reverse=True)
    assert profits[2] == result["real"]["net_profit"]


def test_a_test_that_was_killed_goes_on_to_the_same_bytes(bench):
    whole, result, kept = drawn(bench)

    _, nothing, stopped = drawn(bench, stop_after=2)
    resumed, again, rest = drawn(bench, start=stopped[-1])

    assert nothing is None
    assert [one.round for one in kept] == [25, 50, 75, 100]
    assert [one.round for one in rest] == [75, 100]
    assert table_of(resumed) == table_of(whole)
    assert (again.pop("runs_restored"), again.pop("runs_computed")) == (50, 50)
    assert (result.pop("runs_restored"), result.pop("runs_computed")) == (0, 100)
    assert {**again, "montecarlo_seconds": 0} == {**result, "montecarlo_seconds": 0}


def test_eight_workers_leave_the_same_bytes_as_one(bench):
    one, _, _ = drawn(bench)

    eight, _, _ = drawn(bench, workers=8)

    assert table_of(eight) == table_of(one)


def test_only_the_real_run_is_a_try_and_a_replay_adds_none(bench):
    run, result, _ = drawn(bench)

    finished(bench, run, result)
    finished(bench, run, result)

    with bench.context.database.read() as connection:
        rows = connection.execute(text("SELECT run, kind, sharpe_per_bar FROM trials")).all()
    assert [(row.run, row.kind) for row in rows] == [("real", "montecarlo")]
    assert rows[0].sharpe_per_bar == result["trials"][0]["sharpe_per_bar"]


def test_a_trained_strategy_decides_anew_on_every_path(bench):
    trained, lessons, _ = bench.trained()
    room = Training(bench.context)
    stored = room.store_files(trained, lessons)
    with bench.context.database.write() as connection:
        path = room.finish(connection, trained, stored)["model_path"]

    run, result, _ = drawn(bench, name="swing_2", options={"model_path": path})

    found = pl.read_parquet(io.BytesIO(table_of(run)))
    assert result["out_of_sample"] is True
    assert found["total_trades"].n_unique() > 10
    assert found["net_profit"].n_unique() == 100
    assert 0.0 < result["p_value"] <= 1.0


def test_a_strategy_that_never_trades_gets_no_p_value_and_a_reason(bench):
    _, result, _ = drawn(bench, options={"initial_capital": "1"})

    assert (result["real"]["total_trades"], result["p_value"]) == (0, None)
    assert result["undefined"]["p_value"] == "no_variation"
    with pytest.raises(Refused, match="no trades"):
        drawn(bench, method="trade_shuffle", options={"initial_capital": "1"})


@pytest.mark.parametrize(
    "asked, code, named",
    [({"runs": 99}, "bad_value", "99"), ({"metric": "max_drawdown"}, "unknown_name", "sharpe_ratio")],
)
def test_what_cannot_be_drawn_is_refused_at_the_door(asked, code, named):
    with pytest.raises(Refused, match=named) as refused:
        Draw.read(asked)

    assert refused.value.code == code


def test_the_door_and_the_draw_agree_on_the_fewest_runs():
    assert FEWEST_RUNS == FEWEST_DRAWN


@pytest.mark.parametrize("method", ["block_bootstrap", "trade_shuffle"])
def test_the_fan_is_of_the_very_runs_of_the_table_and_reaches_the_sheet(bench, method):
    run, result, _ = drawn(bench, method=method)

    summary = finished(bench, run, result)

    kept = {name: pl.read_parquet(bench.context.home / summary[f"{name}_path"]) for name in ("runs", "fan")}
    ends = 100_000.0 + kept["runs"]["net_profit"].to_numpy()
    last = kept["fan"].tail(1)
    assert summary["fan_runs"] == 100
    for name, share in (("p05", 5), ("p50", 50), ("p95", 95)):
        assert last[name].item() == pytest.approx(np.percentile(ends, share), rel=1e-9)
    assert last["real"].item() == pytest.approx(100_000.0 + result["real"]["net_profit"])
    html = (bench.context.home / summary["sheet_path"]).read_text()
    assert "100 runs, USD" in html
    assert "5 to 95 %, 25 to 75 %" in html


@pytest.mark.parametrize("method", ["path_permutation", "cost_stress"])
def test_a_method_that_draws_no_equity_has_a_sheet_without_a_fan(bench, method):
    run, result, _ = drawn(bench, method=method)

    summary = finished(bench, run, result)

    assert (summary["fan_path"], summary["fan_runs"]) == (None, None)
    sheet = json.loads((bench.context.home / summary["sheet_path"]).with_suffix(".json").read_text())
    assert [part["name"] for part in sheet["parts"]] == ["stress" if method == "cost_stress" else "runs"]
    assert sheet["parts"][0]["drawings"][0]["svg"].startswith("<svg")


def test_shuffled_trades_are_not_set_beside_a_length_in_bars(bench):
    run, result, _ = drawn(bench, method="trade_shuffle")

    summary = finished(bench, run, result)

    assert "max_drawdown_bars" not in summary["real"]
    html = (bench.context.home / summary["sheet_path"]).read_text()
    assert "Longest drawdown, trades" in html
    assert "Longest drawdown, bars" not in html
