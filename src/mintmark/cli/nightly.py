"""``mintmark portfolio nightly``: the night of a day, with its seven steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mintmark.cli.options import AsJson

Policy = Annotated[str, typer.Option(metavar="P", help="Packs it is for: EOD or UTC.")]
Day = Annotated[str | None, typer.Option(metavar="D", help="Such as 2025-12-31. Default: the last that ended.")]


def add_to(group: typer.Typer) -> None:
    """Put the commands of this file into the group of portfolios."""
    group.command("nightly", epilog="Example: mintmark portfolio nightly --date 2018-11-30")(nightly)
    group.command("nights", epilog="Example: mintmark portfolio nights")(nights)
    group.command("statement", epilog="Example: mintmark portfolio statement GROWTH statement.json")(statement)


def nightly(
    date: Day = None,
    policy: Policy = "EOD",
    background: Annotated[bool, typer.Option("--background", help="Start it and leave it to a worker.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the night of a day: build, reconcile, prewarm, mark fresh, evaluate alerts.

    A night that stopped goes on at the step where it did.
    """
    from mintmark.app import alert_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import write_json
    from mintmark.cli.starting import started, to_the_end

    with opened() as app:
        answer = alert_answers.nightly(app, policy, date)
        if background:
            started(app, answer, False, as_json)
            return
        document, code = to_the_end(app, answer["operation_id"], answer, True)
        found = alert_answers.nights(app, policy, answer["date"], 1)["data"]
        if as_json:
            write_json({**document, "report": found[0] if found else None})
        elif found:
            _show(found[0])
        raise typer.Exit(code)


def nights(
    policy: Annotated[str | None, typer.Option(metavar="P", help="Only those of EOD or UTC.")] = None,
    date: Annotated[str | None, typer.Option(metavar="D", help="Only that day.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="At most so many.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show how the newest nights went."""
    from mintmark.app import alert_answers
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(alert_answers.nights(app, policy, date, limit), as_json, _show_all)


def statement(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of a portfolio, such as GROWTH.")],
    path: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: as_of, positions, cash, nav.")],
    as_json: AsJson = False,
) -> None:
    """Keep what a broker says of a portfolio; the night of its day holds the ledger against it."""
    from mintmark.app import alert_answers, local_owner
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give
    from mintmark.cli.shown import show_pairs

    with opened() as app:
        give(alert_answers.statement(app, local_owner(), code, path), as_json, show_pairs)


def _show_all(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line

    if not body["data"]:
        line("no night yet: mintmark portfolio nightly")
    for report in body["data"]:
        _show(report)


def _show(report: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, table

    line(f"{report['date']} {report['policy']}  {report['pack_id'] or '-'}", "bold")
    if report["skipped"]:
        line(f"skipped: {report['skipped']}")
        return
    rows = [
        (one["name"], one["status"], one["done"], one["refused"], _seconds(one["duration_s"]), _said(one["details"]))
        for one in report["steps"]
    ]
    table(["step", "status", "done", "refused", "seconds", ""], rows)
    if report["blocked_at"]:
        line(f"blocked at {report['blocked_at']}; mend it and run the night again: it goes on there")
    line("")


def _seconds(found: float | None) -> str:
    return "-" if found is None else f"{found:.2f}"


def _said(details: Mapping[str, Any]) -> str:
    if "message" in details:
        return f"{details['code']}: {details['message']}"
    refusals = details.get("refusals") or {}
    return ", ".join(f"{name} {reason}" for name, reason in list(refusals.items())[:3])
