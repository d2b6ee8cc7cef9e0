"""Options that several commands share, under one name each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")
]
Follow: TypeAlias = Annotated[bool, typer.Option("--follow", help="Stay and watch until it ends. Ctrl+C cancels it.")]
Pack: TypeAlias = Annotated[
    str | None,
    typer.Option("--pack", metavar="ID", help="Pack to use. Default: the newest live one that holds the symbols."),
]
Seed: TypeAlias = Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed of all randomness.")]
Symbol: TypeAlias = Annotated[
    str | None, typer.Option("--symbol", metavar="S", help="Symbol instead of the strategy's own.")
]
Timeframe: TypeAlias = Annotated[
    str | None, typer.Option("--timeframe", metavar="TF", help="Timeframe instead of the strategy's own.")
]
Model: TypeAlias = Annotated[
    str | None,
    typer.Option("--model", metavar="PATH", help="Model folder, relative to the home folder. Default: the newest."),
]
Start: TypeAlias = Annotated[
    str | None, typer.Option("--start", metavar="D", help="First day. Default: start of the holdout.")
]
End: TypeAlias = Annotated[
    str | None, typer.Option("--end", metavar="D", help="Last day. Default: end of the holdout.")
]
Capital: TypeAlias = Annotated[
    str | None, typer.Option("--capital", metavar="AMOUNT", help="Capital in USD. Default: 100000.")
]
PriceBasis: TypeAlias = Annotated[
    str | None,
    typer.Option("--price-basis", metavar="B", help="What bars are prices of: mid, bid or last. Default: as declared."),
]
Participation: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--max-bar-participation",
        metavar="SHARE",
        help="Share of a bar's volume that may be traded, such as 0.1; the rest carries on. Default: no limit.",
    ),
]
Workers: TypeAlias = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Threads; they change no figure. Default: one a core.")
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="With --follow: save result and tables in a new folder below this."),
]
Grid: TypeAlias = Annotated[
    str,
    typer.Option(metavar="GRID", help="Such as fast=5:30,slow=40:80. a:b[:step] leaves b out, a|b is a list."),
]
Metric: TypeAlias = Annotated[str, typer.Option(metavar="NAME", help="What the best is chosen by.")]
Values: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--set", metavar="VALUES", help="Such as fast=10,slow=20 (sma_cross) or risk.stop_loss=0.02; keys as in a grid."
    ),
]
SimulationNames: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="NAME...", help="Trained strategies or the rule sma_cross, one after the other."),
]
OperationId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="Id of an operation.")]
StrategyName: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="Name of a strategy.")]
SymbolArgument: TypeAlias = Annotated[str, typer.Argument(metavar="SYMBOL", help="Symbol of a series, such as SP500.")]
