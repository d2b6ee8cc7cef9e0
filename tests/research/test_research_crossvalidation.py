"""A combinatorial purged cross-validation as an operation: its paths, its counted tries, and going on."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from research_bench import SAMPLE, Bench
from sqlalchemy import text

from mintmark.domain import Refused, written
from mintmark.research.crossvalidation_sheet import equity_drawing
from mintmark.research.drawing import Patch, Words
from mintmark.research.operations import crossvalidation_process
from mintmark.research.operations.crossvalidation import CrossValidating
from mintmark.research.operations.library import Library
from mintmark.research.operations.room import Research
from mintmark.research.operations.showing import report_text
from mintmark.research.operations.simulation_order import read_simulation

GRID = "fast=5|10,slow=40|60"
PLAN = {"folds": 5, "test_folds": 2, "purge": 5, "embargo": 10, "metric": "sharpe_ratio"}
TABLES = ("paths", "returns")


def library_of(bench: Bench) -> Library:
    return Library(bench.context.home, bench.context.database, bench.context.blobs)


def validated(bench: Bench, start: Any = None, workers: int = 1) -> Any:
    """Run on the NASDAQ of the sample pack as a worker does; return the result kept and all checkpoints."""
    order = read_simulation(bench.context, library_of(bench), None, "sma_cross", None, {"symbol": "NASDAQ"})
    parameters = {**order.parameters, "grid": GRID, "plan": PLAN, "workers": workers}
    run = bench.run("crossvalidation", "op_crossvalidation_x", symbols=order.symbols, **parameters)
    room = CrossValidating(bench.context)
    result, kept = bench._computed(crossvalidation_process, run, room.prepare(run), start, None)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored), kept


def bytes_of(bench: Bench, summary: dict[str, Any], name: str) -> bytes:
    return library_of(bench).fetch(summary[f"{name}_path"]).read_bytes()


@pytest.fixture
def whole(bench: Bench) -> Any:
    return validated(bench)


def test_every_path_tests_every_bar_and_the_distribution_is_that_of_the_paths(bench, whole):
    summary, _ = whole

    bars = len(bench.context.data.open(SAMPLE).bars("NASDAQ"))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["splits"], summary["path_count"], summary["bars"], summary["embargo"]) == (10, 4, bars, 10)
    assert sum(one["splits"] for one in summary["chosen"]) == 10
    returns = pl.read_parquet(io.BytesIO(bytes_of(bench, summary, "returns")))
    assert returns.columns == ["stamp", "path_1", "path_2", "path_3", "path_4"]
    assert len(returns) == bars
    paths = pl.read_parquet(io.BytesIO(bytes_of(bench, summary, "paths")))
    last = [float((1.0 + returns[f"path_{number}"]).product() - 1.0) for number in paths["path"]]
    assert paths["total_return"].to_list() == pytest.approx(last)
    spread = summary["distribution"]["sharpe_ratio"]
    assert spread["mean"] == pytest.approx(paths["sharpe_ratio"].mean())
    assert (spread["lowest"], spread["highest"]) == (paths["sharpe_ratio"].min(), paths["sharpe_ratio"].max())


def test_it_leaves_a_sheet_with_the_paths_drawn_and_the_figures_of_its_tables(bench, whole):
    summary, _ = whole

    folder = summary["sheet_path"].rsplit("/", 1)[0]
    library = library_of(bench)
    kept = {path.removeprefix(f"{folder}/") for path in library.list_files(folder)}
    files = {"sheet.html", "sheet.json", "sheet_equity.png", "sheet_spread.png"}
    assert kept == {*files, *(f"{name}.parquet" for name in TABLES)}
    html = report_text(library, {"operation_id": "op_x", "metadata": {}, "result_summary": summary})
    spread = summary["distribution"]["max_drawdown"]
    assert all(f"{spread[one] * 100:.2f}%" in html for one in ("lowest", "median", "mean", "highest", "deviation"))
    assert summary["mark"]["pack_sha256"] in html
    parts = {part["name"]: part for part in json.loads(library.fetch(f"{folder}/sheet.json").read_bytes())["parts"]}
    assert list(parts) == ["equity", "spread", "chosen", "each", "notes"]
    rows = parts["each"]["tables"][0]["rows"]
    paths = pl.read_parquet(io.BytesIO(bytes_of(bench, summary, "paths")))
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert [row[2] for row in rows] == [written("total_return", value) for value in paths["total_return"]]
    assert sum(int(row[1]) for row in parts["chosen"]["tables"][0]["rows"]) == summary["splits"]


def test_many_paths_are_drawn_as_the_ground_between_them():
    stamps = np.arange(500, dtype=np.int64) * 86_400 * 10**9
    equity = 100_000.0 * (1.0 + np.outer(np.linspace(0.0, 1.0, 500), np.linspace(-0.2, 0.4, 60)))

    few, many = (equity_drawing(stamps, equity[:, :count], "USD") for count in (20, 60))

    patches = [[one for one in drawn.shapes if isinstance(one, Patch)] for drawn in (few, many)]
    assert [len(found) for found in patches] == [0, 2]
    assert "Equity of 60 paths, USD" in [one.said for one in many.shapes if isinstance(one, Words)]


def test_every_combination_and_the_choosing_is_a_counted_try(bench, whole):
    with bench.context.database.read() as connection:
        tries = connection.execute(text("SELECT run, kind, sharpe_per_bar FROM trials")).all()

    assert [row.run for row in tries] == [*(f"combination_{number}" for number in range(4)), "paths"]
    assert {row.kind for row in tries} == {"crossvalidation"}
    assert tries[-1].sharpe_per_bar == pytest.approx(whole[0]["distribution"]["sharpe_per_bar"]["mean"])


def test_gone_on_with_after_any_fold_and_with_any_workers_it_leaves_the_same_bytes(bench, whole):
    told, kept = whole

    assert [checkpoint.round for checkpoint in kept] == [1, 2, 3, 4, 5]
    for checkpoint, workers in ((kept[1], 4), (kept[4], 1)):
        summary, _ = validated(bench, checkpoint, workers)
        assert (summary["folds_restored"], summary["folds_computed"]) == (checkpoint.round, 5 - checkpoint.round)
        for name in TABLES:
            assert bytes_of(bench, summary, name) == bytes_of(bench, told, name)


@pytest.mark.parametrize(
    "given, code",
    [
        ({"purge": 100_000}, "not_enough_bars"),
        ({"folds": 2}, "bad_value"),
        ({"folds": 40, "test_folds": 10}, "bad_value"),
        ({"metric": "net_profit"}, "unknown_name"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_before_an_operation_exists(bench, given, code):
    with pytest.raises(Refused) as refused:
        Research(bench.context).crossvalidate(strategy="sma_cross", symbol="NASDAQ", grid=GRID, **given)

    assert refused.value.code == code
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0
