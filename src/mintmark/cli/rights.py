"""``mintmark rights``: what may be done with the figures of each source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import AsJson
from mintmark.domain import outcome_of

group = typer.Typer(name="rights", help="Rights: check sources, keep licence records.", no_args_is_help=True)
licence = typer.Typer(name="licence", help="Licence records: add, list.", no_args_is_help=True)
group.add_typer(licence)

Profile = Annotated[str, typer.Option(metavar="NAME", help="Set of licence records that counts.")]


@group.command("check", epilog="Example: mintmark rights check --source fred --right export_pdf")
def check(
    source: Annotated[list[str] | None, typer.Option(metavar="S", help="A source; repeatable.")] = None,
    right: Annotated[
        list[str] | None,
        typer.Option(
            metavar="R", help="display, export_pdf, export_csv, export_json or redistribute; repeatable. Default: all."
        ),
    ] = None,
    pack: Annotated[str | None, typer.Option(metavar="ID", help="Instead: all providers of this pack.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="EXPORT", help="Instead: the sources an export names.")] = None,
    profile: Profile = "default",
    as_json: AsJson = False,
) -> None:
    """Say whether sources hold rights today, and what they ask to be shown with them."""
    from mintmark.app import rights_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    if [bool(source), pack is not None, file is not None].count(True) != 1:
        raise typer.BadParameter("name sources with --source, a pack with --pack, or an export with --file")
    with opened() as app:
        if pack is not None:
            answer = answers.check_pack(app, pack, right or [], profile)
        elif file is not None:
            answer = answers.check_file(app, file, right or [], profile)
        else:
            answer = answers.check(app, source or [], right or [], profile)
        give(answer, as_json, _show_check)
    if not answer["data"]["allowed"]:
        raise typer.Exit(outcome_of("export_not_permitted").exit)


@group.command("violations", epilog="Example: mintmark rights violations")
def violations(as_json: AsJson = False) -> None:
    """List the newest exports that were refused."""
    from mintmark.app import rights_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.violations(app), as_json, _show_violations)


@licence.command(
    "add",
    epilog="Example: mintmark rights licence add --source fmp --right export_pdf --right export_csv "
    "--reference 'contract 2026-17' --from 2026-01-01 --to 2026-12-31",
)
def add(
    source: Annotated[str, typer.Option(metavar="S", help="The source whose rights it widens.")],
    right: Annotated[list[str], typer.Option(metavar="R", help="A right it gives; repeatable.")],
    reference: Annotated[str, typer.Option(metavar="TEXT", help="The contract it stands on.")],
    valid_from: Annotated[str, typer.Option("--from", metavar="D", help="First day it is valid.")],
    valid_to: Annotated[str, typer.Option("--to", metavar="D", help="Last day it is valid.")],
    profile: Profile = "default",
    as_json: AsJson = False,
) -> None:
    """Keep a licence record, the only way to widen what a source allows."""
    from mintmark.app import rights_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    given: dict[str, Any] = {"source": source, "rights": right, "reference": reference, "profile": profile}
    with opened() as app:
        answer = answers.add_licence(app, {**given, "valid_from": valid_from, "valid_to": valid_to})
        give(answer, as_json, show_pairs)


@licence.command("list", epilog="Example: mintmark rights licence list")
def list_licences(as_json: AsJson = False) -> None:
    """List the licence records and whether they are valid today."""
    from mintmark.app import rights_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.licences(app), as_json, _show_licences)


def _show_check(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, table

    decisions = body["data"]["decisions"]
    table(
        ["right", "allowed", "why not"],
        [(one["right"], "✓ yes" if one["allowed"] else "✗ no", one["reason"] or "") for one in decisions],
    )
    line("")
    for name in ("sources", "attributions", "watermarks"):
        for text in decisions[0][name]:
            line(f"{name.removesuffix('s')}  {text}")


def _show_licences(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import table

    names = ["id", "profile", "source", "valid_from", "valid_to"]
    rows = [
        [*(one[name] for name in names), "yes" if one["valid"] else "no", ", ".join(one["rights"]), one["reference"]]
        for one in body["data"]
    ]
    table([*(name.replace("_", " ") for name in names), "valid", "rights", "reference"], rows)


def _show_violations(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import table

    names = ["at", "user_id", "pattern", "format", "right"]
    rows = [[*(one[name] for name in names), ", ".join(one["sources"])] for one in body["data"]]
    table([*(name.replace("_", " ") for name in names), "sources"], rows)
