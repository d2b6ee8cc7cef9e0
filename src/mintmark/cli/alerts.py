"""``mintmark portfolio alerts``: what is watched, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mintmark.cli.options import AsJson

group = typer.Typer(name="alerts", help="Alerts: create, list, pause, read what they said.", no_args_is_help=True)

AlertId = Annotated[str, typer.Argument(metavar="ID", help="Id of an alert, as `alerts list` shows it.")]


@group.command(
    "create",
    epilog="Example: mintmark portfolio alerts create Fear --type macro --entity VIXCLS --metric level --op '>' "
    "--value 30 --text 'Look at the hedges' --channel email:ada@example.org",
)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    kind: Annotated[str, typer.Option("--type", metavar="T", help="macro, metric, rating, price or news.")],
    entity: Annotated[str, typer.Option(metavar="E", help="A series, symbol, portfolio code, or US for the regime.")],
    metric: Annotated[str, typer.Option(metavar="M", help="What of it: see the docs of alerts.")],
    op: Annotated[str, typer.Option(metavar="OP", help="> >= < <= == or !=.")],
    value: Annotated[str, typer.Option(metavar="V", help="A number, or a word for == and !=.")],
    window: Annotated[int | None, typer.Option(metavar="N", help="Points or days the metric looks back.")] = None,
    portfolio: Annotated[str | None, typer.Option(metavar="CODE", help="The portfolio it asks about.")] = None,
    cooldown: Annotated[int, typer.Option(metavar="MIN", help="Minutes before it repeats itself; at least 15.")] = 1440,
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="C", help="in_app, email:<address> or webhook:<https URL>; repeatable."),
    ] = None,
    text: Annotated[str, typer.Option(metavar="TEXT", help="What to do when it speaks.")] = "",
    as_json: AsJson = False,
) -> None:
    """Watch a condition on every new pack."""
    from mintmark.app import AlertRequest, alert_answers, local_owner, read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    condition = {"type": kind, "entity": entity, "metric": metric, "op": op, "value": value, "window": window}
    given = {
        "name": name,
        "condition": condition,
        "portfolio": portfolio,
        "cooldown_minutes": cooldown,
        "channels": channel or [],
        "text": text,
    }
    with opened() as app:
        asked = read_request(AlertRequest, given)
        give(alert_answers.create(app, local_owner(), asked), as_json, _show_one)


@group.command("list", epilog="Example: mintmark portfolio alerts list")
def list_alerts(as_json: AsJson = False) -> None:
    """List your alerts, and what came of the last look at each."""
    from mintmark.app import alert_answers, local_owner
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(alert_answers.alerts(app, local_owner()), as_json, _show_list)


@group.command("pause", epilog="Example: mintmark portfolio alerts pause 1f0c7c56-8f0e-4a53-9d0a-6a1f6c2f5b11")
def pause(alert_id: AlertId, as_json: AsJson = False) -> None:
    """Stop looking at an alert, and keep it."""
    _switch(alert_id, as_json, active=False)


@group.command("resume", epilog="Example: mintmark portfolio alerts resume 1f0c7c56-8f0e-4a53-9d0a-6a1f6c2f5b11")
def resume(alert_id: AlertId, as_json: AsJson = False) -> None:
    """Look at a paused alert again."""
    _switch(alert_id, as_json, active=True)


@group.command("delete", epilog="Example: mintmark portfolio alerts delete 1f0c7c56-8f0e-4a53-9d0a-6a1f6c2f5b11")
def delete(alert_id: AlertId, as_json: AsJson = False) -> None:
    """Delete an alert; what it said stays."""
    from mintmark.app import alert_answers, local_owner
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(alert_answers.drop(app, local_owner(), alert_id), as_json, _show_one)


@group.command("notifications", epilog="Example: mintmark portfolio alerts notifications --unread")
def notifications(
    unread: Annotated[bool, typer.Option("--unread", help="Only those not read yet.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List what your alerts said, newest first, each with its playbook."""
    from mintmark.app import alert_answers, local_owner
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        answer = alert_answers.notifications(app, local_owner(), unread=unread, limit=limit)
        give(answer, as_json, _show_notifications)


@group.command("read", epilog="Example: mintmark portfolio alerts read 5c0f...")
def read(
    notification_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a notification.")], as_json: AsJson = False
) -> None:
    """Mark a notification as read."""
    from mintmark.app import alert_answers, local_owner
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(alert_answers.read(app, local_owner(), notification_id), as_json, _show_one)


def _switch(alert_id: str, as_json: bool, *, active: bool) -> None:
    from mintmark.app import alert_answers, local_owner
    from mintmark.cli.opened import opened
    from mintmark.cli.output import give

    with opened() as app:
        give(alert_answers.switch(app, local_owner(), alert_id, active=active), as_json, _show_one)


def _show_one(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import pairs

    found = body["data"]
    rows = dict(found)
    if "condition" in found:
        rows |= {"condition": _told(found["condition"]), "channels": ", ".join(found["channels"])}
        rows["last"] = (found["last"] or {}).get("outcome") or "-"
    pairs((name, "-" if value is None else value) for name, value in rows.items())


def _show_list(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, table

    if not body["data"]:
        line("no alert yet: mintmark portfolio alerts create --help")
        return
    rows = []
    for one in body["data"]:
        last = one["last"] or {}
        came = " ".join(str(part) for part in (last.get("outcome"), last.get("reason")) if part) or "-"
        state = "yes" if one["active"] else "paused"
        rows.append([one["name"], _told(one["condition"]), state, last.get("observed") or "-", came, one["alert_id"]])
    table(["name", "condition", "active", "observed", "last look", "id"], rows)


def _show_notifications(body: Mapping[str, Any]) -> None:
    from mintmark.cli.output import line, pairs

    if not body["data"]:
        line("nothing was said")
    for one in body["data"]:
        playbook, sent = one["playbook"], one["deliveries"]
        notional = playbook["notional"]
        line(f"{one['day']}  {one['title']}", "bold")
        rows = [
            ("what", f"{one['told']}: observed {one['observed']}"),
            ("action", playbook["action"]),
            ("notional", f"{notional['amount']} {notional['currency']}" if notional else "-"),
            ("with", ", ".join(playbook["instruments"]) or "-"),
            ("why", playbook["rationale"]),
            ("sent", ", ".join(f"{way['channel']} {way['status']}" for way in sent) or "in_app"),
            ("id", one["notification_id"]),
        ]
        pairs(rows)
        line("")


def _told(condition: Mapping[str, Any]) -> str:
    over = "" if condition["window"] is None else f" over {condition['window']}"
    return f"{condition['metric']} of {condition['entity']}{over} {condition['op']} {condition['value']}"
