"""``mintmark crossvalidate``: choose on most of the past and test on the rest, every way there is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import (
    AsJson,
    Capital,
    End,
    Follow,
    Grid,
    Metric,
    Model,
    Out,
    Pack,
    Seed,
    SimulationNames,
    Start,
    Symbol,
    Timeframe,
    Workers,
)

_FIGURES = ("sharpe_ratio", "total_return", "max_drawdown", "calmar_ratio", "cvar_95")
_HEADS = ("", "lowest", "median", "highest", "mean", "deviation")
_SHOWN = 5


def add_to(root: typer.Typer) -> None:
    """Put the command of this file at the top of the tree."""
    example = "Example: mintmark crossvalidate sma_cross --symbol NASDAQ --grid fast=5:30:5,slow=40:80:10 --follow"
    root.command("crossvalidate", epilog=example)(crossvalidate)


def crossvalidate(
    names: SimulationNames,
    grid: Grid,
    folds: Annotated[int, typer.Option(metavar="N", help="Folds the bars are cut into.")] = 10,
    test_folds: Annotated[int, typer.Option(metavar="N", help="Folds that are tested together.")] = 2,
    purge: Annotated[int, typer.Option(metavar="N", help="Bars left out on both sides of a tested fold.")] = 0,
    embargo: Annotated[
        int | None, typer.Option(metavar="N", help="Bars left out after a tested fold too. Default: 0.01 of all.")
    ] = None,
    metric: Metric = "sharpe_ratio",
    symbol: Symbol = None,
    timeframe: Timeframe = None,
    pack: Pack = None,
    model: Model = None,
    start: Start = None,
    end: End = None,
    capital: Capital = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Choose from a grid on all folds but a few and test on those, for every few: paths where a walk gives one."""
    from mintmark.app import CrossValidationRequest, answers
    from mintmark.cli.simulating import shared, simulate_each

    asked = shared(symbol, timeframe, pack, model, start, end, capital, seed)
    asked |= {"grid": grid, "folds": folds, "test_folds": test_folds, "purge": purge, "embargo": embargo}
    asked |= {"metric": metric, "workers": workers}
    simulate_each(names, CrossValidationRequest, answers.crossvalidate, asked, follow, as_json, out)


def show_paths(operation: Mapping[str, Any], home: Path) -> None:
    """Show how each figure lies over the paths, what was chosen how often, and where the tables lie."""
    from mintmark.cli.output import line, pairs, table
    from mintmark.domain import duration_text, label_of, titled, written

    found: Mapping[str, Any] = operation["result_summary"]
    symbols = ", ".join(found["symbols"])
    line(f"{found['strategy_name']} on {symbols} {found['timeframe']}  {operation['status'].upper()}", "bold")
    spreads = {name: found["distribution"][name] for name in _FIGURES if name in found["distribution"]}
    rows = [[label_of(name), *(written(name, one[part]) for part in _HEADS[1:])] for name, one in spreads.items()]
    table(_HEADS, rows, right=_HEADS[1:])
    often = [(titled("", one["parameters"] or {}).strip() or "nothing", one["splits"]) for one in found["chosen"]]
    kept_off = f"purge {found['purge']}, embargo {found['embargo']} bars"
    cut = f"{found['folds']} folds, {found['test_folds']} tested, {kept_off}"
    pairs(
        [
            ("paths", f"{found['path_count']} of {found['splits']} splits, {found['profitable_paths']:.0%} profitable"),
            ("cut", cut),
            ("chosen", ", ".join(f"{values} {splits} times" for values, splits in often[:_SHOWN])),
            ("combinations", f"{found['combinations']:,}, {found['failed']:,} failed"),
            ("bars", f"{found['bars']:,} from {found['start'][:10]} to {found['end'][:10]}"),
            ("pack", found["mark"]["pack_id"]),
            ("paths in", str(home / found["paths_path"])),
            ("operation", operation["operation_id"]),
            ("took", duration_text(operation["duration_seconds"])),
        ]
    )
