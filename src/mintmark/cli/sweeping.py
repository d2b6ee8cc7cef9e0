"""``mintmark sweep``: every combination of a grid, each a counted try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from mintmark.cli.options import Grid, SimulationNames, Workers
from mintmark.cli.simulating import Shared, bars_of, origin_of, show_head, with_shared

_FIGURES = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades")
_SHOWN = 5


def add_to(root: typer.Typer) -> None:
    """Put the command of this file at the top of the tree."""
    example = "Example: mintmark sweep sma_cross --symbol NASDAQ --grid fast=5:30,slow=40:80 --follow"
    root.command("sweep", epilog=example)(sweep)


@with_shared
def sweep(
    names: SimulationNames,
    grid: Grid,
    workers: Workers = None,
    *,
    shared: Shared,
) -> None:
    """Run every combination of a grid: decisions and risk of a trained strategy, or the averages of sma_cross."""
    from mintmark.app import SweepRequest, answers

    shared.simulate(names, SweepRequest, answers.sweep, grid=grid, workers=workers)


def show_sweep(operation: Mapping[str, Any], home: Path) -> None:
    """Show the best combinations, what they are worth among so many, and where the table lies."""
    from mintmark.cli.output import line, pairs, table
    from mintmark.domain import label_of, written

    found: Mapping[str, Any] = operation["result_summary"]
    show_head(operation)
    line("")
    best = found["best"][:_SHOWN]
    if best:
        keys = [name for name in best[0] if name in found["grid"]]
        rows = [[*(row[key] for key in keys), *(written(name, row[name]) for name in _FIGURES)] for row in best]
        labels = [label_of(name) for name in _FIGURES]
        table([*keys, *labels], rows, right=[*keys, *labels])
        line("")
    counts = f"{found['combinations']:,}, {found['profitable']:,} profitable, {found['failed']:,} failed"
    pairs(
        [
            ("combinations", counts),
            *((label_of(name).lower(), written(name, found[name])) for name in ("dsr", "dsr_trials", "pbo")),
            *((f"no {name}", why) for name, why in found["undefined"].items() if name in ("dsr", "pbo")),
            bars_of(found),
            *origin_of(operation, "table", home / found["table_path"]),
        ]
    )
