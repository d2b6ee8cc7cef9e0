"""A backtest outside a cycle keeps its tear sheet as files of its result."""

from __future__ import annotations

import re

import polars as pl
import pytest
from research_bench import SWING

from mintmark.domain import Refused
from mintmark.measures import period_returns
from mintmark.research.operations.backtesting import FIELDS, Backtesting
from mintmark.research.operations.library import Library, StrategyFile
from mintmark.research.operations.showing import report_text
from mintmark.research.operations.simulation_order import strategy_parameters
from mintmark.research.operations.training import Training


@pytest.fixture
def model_path(bench):
    run, result, _ = bench.trained()
    room = Training(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)["model_path"]


@pytest.fixture
def library(bench):
    return Library(bench.context.home, bench.context.database, bench.context.blobs)


def alone(bench, model_path):
    """Return the result of a backtest outside a cycle."""
    file = StrategyFile("swing_2", "strategies/swing_2.yaml", SWING)
    _, asked = strategy_parameters(file, {"model_path": model_path}, 7, {})
    run = bench.run("backtesting", "op_backtesting_alone", None, **asked)
    room = Backtesting(bench.context)
    from mintmark.research.operations import backtest_process

    result, _ = bench._computed(backtest_process, run, room.prepare(run), None, None)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored)


def test_a_backtest_outside_a_cycle_keeps_its_sheet_and_pictures(bench, model_path, library):
    summary = alone(bench, model_path)

    assert tuple(summary) == FIELDS
    folder = summary["sheet_path"].rsplit("/", 1)[0]
    kept = {path.removeprefix(f"{folder}/") for path in library.list_files(folder)}
    pictures = {f"sheet_{name}.png" for name in ("equity", "months", "trades_1", "returns", "costs")}
    assert kept == {"equity.parquet", "trades.parquet", "sheet.html", "sheet.json"} | pictures
    html = report_text(library, {"operation_id": "op_x", "metadata": {}, "result_summary": summary})
    assert html == (bench.context.home / summary["sheet_path"]).read_text()
    assert summary["mark"]["pack_sha256"] in html
    assert "Out of sample." in html


def test_the_figures_of_the_sheet_are_those_of_the_result_and_its_tables(bench, model_path, library):
    summary = alone(bench, model_path)

    html = report_text(library, {"operation_id": "op_x", "metadata": {}, "result_summary": summary})
    assert f"<b>{summary['max_drawdown'] * 100:.2f}%</b>" in html
    assert f"<b>{summary['total_trades']:,}</b>" in html
    table = pl.read_parquet(bench.context.home / summary["equity_path"])
    stamps, equity = table["stamp"].to_numpy(), table["equity"].to_numpy()
    _, years = period_returns(stamps, equity, float(summary["initial_capital"]["amount"]), "year")
    shown = re.findall(r">([+−]\d+\.\d)</text>", html)
    assert f"{years[-1] * 100:+.1f}".replace("-", "−") in shown


def test_a_backtest_in_a_cycle_leaves_the_pictures_to_the_report(bench, model_path, library):
    run, result, _ = bench.tested(model_path)
    room = Backtesting(bench.context)

    stored = room.store_files(run, result)

    assert stored["sheet_path"] is None
    assert len(stored["kept"]) == 2
    with pytest.raises(Refused) as refused:
        report_text(library, {"operation_id": "op_x", "metadata": {}, "result_summary": stored})
    assert refused.value.code == "not_found"
