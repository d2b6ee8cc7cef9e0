"""``mintmark walkforward``: choose on one window, trade the next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import Grid, Metric, SimulationNames, Workers
from mintmark.cli.simulating import Shared, counted_combinations, origin_of, show_head, with_shared

_FIGURES = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades", "win_rate")
_KEPT = ("profitable_windows", "rank_correlation", "degradation")
_SHOWN = 8


def add_to(root: typer.Typer) -> None:
    """Put the command of this file at the top of the tree."""
    example = "Example: mintmark walkforward sma_cross --symbol NASDAQ --grid fast=5:30:5,slow=40:80:10 --follow"
    root.command("walkforward", epilog=example)(walkforward)


@with_shared
def walkforward(
    names: SimulationNames,
    grid: Grid,
    mode: Annotated[
        str, typer.Option(metavar="MODE", help="rolling, or anchored: all windows begin at the first bar.")
    ] = "rolling",
    is_bars: Annotated[int, typer.Option("--is", metavar="N", help="Bars that are chosen on.")] = 500,
    oos_bars: Annotated[int, typer.Option("--oos", metavar="N", help="Bars that are traded, and the step.")] = 100,
    purge: Annotated[int, typer.Option(metavar="N", help="Bars left out between the two.")] = 0,
    metric: Metric = "sharpe_ratio",
    workers: Workers = None,
    *,
    shared: Shared,
) -> None:
    """Choose the best combination of a grid on each window, and trade the bars after it."""
    from mintmark.app import WalkForwardRequest, answers

    plan = {"mode": mode, "is_bars": is_bars, "oos_bars": oos_bars, "purge": purge, "metric": metric}
    shared.simulate(names, WalkForwardRequest, answers.walkforward, grid=grid, workers=workers, **plan)


def show_walk(operation: Mapping[str, Any], home: Path) -> None:
    """Show what was traded out of sample, the last windows, and how much of the promise was kept."""
    from mintmark.cli.output import pairs, table
    from mintmark.domain import label_of, written

    found: Mapping[str, Any] = operation["result_summary"]
    show_head(operation)
    labels = [label_of(name) for name in _FIGURES]
    table(labels, [[written(name, found[name]) for name in _FIGURES]], right=labels)
    heads = ["Traded from", "With", "Sharpe inside", "Sharpe outside", "Return outside"]
    table(heads, [_row(one) for one in found["windows"][-_SHOWN:]], right=heads[2:])
    walked = (
        f"{found['window_count']:,} {found['mode']}, {found['is_bars']:,} bars chosen on, {found['oos_bars']:,} traded"
    )
    pairs(
        [
            ("windows", walked),
            *((label_of(name).lower(), written(name, found[name])) for name in (*_KEPT, "dsr", "dsr_trials")),
            *((f"no {name}", why) for name, why in found["undefined"].items() if name in (*_KEPT, "dsr")),
            counted_combinations(found),
            *origin_of(operation, "windows in", home / found["windows_path"]),
        ]
    )


def _row(one: Mapping[str, Any]) -> list[str]:
    from mintmark.domain import written

    chosen = one["parameters"]
    values = "nothing" if chosen is None else ", ".join(f"{name}={value}" for name, value in chosen.items())
    sharpes = [written("sharpe_ratio", one[part].get("sharpe_ratio")) for part in ("inside", "outside")]
    return [one["outside_start"][:10], values, *sharpes, written("total_return", one["outside"]["total_return"])]
