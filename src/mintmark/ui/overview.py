"""Overview: the loop in counts, the last verdicts, what needs a person."""

from __future__ import annotations

from typing import Any

from mintmark.domain import Html, money_text, table, tag
from mintmark.ui.client import Api
from mintmark.ui.cycles import Cycles, Seen
from mintmark.ui.lanes import cycle_name, lane, stored
from mintmark.ui.live import Watch
from mintmark.ui.parts import Part, badge, card, empty, heading, link, operation_path, stamp, tile

_LAST = 8


async def page(api: Api) -> None:
    """Show the rooms that exist with their live counts."""
    heading("Overview")
    counts, needs, running, verdicts = Part(_counts), Part(_needs), Part(_running), Part(_verdicts)

    cycles = Cycles(api, _LAST + 4)

    async def look() -> bool:
        facts = await _facts(api, await cycles.look())
        counts.show(facts)
        needs.show(facts)
        running.show(facts)
        verdicts.show(facts)
        return True

    await Watch(look).start()


async def _facts(api: Api, seen: Seen) -> dict[str, Any]:
    return {
        "status": seen.status,
        "active": seen.active,
        "ended": seen.ended[:_LAST],
        "cycles_total": seen.total,
        "packs": await api.data("/packs"),
        "strategies": await api.data("/strategies"),
        "workers": await api.data("/workers"),
        "portfolios": await api.data("/portfolios"),
        "entries": (await api.get("/ledger/entries", limit=1))["total_count"],
    }


def _counts(facts: dict[str, Any]) -> Html:
    live = [pack for pack in facts["packs"] if not pack.get("superseded_by")]
    approved = sum(1 for one in facts["strategies"] if one["approved"])
    workers = sum(1 for worker in facts["workers"] if worker["live"])
    budget, capacity = facts["status"]["budget"], facts["status"]["capacity"]
    spend = {"amount": budget["remaining"], "currency": budget["currency"]} if budget["remaining"] else None
    return tag(
        "div",
        tile("live packs", len(live), "/data", "packs"),
        tile("research cycles", facts["cycles_total"], "/research", "cycles"),
        tile("running now", f"{capacity['active']} of {capacity['limit']}", "/research", "capacity"),
        tile("strategies", len(facts["strategies"]), "/research", "strategies"),
        tile("approved", approved, "/research", "approved"),
        tile("portfolios", len(facts["portfolios"]), "/portfolio", "portfolios"),
        tile("ledger entries", f"{facts['entries']:,}", "/ledger", "entries"),
        tile("live workers", workers, "/operations", "workers"),
        tile("model budget left today", money_text(spend) if spend else "no limit", live="budget"),
        kind="tiles",
    )


def _needs(facts: dict[str, Any]) -> Html:
    """Return what waits for a person, nothing when nothing does."""
    asks = []
    if not facts["packs"]:
        asks.append(("No data yet. Research needs a pack.", "mintmark data sample"))
    if not any(worker["live"] for worker in facts["workers"]):
        asks.append(("No worker is live. Work that was started waits for one.", "mintmark worker"))
    rows = [
        tag("p", tag("span", "▲ ", kind="wait"), said, " ", tag("code", command, kind="command"))
        for said, command in asks
    ]
    return card("Needs a person", *rows) if rows else Html("")


def _running(facts: dict[str, Any]) -> Html:
    lanes = [tag("div", link(operation_path(cycle), cycle_name(cycle)), lane(cycle)) for cycle in facts["active"]]
    return card("Running now", *lanes) if lanes else Html("")


def _verdicts(facts: dict[str, Any]) -> Html:
    if not facts["cycles_total"]:
        would = "The verdicts of research cycles would be here, with what they cost and what capped them."
        return empty("No cycle has run", would, "mintmark agent trigger --gate-policy assess --follow")
    if not facts["ended"]:
        return Html("")
    rows = [_verdict_row(cycle) for cycle in facts["ended"]]
    return card("Last verdicts", table(("Strategy", "Verdict", "Said", "Ended"), rows))


def _verdict_row(cycle: dict[str, Any]) -> list[Any]:
    word = stored(cycle).get("assessment_verdict") or cycle["status"]
    rejection = stored(cycle).get("gate_rejection") or {}
    said = cycle.get("error_message") or rejection.get("reason") or cycle.get("cancel_reason") or ""
    name = link(operation_path(cycle), cycle_name(cycle), "row")
    return [name, badge(word), tag("span", said, kind="quiet"), stamp(cycle["completed_at"])]
