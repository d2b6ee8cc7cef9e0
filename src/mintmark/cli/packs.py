"""``mintmark pack``: sealed cuts of the market data."""

from __future__ import annotations

from typing import Annotated

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(name="pack", help="Packs: seal, build, restate, confirm, health, show.", no_args_is_help=True)

PackArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a pack.")]
DayOption = Annotated[str, typer.Option("--date", metavar="D", help="Day of the pack.")]
ValuedOption = Annotated[str, typer.Option("--policy", metavar="P", help="EOD or UTC.")]


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


@group.command("build", epilog="Example: mintmark pack build --date 2025-10-21")
def build(day: DayOption, policy: ValuedOption = "EOD", as_json: AsJson = False) -> None:
    """Seal the pack of a day that portfolios are valued by, and say what it lacks."""
    from mintmark.app import pack_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(pack_answers.build(app, day, policy), as_json, show_pairs)


@group.command(
    "restate",
    epilog='Example: mintmark pack restate --date 2016-03-31 --reason price_correction --text "close corrected"',
)
def restate(
    day: DayOption,
    reason: Annotated[
        str,
        typer.Option(metavar="R", help="price_correction, fx_correction, late_corporate_action or macro_revision."),
    ],
    text: Annotated[str, typer.Option(metavar="T", help="What happened, in words.")],
    policy: ValuedOption = "EOD",
    as_json: AsJson = False,
) -> None:
    """Seal a day again with what is known of it now; the version before is superseded."""
    from mintmark.app import pack_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(pack_answers.restate(app, day, policy, reason, text), as_json, show_pairs)


@group.command("confirm", epilog='Example: mintmark pack confirm PP_2025-10-21_EOD_v1 SPY --reason "merger announced"')
def confirm(
    pack_id: PackArgument,
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="What the pack is held for.")],
    reason: Annotated[str, typer.Option(metavar="T", help="Why it is right, in words.")],
    as_json: AsJson = False,
) -> None:
    """Take a hold away: somebody has looked."""
    from mintmark.app import pack_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(pack_answers.confirm(app, pack_id, symbol, reason), as_json, show_pairs)


@group.command("health", epilog="Example: mintmark pack health")
def health(
    pack_id: Annotated[str | None, typer.Argument(metavar="ID", help="Id of a pack. Default: the newest.")] = None,
    policy: Annotated[str | None, typer.Option(metavar="P", help="EOD or UTC. Default: any.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how far a pack is on its way: warming, fresh, in error or superseded."""
    from mintmark.app import pack_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(pack_answers.health(app, policy, pack_id), as_json, show_pairs)
