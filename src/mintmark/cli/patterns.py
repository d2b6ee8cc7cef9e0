"""``mintmark pattern``: the questions that can be asked of a portfolio, and their answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(name="pattern", help="Patterns: list, show, validate, run.", no_args_is_help=True)

PatternArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a pattern.")]


@group.command("list", epilog="Example: mintmark pattern list")
def list_patterns(as_json: AsJson = False) -> None:
    """List the patterns, by id."""
    from mintmark.app import portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown_patterns import show_patterns

    with opened() as app:
        give(portfolio_answers.patterns(app), as_json, show_patterns)


@group.command("show", epilog="Example: mintmark pattern show portfolio_overview")
def show(pattern_id: PatternArgument, as_json: AsJson = False) -> None:
    """Show the inputs, steps and outputs of a pattern."""
    from mintmark.app import portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown_patterns import show_pattern

    with opened() as app:
        give(portfolio_answers.pattern(app, pattern_id), as_json, show_pattern)


@group.command("validate", epilog="Example: mintmark pattern validate my_patterns")
def validate(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder of pattern files. Default: those of the house.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check pattern files and tell everything that is wrong with them at once."""
    from mintmark.app import portfolio_answers
    from mintmark.cli.output import give
    from mintmark.cli.shown_patterns import show_valid

    give(portfolio_answers.validate(folder), as_json, show_valid)


@group.command("capabilities", epilog="Example: mintmark pattern capabilities")
def capabilities(as_json: AsJson = False) -> None:
    """List what agents can compute, by name."""
    from mintmark.app import portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown_patterns import show_capabilities

    with opened() as app:
        give(portfolio_answers.capabilities(app), as_json, show_capabilities)


@group.command("run", epilog="Example: mintmark pattern run portfolio_overview --portfolio GROWTH")
def run(
    pattern_id: PatternArgument,
    portfolio: Annotated[str | None, typer.Option(metavar="CODE", help="Portfolio that is asked about.")] = None,
    security: Annotated[str | None, typer.Option(metavar="SYMBOL", help="Instrument that is asked about.")] = None,
    input: Annotated[list[str] | None, typer.Option(metavar="K=V", help="An input; repeatable.")] = None,
    asof: Annotated[str | None, typer.Option(metavar="D", help="Day of the pack. Default: the newest.")] = None,
    pack: Annotated[str | None, typer.Option(metavar="ID", help="Pack to answer from, whatever came later.")] = None,
    ledger: Annotated[str | None, typer.Option(metavar="HASH", help="Head of the ledger to answer at.")] = None,
    allow_warming: Annotated[
        bool, typer.Option("--allow-warming", help="Answer from a pack that is not fresh, and say so.")
    ] = False,
    format: Annotated[
        str | None, typer.Option(metavar="F", help="Make the answer a file: json, csv, xlsx or pdf.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="With --format: where to write the file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a pattern; the same checks and the same answer as over HTTP."""
    from mintmark.app import local_owner, portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown_patterns import show_answer

    if (format is None) != (out is None):
        raise typer.BadParameter("--format and --out go together")
    with opened() as app:
        answer = portfolio_answers.run(
            app,
            local_owner(),
            pattern_id,
            portfolio=portfolio,
            inputs=input or [],
            security=security,
            out=out,
            asof_date=asof,
            pack_id=pack,
            ledger_commit_hash=ledger,
            require_fresh=not allow_warming,
            format=format,
        )
        give(answer, as_json, show_answer)
