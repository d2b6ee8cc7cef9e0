"""``mintmark strategy``: what has been designed, and whether a file is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mintmark.cli.options import AsJson, Pack, StrategyName
from mintmark.domain import outcome_of

group = typer.Typer(name="strategy", help="Strategies: list, show, validate, look ahead.", no_args_is_help=True)


@group.command("list", epilog="Example: mintmark strategy list")
def list_strategies(as_json: AsJson = False) -> None:
    """List the strategies with their verdicts."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_strategies

    with opened() as app:
        give(answers.strategies(app), as_json, show_strategies)


@group.command("show", epilog="Example: mintmark strategy show starting_1")
def show(name: StrategyName, as_json: AsJson = False) -> None:
    """Show one strategy: its file, its evidence and its mark."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_strategy

    with opened() as app:
        give(answers.strategy(app, name), as_json, show_strategy)


@group.command("validate", epilog="Example: mintmark strategy validate my_strategy.yaml --pack PP_2018-12-31_SAMPLE_v1")
def validate(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH", help="Name of a strategy, or a file.")],
    pack: Pack = None,
    as_json: AsJson = False,
) -> None:
    """Check a strategy and tell every error with its place."""
    from mintmark.app import ValidateRequest, answers, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_validation

    text = _text(name)
    with opened() as app:
        if text is None:
            answer = answers.validate_saved(app, name, pack)
        else:
            answer = answers.validate_text(app, read_request(ValidateRequest, {"yaml": text, "pack_id": pack}))
        give(answer, as_json, show_validation)
    if not answer["valid"]:
        raise typer.Exit(outcome_of("strategy_invalid").exit)


def _text(name: str) -> str | None:
    """Return what the file ``name`` says, or None when it reads like the name of a strategy."""
    from mintmark.app import STRATEGY_NAME
    from mintmark.domain import Refused

    path = Path(name)
    if not path.is_file():
        import re

        if re.fullmatch(STRATEGY_NAME, name):
            return None
        raise Refused(f"there is no file {name}", code="not_found", path=name)
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(1 << 20)
    except UnicodeDecodeError as error:
        raise Refused(f"{name} is no UTF-8 text: {error}", code="strategy_unreadable", path=name) from error


@group.command("lookahead", epilog="Example: mintmark strategy lookahead starting_1")
def lookahead(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of a strategy.")] = None,
    signals: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Instead: your own function, from a frame of bars to a number for each.",
        ),
    ] = None,
    symbol: Annotated[str | None, typer.Option(metavar="S", help="With --signals: the bars it is called with.")] = None,
    timeframe: Annotated[
        str | None, typer.Option(metavar="TF", help="With --signals: their timeframe. Default: the finest.")
    ] = None,
    pack: Pack = None,
    as_json: AsJson = False,
) -> None:
    """Check that nothing decided for a bar, by a strategy or a function, changes when later bars are others."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_lookahead
    from mintmark.cli.signals import read_signals

    if (name is None) is (signals is None) or (signals is None) is not (symbol is None):
        raise typer.BadParameter("name a strategy, or a function with --signals and its bars with --symbol")
    with opened() as app:
        if signals is None:
            answer = answers.lookahead(app, name or "", pack)
        else:
            found = read_signals(signals, Path.cwd())
            answer = answers.lookahead_of_signals(app, signals, found, symbol or "", timeframe, pack)
        give(answer, as_json, show_lookahead)
    if not answer["clean"]:
        raise typer.Exit(outcome_of("strategy_invalid").exit)
