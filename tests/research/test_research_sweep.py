"""The operation of a sweep: rows kept as they come, every combination a counted try, refusals before any work."""

from __future__ import annotations

import io
import json
from contextlib import ExitStack
from typing import Any

import polars as pl
import pytest
from research_bench import SAMPLE, SWING, Bench
from sqlalchemy import text

from mintmark.domain import Damaged, NotWritable, Refused
from mintmark.research import Research
from mintmark.research.operations import sweeping_process
from mintmark.research.operations.library import Library
from mintmark.research.operations.simulation_order import RULE_HASH, read_simulation
from mintmark.research.operations.sweeping import FIELDS, Sweeping
from mintmark.research.operations.training import Training
from mintmark.research.sweep_keys import grid_keys, with_values
from mintmark.runtime.folder import WorkFolder
from mintmark.strategy import read_spec

GRID = "fast=5:15,slow=40:61"


def ordered(bench: Bench, name: str = "sma_cross", model_path: str | None = None, **options: Any) -> Any:
    """Return the order of a sweep on the NASDAQ of the sample pack."""
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)
    given = {"symbol": "NASDAQ", **options}
    return read_simulation(bench.context, library, {"model_path": model_path}, name, None, given)


def swept(bench: Bench, order: Any, grid: str = GRID, start: Any = None, stop_after: int | None = None) -> Any:
    """Sweep as a worker does; return the life, its result and all its checkpoints."""
    parameters = {**order.parameters, "grid": grid, "workers": 1}
    run = bench.run("sweeping", "op_sweeping_x", symbols=order.symbols, **parameters)
    inputs = Sweeping(bench.context).prepare(run)
    return run, *bench._computed(sweeping_process, run, inputs, start, stop_after)


def finished(bench: Bench, run: Any, result: dict[str, Any]) -> dict[str, Any]:
    room = Sweeping(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)


def table_of(bench: Bench, summary: dict[str, Any]) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(bytes_of(bench, summary)))


def bytes_of(bench: Bench, summary: dict[str, Any]) -> bytes:
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)
    return library.fetch(summary["table_path"]).read_bytes()


def test_a_sweep_leaves_a_row_and_a_counted_try_for_every_combination(bench):
    run, result, _ = swept(bench, ordered(bench))

    summary = finished(bench, run, result)
    again = finished(bench, run, result)

    with bench.context.database.read() as connection:
        tries = connection.execute(text("SELECT run, kind, strategy_hash, sharpe_per_bar FROM trials")).all()
    table = table_of(bench, summary)
    assert tuple(summary) == FIELDS
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["combinations"], summary["failed"], summary["dsr_trials"]) == (210, 0, 210)
    assert {(row.kind, row.strategy_hash) for row in tries} == {("sweep", RULE_HASH)}
    assert {row.run: row.sharpe_per_bar for row in tries} == {
        f"combination_{number}": sharpe for number, sharpe in table.select("number", "sharpe_per_bar").iter_rows()
    }
    assert again["dsr_trials"] == 210
    assert table["code"].null_count() == 210
    assert summary["best"][0]["sharpe_ratio"] == table["sharpe_ratio"].max()
    assert 0.0 <= summary["dsr"] <= 1.0
    assert (summary["pbo_splits"], summary["bars"]) == (12_870, len(bench.context.data.open(SAMPLE).bars("NASDAQ")))


def test_a_sweep_resumed_after_any_checkpoint_computes_no_stored_row_and_gives_the_same_bytes(bench):
    order = ordered(bench)
    run, whole, kept = swept(bench, order)
    told = finished(bench, run, whole)

    assert [checkpoint.round for checkpoint in kept] == [100, 200]
    for checkpoint in kept:
        resumed_run, resumed, _ = swept(bench, order, start=checkpoint)
        summary = finished(bench, resumed_run, resumed)
        assert (summary["rows_restored"], summary["rows_computed"]) == (checkpoint.round, 210 - checkpoint.round)
        assert bytes_of(bench, summary) == bytes_of(bench, told)
        changed = {name for name in FIELDS if summary[name] != told[name]}
        assert changed <= {"sweep_seconds", "rows_restored", "rows_computed", "table_path", "sheet_path", "mark"}


def test_a_disk_that_fills_up_keeps_the_rows_so_far_and_the_sweep_goes_on_after_them(bench, no_file_larger_than):
    order = ordered(bench)
    run, whole, _ = swept(bench, order)
    told = finished(bench, run, whole)
    full = bench.run("sweeping", "op_sweeping_x", symbols=order.symbols, **order.parameters, grid=GRID, workers=1)
    task = bench.task(full, json.loads(json.dumps(Sweeping(bench.context).prepare(full))))

    with ExitStack() as filled:
        write = task.checkpoint

        def fill_after(round: int, data: bytes, part: bytes | None = None) -> None:
            write(round, data, part)
            filled.enter_context(no_file_larger_than(len(data) + 2_000))

        task.checkpoint = fill_after
        with pytest.raises(NotWritable) as caught:
            sweeping_process.compute(task)

    stored = WorkFolder(full.folder).checkpoint()
    assert caught.value.code == "disk_full"
    assert caught.value.details["path"].startswith(str(full.folder))
    assert caught.value.details["free_bytes"] > 0
    assert (stored.round, stored.parts, len(bench.parts[1]) > len(stored.data) + 2_000) == (100, 1, True)
    assert [path.name for path in full.folder.iterdir() if path.suffix == ".part"] == []
    resumed_run, resumed, _ = swept(bench, order, start=stored)
    assert bytes_of(bench, finished(bench, resumed_run, resumed)) == bytes_of(bench, told)


def test_rows_of_another_grid_are_not_gone_on_from(bench):
    order = ordered(bench)
    _, _, kept = swept(bench, order, stop_after=1)

    with pytest.raises(Damaged) as damaged:
        swept(bench, order, grid="fast=6:16,slow=40:61", start=kept[0])

    assert damaged.value.code == "checkpoint_mismatch"


def test_a_failed_combination_is_a_row_with_its_code_and_one_in_twenty_is_the_limit(bench):
    run, result, _ = swept(bench, ordered(bench), grid="fast=5|40,slow=40:51")
    summary = finished(bench, run, result)

    table = table_of(bench, summary)
    assert (summary["failed"], summary["failures"]) == (1, {"bad_value": 1})
    assert table.filter(pl.col("code") == "bad_value").select("fast", "slow").rows() == [(40, 40)]
    assert summary["dsr_trials"] == 22
    with pytest.raises(Refused) as refused:
        swept(bench, ordered(bench), grid="fast=5|41,slow=40:51")
    assert (refused.value.code, refused.value.details) == ("too_many_failures", {"observed": 2, "limit": 1})


def test_the_window_of_a_rule_is_warmed_up_on_the_bars_before_it(bench):
    _, result, _ = swept(bench, ordered(bench, start="2018-01-01", end="2018-06-30"), grid="fast=5,slow=200")

    assert (result["start"][:10], result["end"][:10]) == ("2018-01-02", "2018-06-29")
    assert result["failed"] == 0
    assert result["best"][0]["total_trades"] >= 1


def test_a_trained_strategy_is_swept_over_its_decisions_and_risk(bench):
    run, result, _ = bench.trained()
    room = Training(bench.context)
    with bench.context.database.write() as connection:
        model_path = room.finish(connection, run, room.store_files(run, result))["model_path"]
    order = ordered(bench, "swing_2", model_path)

    grid = "decisions.enter_at=0.5:0.65:0.05,decisions.exit_at=0.5,risk.max_holding_bars=0|20,risk.stop_loss=0.02|0.05"
    run, found, _ = swept(bench, order, grid=grid)
    summary = finished(bench, run, found)

    assert (summary["combinations"], summary["failed"], summary["out_of_sample"]) == (12, 0, True)
    assert summary["model_path"] == model_path
    assert table_of(bench, summary)["total_return"].n_unique() > 3
    assert summary["start"] > "2014"


def test_grid_keys_are_the_fields_of_decisions_and_risk_and_values_meet_the_validator():
    spec = read_spec(SWING).require()

    assert {"decisions.enter_at", "decisions.allow_short", "risk.stop_loss", "risk.sizing.fraction"} <= set(
        grid_keys(spec)
    )
    assert "risk.sizing.method" not in grid_keys(spec)
    assert with_values(spec, {"decisions.enter_at": 0.6, "risk.stop_loss": 0.1}).risk.stop_loss == 0.1
    with pytest.raises(Refused) as refused:
        with_values(spec, {"decisions.enter_at": 0.5, "decisions.exit_at": 0.6})
    assert refused.value.code == "exit_above_enter"


@pytest.mark.parametrize(
    "given, code",
    [
        ({"strategy": "sma_cross", "grid": "fast=5:30,slow=40:80"}, "symbol_required"),
        ({"strategy": "sma_cross", "grid": "fast=5:30", "symbol": "GOLD"}, "no_pack"),
        ({"strategy": "sma_cross", "grid": "medium=5:30", "symbol": "NASDAQ"}, "unknown_name"),
        ({"strategy": "sma_cross", "grid": "fast=1:10001,slow=1:1001", "symbol": "NASDAQ"}, "grid_too_large"),
        ({"strategy": "sma_cross", "grid": "fast=5", "symbol": "NASDAQ", "model_path": "m"}, "conflicting_fields"),
        ({"strategy": "swing_2", "grid": "decisions.enter_at=0.5"}, "model_missing"),
        ({"strategy": "nobody", "grid": "fast=5"}, "not_found"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_and_creates_nothing(bench, given, code):
    research = Research(bench.context)

    with pytest.raises(Refused) as refused:
        research.sweep(**given)

    assert refused.value.code == code
    # The same words are shown at a field of a page, in a terminal and in a notebook.
    assert "--" not in refused.value.message
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0
