"""The operation of a walk-forward: windows kept as they come, every candidate counted, refusals before any work."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from research_bench import SAMPLE, Bench
from sqlalchemy import text

from mintmark.domain import Damaged, Refused
from mintmark.research import Research
from mintmark.research.operations import walkforward_process
from mintmark.research.operations.library import Library
from mintmark.research.operations.simulation_order import RULE_HASH, read_simulation
from mintmark.research.operations.training import Training
from mintmark.research.operations.walkforward import WalkingForward

GRID = "fast=5|10|20,slow=40|60"
PLAN = {"mode": "rolling", "is_bars": 500, "oos_bars": 250, "purge": 10, "metric": "sharpe_ratio"}
OF_A_LIFE = {
    "walk_seconds",
    "sheet_path",
    "windows_restored",
    "windows_computed",
    "mark",
    "equity_path",
    "trades_path",
    "windows_path",
}


def library_of(bench: Bench) -> Library:
    return Library(bench.context.home, bench.context.database, bench.context.blobs)


def walked(
    bench: Bench,
    name: str = "sma_cross",
    grid: str = GRID,
    plan: Any = PLAN,
    model_path: str | None = None,
    start: Any = None,
    stop_after: int | None = None,
    workers: int = 1,
    **options: Any,
) -> Any:
    """Walk on the NASDAQ of the sample pack as a worker does; return the life, its result and all its checkpoints."""
    given = {"symbol": "NASDAQ", **options}
    order = read_simulation(bench.context, library_of(bench), {"model_path": model_path}, name, None, given)
    parameters = {**order.parameters, "grid": grid, "plan": {**PLAN, **plan}, "workers": workers}
    run = bench.run("walkforward", "op_walkforward_x", symbols=order.symbols, **parameters)
    inputs = WalkingForward(bench.context).prepare(run)
    return run, *bench._computed(walkforward_process, run, inputs, start, stop_after)


def finished(bench: Bench, run: Any, result: dict[str, Any]) -> dict[str, Any]:
    room = WalkingForward(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)


def table_of(bench: Bench, summary: dict[str, Any], name: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(bytes_of(bench, summary, name)))


def bytes_of(bench: Bench, summary: dict[str, Any], name: str) -> bytes:
    return library_of(bench).fetch(summary[f"{name}_path"]).read_bytes()


def test_a_walk_leaves_its_windows_its_equity_and_a_counted_try_for_every_candidate(bench):
    run, result, _ = walked(bench)

    summary = finished(bench, run, result)
    again = finished(bench, run, result)

    bars = len(bench.context.data.open(SAMPLE).bars("NASDAQ"))
    count = (bars - 760) // 250 + 1
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["window_count"], len(summary["windows"]), summary["bars"]) == (count, count, bars)
    with bench.context.database.read() as connection:
        tries = connection.execute(text("SELECT run, kind, strategy_hash, sharpe_per_bar FROM trials")).all()
    assert [row.run for row in tries] == [*(f"combination_{number}" for number in range(6)), "walk"]
    assert {(row.kind, row.strategy_hash) for row in tries} == {("walkforward", RULE_HASH)}
    assert all(row.sharpe_per_bar is not None for row in tries)
    assert (summary["dsr_trials"], again["dsr_trials"]) == (7, 7)
    equity, windows = table_of(bench, summary, "equity"), table_of(bench, summary, "windows")
    assert len(equity) == summary["traded_bars"] == 250 * count
    assert float(summary["final_equity"]["amount"]) == pytest.approx(equity["equity"][-1])
    assert len(windows) == count
    sharpes = windows.select("inside.sharpe_ratio", "outside.sharpe_ratio").to_numpy()
    assert summary["degradation"] == pytest.approx(sharpes[:, 1].mean() / sharpes[:, 0].mean())
    assert summary["profitable_windows"] == pytest.approx(np.mean(windows["outside.total_return"].to_numpy() > 0))
    assert len(table_of(bench, summary, "trades")) == summary["total_trades"]


@pytest.mark.long
def test_a_walk_resumed_after_any_window_gives_the_same_bytes_and_walks_no_window_again(bench):
    run, whole, kept = walked(bench)
    told = finished(bench, run, whole)

    assert [checkpoint.round for checkpoint in kept] == list(range(1, told["window_count"] + 1))
    for checkpoint in (kept[0], kept[3], kept[-1]):
        resumed_run, resumed, _ = walked(bench, start=checkpoint)
        summary = finished(bench, resumed_run, resumed)
        assert summary["windows_restored"] == checkpoint.round
        assert summary["windows_computed"] == told["window_count"] - checkpoint.round
        for name in ("windows", "equity", "trades"):
            assert bytes_of(bench, summary, name) == bytes_of(bench, told, name)
        assert {name for name in told if summary[name] != told[name]} <= OF_A_LIFE


def test_windows_of_another_plan_are_not_gone_on_from(bench):
    _, _, kept = walked(bench, stop_after=1)

    with pytest.raises(Damaged) as damaged:
        walked(bench, plan={"purge": 11}, start=kept[0])

    assert damaged.value.code == "checkpoint_mismatch"


def test_anchored_windows_all_begin_with_the_first_bar(bench):
    _, result, _ = walked(bench, plan={"mode": "anchored", "oos_bars": 500})

    windows = result["windows"]
    assert {one["inside_start"] for one in windows} == {result["start"]}
    assert [one["outside_start"] for one in windows] == sorted(one["outside_start"] for one in windows)
    assert len(windows) > 3


def test_a_trained_strategy_is_walked_over_its_decisions_and_risk(bench):
    run, result, _ = bench.trained()
    room = Training(bench.context)
    with bench.context.database.write() as connection:
        model_path = room.finish(connection, run, room.store_files(run, result))["model_path"]

    grid = "decisions.enter_at=0.5|0.6,decisions.exit_at=0.5,risk.stop_loss=0.02|0.05"
    plan = {"is_bars": 200, "oos_bars": 100, "metric": "total_return"}
    run, found, _ = walked(bench, "swing_2", grid, plan, model_path)
    summary = finished(bench, run, found)

    assert (summary["combinations"], summary["failed"], summary["out_of_sample"]) == (4, 0, True)
    assert summary["model_path"] == model_path
    assert summary["start"] > "2014"
    assert summary["total_trades"] > 0
    chosen = [one["parameters"] for one in summary["windows"] if one["parameters"]]
    assert chosen[0].keys() == {"decisions.enter_at", "decisions.exit_at", "risk.stop_loss"}


def test_too_few_bars_for_a_window_are_told_with_both_numbers(bench):
    with pytest.raises(Refused) as refused:
        walked(bench, plan={"is_bars": 100_000})

    bars = len(bench.context.data.open(SAMPLE).bars("NASDAQ"))
    assert refused.value.code == "not_enough_bars"
    assert refused.value.details == {"needed": 100_260, "found": bars}


def test_a_walk_with_no_window_is_refused_with_needed_and_found_before_an_operation_exists(bench):
    held = len(bench.context.data.open(SAMPLE).bars("NASDAQ"))

    with pytest.raises(Refused) as refused:
        Research(bench.context).walkforward(
            strategy="sma_cross", grid=GRID, symbol="NASDAQ", is_bars=held - 20, oos_bars=15, purge=6
        )

    assert (refused.value.code, refused.value.details) == ("not_enough_bars", {"needed": held + 1, "found": held})
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0


def test_any_number_of_workers_walks_to_the_same_bytes(bench):
    run, result, _ = walked(bench, workers=1)
    told = finished(bench, run, result)

    other_run, other, _ = walked(bench, workers=4)
    again = finished(bench, other_run, other)

    for name in ("windows", "equity", "trades"):
        assert bytes_of(bench, again, name) == bytes_of(bench, told, name)


@pytest.mark.parametrize(
    "given, code",
    [
        ({"strategy": "sma_cross", "grid": GRID}, "symbol_required"),
        ({"strategy": "sma_cross", "grid": "medium=5:30", "symbol": "NASDAQ"}, "unknown_name"),
        ({"strategy": "sma_cross", "grid": "fast=1:10001,slow=1:1001", "symbol": "NASDAQ"}, "grid_too_large"),
        ({"strategy": "sma_cross", "grid": GRID, "symbol": "NASDAQ", "mode": "sideways"}, "unknown_name"),
        ({"strategy": "sma_cross", "grid": GRID, "symbol": "NASDAQ", "metric": "luck"}, "unknown_name"),
        ({"strategy": "sma_cross", "grid": GRID, "symbol": "NASDAQ", "purge": -1}, "bad_value"),
        ({"strategy": "sma_cross", "grid": GRID, "symbol": "NASDAQ", "is_bars": 100_000}, "not_enough_bars"),
        ({"strategy": "swing_2", "grid": "decisions.enter_at=0.5"}, "model_missing"),
    ],
)
def test_a_walk_that_cannot_be_is_refused_and_creates_nothing(bench, given, code):
    research = Research(bench.context)

    with pytest.raises(Refused) as refused:
        research.walkforward(**given)

    assert refused.value.code == code
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0
