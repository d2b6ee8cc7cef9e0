"""Operations: all of them, with filters."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from mintmark.domain import Html, duration_text, table, tag
from mintmark.ui.client import Api
from mintmark.ui.live import Watch
from mintmark.ui.parts import Part, badge, button, card, empty, heading, link, operation_path, stamp, type_name

_PAGE = 50
_TYPES = (
    "agent_research",
    "agent_design",
    "training",
    "backtesting",
    "agent_assessment",
    "sweeping",
    "montecarlo",
    "walkforward",
    "crossvalidation",
    "selftest",
)
_STATUSES = ("pending", "running", "resuming", "completed", "failed", "cancelled")


async def page(api: Api) -> None:
    """Show the list of operations and the workers that do them."""
    heading("Operations")
    asked: dict[str, Any] = {"operation_type": None, "status": None, "offset": 0}

    async def look() -> bool:
        found = await api.get("/operations", limit=_PAGE, **asked)
        listed.show({"data": found["data"], "total": found["total_count"], **asked})
        more.set_visibility(found["total_count"] > _PAGE)
        workers.show(await api.data("/workers"))
        return True

    watch = Watch(look)

    async def ask(**change: Any) -> None:
        asked.update({"offset": 0, **change})
        await watch.again()

    with ui.element("div").classes("filters"):
        _filter("Type", {one: type_name(one) for one in _TYPES}, lambda value: ask(operation_type=value))
        _filter("Status", {one: one for one in _STATUSES}, lambda value: ask(status=value))
    listed = Part(_listed)
    with ui.element("div").classes("buttons") as more:
        button("Newer", lambda: ask(offset=max(0, asked["offset"] - _PAGE)))
        button("Older", lambda: ask(offset=asked["offset"] + _PAGE))
    workers = Part(_workers)
    await watch.start()


def _filter(name: str, options: dict[str, str], chosen: Any) -> None:
    field = ui.select({"": "all", **options}, value="", label=name, on_change=lambda event: chosen(event.value or None))
    field.props("outlined dense")


def _listed(facts: dict[str, Any]) -> Html:
    rows, total, start = facts["data"], facts["total"], facts["offset"]
    if not rows:
        if facts["operation_type"] or facts["status"] or start:
            return empty("Nothing fits these filters", "Choose other filters to see more.", "mintmark operations list")
        would = "Every durable piece of work would be here: cycles, designs, trainings, backtests, assessments."
        return empty("No operation yet", would, "mintmark agent trigger --gate-policy assess --follow")
    heads = ("Operation", "Type", "Status", "Progress", "Step", "Took", "Created")
    shown = table(heads, [_row(row) for row in rows], (3, 5))
    return card(f"{start + 1:,} to {start + len(rows):,} of {total:,}", shown)


def _row(one: dict[str, Any]) -> list[Any]:
    progress = one.get("progress") or {}
    name = link(operation_path(one), tag("span", one["operation_id"], kind="id"), "row")
    step = one.get("error_message") or one.get("cancel_reason") or progress.get("current_step") or ""
    percentage = tag("span", f"{progress.get('percentage') or 0.0:.1f}%", **{"data-live": one["operation_id"]})
    took = duration_text(one["duration_seconds"])
    return [
        name,
        type_name(one["operation_type"]),
        badge(one["status"]),
        percentage,
        tag("span", step, kind="quiet"),
        took,
        stamp(one["created_at"]),
    ]


def _workers(workers: list[dict[str, Any]]) -> Html:
    if not workers:
        return empty(
            "No worker has ever run here",
            "Workers do the work that the pages and commands only start.",
            "mintmark worker",
        )
    rows = [
        (
            tag("span", worker["worker_id"], kind="id"),
            tag("span", "● live", kind="yes") if worker["live"] else tag("span", "○ gone", kind="quiet"),
            f"{worker['busy']} of {worker['slots']}",
            ", ".join(worker["queues"]),
            stamp(worker["last_heartbeat"]),
        )
        for worker in workers
    ]
    return card("Workers", table(("Worker", "State", "Busy", "Queues", "Last heartbeat"), rows, (2,)))
