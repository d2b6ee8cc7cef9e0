"""Options that several commands share, under one name each."""

from __future__ import annotations

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
OperationId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="Id of an operation.")]
StrategyName: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="Name of a strategy.")]
SymbolArgument: TypeAlias = Annotated[str, typer.Argument(metavar="SYMBOL", help="Symbol of a series, such as SP500.")]
