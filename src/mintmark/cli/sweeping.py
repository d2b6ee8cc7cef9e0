"""``mintmark sweep``: every combination of a grid, each a counted try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from mintmark.cli.options import (
    AsJson,
    Capital,
    End,
    Follow,
    Grid,
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

_FIGURES = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades")
_SHOWN = 5


def add_to(root: typer.Typer) -> None:
    """Put the command of this file at the top of the tree."""
    example = "Example: mintmark sweep sma_cross --symbol NASDAQ --grid fast=5:30,slow=40:80 --follow"
    root.command("sweep", epilog=example)(sweep)


def sweep(
    names: SimulationNames,
    grid: Grid,
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
    """Run every combination of a grid: decisions and risk of a trained strategy, or the averages of sma_cross."""
    from mintmark.app import SweepRequest, answers
    from mintmark.cli.simulating import shared, simulate_each

    asked = shared(symbol, timeframe, pack, model, start, end, capital, seed)
    asked |= {"grid": grid, "workers": workers}
    simulate_each(names, SweepRequest, answers.sweep, asked, follow, as_json, out)


def show_sweep(operation: Mapping[str, Any], home: Path) -> None:
    """Show the best combinations, what they are worth among so many, and where the table lies."""
    from mintmark.cli.output import line, pairs, table
    from mintmark.domain import duration_text, label_of, written

    found: Mapping[str, Any] = operation["result_summary"]
    symbols = ", ".join(found["symbols"])
    line(f"{found['strategy_name']} on {symbols} {found['timeframe']}  {operation['status'].upper()}", "bold")
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
            ("bars", f"{found['bars']:,} from {found['start'][:10]} to {found['end'][:10]}"),
            ("pack", found["mark"]["pack_id"]),
            ("table", str(home / found["table_path"])),
            ("operation", operation["operation_id"]),
            ("took", duration_text(operation["duration_seconds"])),
        ]
    )
