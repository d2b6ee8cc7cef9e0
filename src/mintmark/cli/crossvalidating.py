"""``mintmark crossvalidate``: choose on most of the past and test on the rest, every way there is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import Grid, Metric, SimulationNames, Workers
from mintmark.cli.simulating import Shared, bars_of, counted_combinations, origin_of, show_head, with_shared

_FIGURES = ("sharpe_ratio", "total_return", "max_drawdown", "calmar_ratio", "cvar_95")
_HEADS = ("", "lowest", "median", "highest", "mean", "deviation")
_SHOWN = 5


def add_to(root: typer.Typer) -> None:
    """Put the command of this file at the top of the tree."""
    example = "Example: mintmark crossvalidate sma_cross --symbol NASDAQ --grid fast=5:30:5,slow=40:80:10 --follow"
    root.command("crossvalidate", epilog=example)(crossvalidate)


@with_shared
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
    workers: Workers = None,
    *,
    shared: Shared,
) -> None:
    """Choose from a grid on all folds but a few and test on those, for every few: paths where a walk gives one."""
    from mintmark.app import CrossValidationRequest, answers

    plan = {"folds": folds, "test_folds": test_folds, "purge": purge, "embargo": embargo, "metric": metric}
    shared.simulate(names, CrossValidationRequest, answers.crossvalidate, grid=grid, workers=workers, **plan)


def show_paths(operation: Mapping[str, Any], home: Path) -> None:
    """Show how each figure lies over the paths, what was chosen how often, and where the tables lie."""
    from mintmark.cli.output import pairs, table
    from mintmark.domain import label_of, titled, written

    found: Mapping[str, Any] = operation["result_summary"]
    show_head(operation)
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
            counted_combinations(found),
            bars_of(found),
            *origin_of(operation, "paths in", home / found["paths_path"]),
            ("sheet", str(home / found["sheet_path"])),
        ]
    )
