"""``mintmark dlq``: requests that failed after their last try."""

from __future__ import annotations

from typing import Annotated

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(name="dlq", help="Dead letters: list, replay.", no_args_is_help=True)


@group.command("list", epilog="Example: mintmark dlq list")
def list_letters(
    queue: Annotated[str | None, typer.Option(metavar="Q", help="Only of this queue.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those done too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the requests that wait to be tried again or were given up."""
    from mintmark.app import harvest_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_letters

    with opened() as app:
        give(harvest_answers.letters(app, queue, all_of_them=every), as_json, show_letters)


@group.command("replay", epilog="Example: mintmark dlq replay 3f2a91c0")
def replay(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="Key of a letter, or its first letters. Default: all due.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask again; a replay that fails says so, and one that is done is not done twice."""
    from mintmark.app import harvest_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_letters

    with opened() as app:
        give(harvest_answers.replay(app, key), as_json, show_letters)
