"""``mintmark portfolio``: what is kept, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mintmark.cli import alerts, nightly
from mintmark.cli.options import AsJson

group = typer.Typer(
    name="portfolio", help="Portfolios: create, list, show, sample; nights and alerts.", no_args_is_help=True
)

group.add_typer(alerts.group)
nightly.add_to(group)

Code = Annotated[str, typer.Argument(metavar="CODE", help="Code of a portfolio, such as GROWTH.")]


@group.command("create", epilog="Example: mintmark portfolio create GROWTH --base EUR --benchmark SPY")
def create(
    code: Code,
    base: Annotated[str, typer.Option(metavar="CCY", help="Currency it is valued in.")],
    policy: Annotated[str, typer.Option(metavar="P", help="Packs it is valued by: EOD or UTC.")] = "EOD",
    booking: Annotated[
        str, typer.Option(metavar="M", help="How lots are removed: fifo, lifo, hifo, average or specific.")
    ] = "fifo",
    tax: Annotated[str, typer.Option(metavar="RULE", help="Tax rule: us or none.")] = "none",
    benchmark: Annotated[
        str | None, typer.Option(metavar="SYMBOL", help="What it is measured against; a series must be there.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="A name for people. Default: the code.")] = None,
    allow_shorts: Annotated[bool, typer.Option("--allow-shorts", help="Let sales go below zero.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a portfolio and start its book in the ledger."""
    from mintmark.app import PortfolioRequest, local_owner, portfolio_answers, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    given = {
        "code": code,
        "base_currency": base,
        "policy": policy,
        "booking": booking,
        "tax_rule": tax,
        "benchmark": benchmark,
        "name": name,
        "allow_shorts": allow_shorts,
    }
    with opened() as app:
        asked = read_request(PortfolioRequest, given)
        give(portfolio_answers.create(app, local_owner(), asked), as_json, _show_one)


@group.command("list", epilog="Example: mintmark portfolio list")
def list_portfolios(as_json: AsJson = False) -> None:
    """List your portfolios, by code."""
    from mintmark.app import local_owner, portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(portfolio_answers.portfolios(app, local_owner()), as_json, _show_list)


@group.command("show", epilog="Example: mintmark portfolio show GROWTH")
def show(code: Code, as_json: AsJson = False) -> None:
    """Show one of your portfolios."""
    from mintmark.app import local_owner, portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(portfolio_answers.portfolio(app, local_owner(), code), as_json, _show_one)


@group.command("sample", epilog="Example: mintmark portfolio sample")
def sample(as_json: AsJson = False) -> None:
    """Load the bundled shares and keep the portfolio SAMPLE of them; twice changes nothing."""
    from mintmark.app import local_owner, portfolio_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(portfolio_answers.sample(app, local_owner()), as_json, _show_sample)


def _show_one(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import pairs

    pairs(body["data"].items())


def _show_sample(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import pairs

    found = body["data"]
    told = ("entries", "ledger_commit_hash")
    pairs(
        [
            ("portfolio", found["portfolio"]["code"]),
            ("symbols", ", ".join(found["symbols"])),
            ("packs", ", ".join(found["packs"])),
            *((name, found[name]) for name in told),
        ]
    )


def _show_list(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, table

    if not body["data"]:
        line("no portfolio yet: mintmark portfolio create CODE --base CCY")
        return
    columns = ("code", "name", "base_currency", "policy", "booking", "benchmark", "portfolio_id")
    table(columns, [[one[column] or "-" for column in columns] for one in body["data"]])
