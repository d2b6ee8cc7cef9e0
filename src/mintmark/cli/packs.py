"""``mintmark pack``: sealed cuts of the market data."""

from __future__ import annotations

from typing import Annotated

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(name="pack", help="Packs: seal, list, show, verify.", no_args_is_help=True)

PackArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a pack.")]


@group.command("seal", epilog="Example: mintmark pack seal --as-of 2025-12-31 --policy DAILY")
def seal(
    as_of: Annotated[str, typer.Option(metavar="D", help="Only what was known at the end of this day, UTC.")],
    policy: Annotated[str, typer.Option(metavar="P", help="Name of the policy, capital letters and digits.")],
    as_json: AsJson = False,
) -> None:
    """Seal the imported series into a pack that can never change."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_sealed

    with opened() as app:
        give(answers.seal(app, as_of, policy), as_json, show_sealed)


@group.command("list", epilog="Example: mintmark pack list")
def list_packs(as_json: AsJson = False) -> None:
    """List the packs, newest first."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_packs

    with opened() as app:
        give(answers.packs(app), as_json, show_packs)


@group.command("show", epilog="Example: mintmark pack show PP_2018-12-31_SAMPLE_v1")
def show(pack_id: PackArgument, as_json: AsJson = False) -> None:
    """Show the manifest of a pack."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pack

    with opened() as app:
        give(answers.pack(app, pack_id), as_json, show_pack)


@group.command("verify", epilog="Example: mintmark pack verify PP_2018-12-31_SAMPLE_v1")
def verify(pack_id: PackArgument, as_json: AsJson = False) -> None:
    """Compute every hash of a pack again."""
    from mintmark.app import answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(answers.verify_pack(app, pack_id), as_json, show_pairs)
