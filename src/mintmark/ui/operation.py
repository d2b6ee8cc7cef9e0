"""One operation: its facts, its tree, its trail, cancel and resume."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from mintmark.domain import DASH, Html, duration_text, label_of, plain, table, tag, written
from mintmark.ui.actions import Actions
from mintmark.ui.client import Api
from mintmark.ui.lanes import progress_card
from mintmark.ui.live import Watch
from mintmark.ui.parts import (
    ACTIVE,
    Part,
    badge,
    card,
    facts,
    link,
    mark_drawer,
    opener,
    operation_path,
    report_button,
    said_of,
    stamp,
    type_name,
)

_LONG = 400


async def page(api: Api, operation_id: str) -> None:
    """Show the operation ``operation_id``."""
    with ui.element("div").classes("head"):
        title = Part(_title)
        actions = Actions(api, operation_id)
        with ui.element("div").classes("buttons"):
            sheet = Part(_sheet)
            opener("Mark", "mark")
    progress, told, tree = Part(progress_card), Part(_facts), Part(_tree)
    result, trail = Part(_result), Part(_trail)
    with ui.element("aside").classes("drawer").props('data-drawer="mark" aria-label="Mark"'):
        mark = Part(lambda one: mark_drawer(one.get("mark"), [one]))

    async def look() -> bool:
        one = await api.data(f"/operations/{operation_id}")
        children = await api.data(f"/operations/{operation_id}/children")
        title.show((one["operation_type"], one["status"], operation_id))
        actions.show(one)
        for part in (progress, told, result, mark, sheet):
            part.show(one)
        tree.show({"one": one, "children": children})
        trail.show(await api.data(f"/operations/{operation_id}/events"))
        return one["status"] in ACTIVE

    watch = Watch(look)
    actions.done = watch.again
    await watch.start()


def _title(named: tuple[str, str, str]) -> Html:
    kind, status, operation_id = named
    return Html(
        tag("p", tag("span", operation_id, kind="id"), kind="kicker") + tag("h1", type_name(kind), " ", badge(status))
    )


def _sheet(one: Mapping[str, Any]) -> Html:
    held = (one.get("result_summary") or {}).get("sheet_path")
    return report_button(one["operation_id"], "Tear sheet") if held else Html("")


def _facts(one: Mapping[str, Any]) -> Html:
    meta = one.get("metadata") or {}
    kept = one.get("checkpoint")
    at = f"round {kept['round']}, {kept['bytes']:,} bytes" if kept else DASH
    rows: list[tuple[str, Any]] = [
        ("Created", stamp(one["created_at"])),
        ("Started", stamp(one["started_at"])),
        ("Ended", stamp(one["completed_at"])),
        ("Took", duration_text(one["duration_seconds"])),
        ("Worker", one.get("worker_id") or DASH),
        ("Starts, takeovers", f"{one['starts']}, {one['takeovers']}"),
        ("Last checkpoint", at),
        ("Symbols", plain(meta.get("symbols"))),
        ("Timeframes", plain(meta.get("timeframes"))),
        ("Pack", meta.get("pack_id") or DASH),
    ]
    said = said_of(one)
    return Html((said + "<br>" if said else "") + card("Facts", facts(rows)))


def _tree(facts: Mapping[str, Any]) -> Html:
    one, children = facts["one"], facts["children"]
    parent = one.get("parent_operation_id")
    above = tag("p", "Part of ", link(f"/research/{parent}", tag("span", parent, kind="id"))) if parent else ""
    if not children:
        return card("Tree", above) if parent else Html("")
    below = [
        tag("p", link(operation_path(child), type_name(child["operation_type"])), " ", badge(child["status"]), " ",
            tag("span", duration_text(child["duration_seconds"]), kind="quiet"))
        for child in children
    ]  # fmt: skip
    return card("Tree", above, tag("div", *below, kind="tree"))


def _result(one: Mapping[str, Any]) -> Html:
    result = one.get("result_summary")
    if not result:
        return Html("")
    rows = [(label_of(key), _value(key, value)) for key, value in result.items() if key != "mark"]
    return card("Result", facts(rows))


def _value(key: str, value: Any) -> Any:
    if isinstance(value, (dict, list)) and len(json.dumps(value)) > _LONG:
        return tag("details", tag("summary", f"{len(value):,} entries"), tag("pre", json.dumps(value, indent=1)))
    return written(key, value)


def _trail(events: list[Mapping[str, Any]]) -> Html:
    if not events:
        return Html("")
    rows = [
        (stamp(event["at"]), event["kind"], " → ".join(one for one in (event.get("from"), event.get("to")) if one),
         tag("span", event.get("worker_id") or "", kind="id"), tag("span", plain(event.get("detail")), kind="quiet"))
        for event in events
    ]  # fmt: skip
    return card("Events", table(("At", "What", "From, to", "Worker", "Detail"), rows))
