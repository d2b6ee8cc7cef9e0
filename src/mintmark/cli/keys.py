"""``mintmark key``: who may ask over HTTP, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(name="key", help="Keys of the HTTP API: create, list, revoke; actions.", no_args_is_help=True)


@group.command("create", epilog="Example: mintmark key create --name laptop --role viewer")
def create(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the key is for.")],
    role: Annotated[str, typer.Option(metavar="R", help="viewer, trader or admin.")] = "viewer",
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose portfolios it sees. Default: those of the local owner.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, the only time it is shown."""
    from mintmark.app import access_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(answers.create_key(app, name, role, user), as_json, show_pairs)


@group.command("list", epilog="Example: mintmark key list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys; their secrets are kept nowhere."""
    from mintmark.app import access_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.keys(app), as_json, _show_keys)


@group.command("revoke", epilog="Example: mintmark key revoke 5d0c1f77a1b2")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The part between mmk_ and the next underscore.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a key and all tokens made from it, at once."""
    from mintmark.app import access_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(answers.revoke_key(app, key_id), as_json, show_pairs)


@group.command("actions", epilog="Example: mintmark key actions --limit 20")
def actions(
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who did what, when, from where, and how it ended."""
    from mintmark.app import access_answers as answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(answers.actions(app, limit), as_json, _show_actions)


def _show_keys(body: Mapping[str, Any]) -> None:
    _show(["key_id", "name", "role", "user_id", "created_at", "revoked_at"], body["data"])


def _show_actions(body: Mapping[str, Any]) -> None:
    _show(["at", "user_id", "key_id", "action", "subject", "address", "outcome"], body["data"])


def _show(names: list[str], rows: list[Mapping[str, Any]]) -> None:
    from mintmark.cli.output import table

    table([name.replace("_", " ") for name in names], [[row[name] or "" for name in names] for row in rows])
