"""Research: active cycles as lanes of phases, past ones as a table, the form that starts one, the gates tested."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from mintmark.domain import DASH, Html, duration_text, table, tag, written
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.cycles import Cycles
from mintmark.ui.lanes import cycle_name, lane, progress_line, stored
from mintmark.ui.live import Watch
from mintmark.ui.parts import (
    Part,
    badge,
    button,
    card,
    empty,
    heading,
    link,
    opener,
    operation_path,
    say,
    stamp,
)
from mintmark.ui.selftest import GateTest
from mintmark.ui.trigger import TriggerForm

_PAGE = 50
_COMMAND = "mintmark agent trigger --gate-policy assess --follow"


async def page(api: Api) -> None:
    """Show the research room."""
    with ui.element("div").classes("head"):
        heading("Research")
        room = Part(_room)
        with ui.element("div").classes("right"):
            opener("New cycle", "trigger", "main")
    form = TriggerForm(api)
    waiting = Part(_waiting)
    lanes = Lanes(api)
    past = Part(_past)
    gates = GateTest(api)
    cycles = Cycles(api, _PAGE)

    async def look() -> bool:
        seen = await cycles.look()
        room.show(seen.status["capacity"])
        waiting.show([one for one in seen.status["active_researches"] if one["waiting_for_worker"]])
        lanes.show(seen.active)
        past.show({"cycles": seen.ended, "any": bool(seen.total)})
        await gates.look()
        return True

    watch = Watch(look)
    form.started = lanes.cancelled = gates.changed = watch.again
    await watch.start()


class Lanes:
    """One card an active cycle, with its phases, its progress and a cancel."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._cards: dict[str, tuple[ui.element, Part]] = {}
        self._place = ui.element("div").classes("stack")
        self.cancelled: Any = None

    def show(self, cycles: list[dict[str, Any]]) -> None:
        """Draw ``cycles``; a card stays where its cycle does."""
        ids = [cycle["operation_id"] for cycle in cycles]
        for gone in [one for one in self._cards if one not in ids]:
            self._cards.pop(gone)[0].delete()
        for cycle in cycles:
            if cycle["operation_id"] not in self._cards:
                self._cards[cycle["operation_id"]] = self._card(cycle["operation_id"])
            self._cards[cycle["operation_id"]][1].show(cycle)

    def _card(self, operation_id: str) -> tuple[ui.element, Part]:
        async def cancel() -> None:
            try:
                await self._api.delete(f"/operations/{operation_id}", {"reason": "cancelled on the research page"})
            except ApiRefused as error:
                say(error)
            await self.cancelled()

        with self._place, ui.element("section").classes("card") as made:
            part = Part(_lane_card)
            with ui.element("div").classes("corner"):
                button("Cancel", cancel, "stop")
        return made, part


def _room(capacity: dict[str, Any]) -> Html:
    return tag("span", f"{capacity['active']} of {capacity['limit']} cycles running", kind="quiet")


def _waiting(cycles: list[dict[str, Any]]) -> Html:
    if not cycles:
        return Html("")
    command = tag("code", "mintmark worker", kind="command")
    return card(
        "Waiting for a worker",
        tag("p", tag("span", "▲ ", kind="wait"), "No worker is free for this work. Start one: ", command),
    )


def _lane_card(cycle: dict[str, Any]) -> Html:
    title = tag("h2", link(operation_path(cycle), cycle_name(cycle)))
    head = tag("div", title, badge(cycle["status"]), tag("span", cycle["operation_id"], kind="id quiet"), kind="head")
    return Html(head + lane(cycle) + progress_line(cycle, with_bar=False))


def _past(facts: dict[str, Any]) -> Html:
    if not facts["any"]:
        would = "Cycles would be here: each designs a strategy, trains and backtests it, asks two gates and is judged."
        start = tag("button", "Start the first cycle", kind="button main", **{"data-opens": "trigger"})
        return Html(empty("No cycle has run", would, _COMMAND) + tag("p", start, style="text-align:center"))
    if not facts["cycles"]:
        return Html("")
    heads = ("Strategy", "Verdict", "Sharpe", "Return", "Drawdown", "Trades", "Deflated", "Took", "Started")
    return card("Past cycles", table(heads, [_row(cycle) for cycle in facts["cycles"]], range(2, 8)))


def _row(cycle: dict[str, Any]) -> list[Any]:
    facts = stored(cycle)
    result = facts.get("backtest_result") or {}
    names = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades", "dsr")
    said = facts.get("gate_rejection") or {}
    word = facts.get("assessment_verdict") or cycle["status"]
    why = cycle.get("error_message") or said.get("reason") or cycle.get("cancel_reason") or ""
    name = Html(link(operation_path(cycle), cycle_name(cycle), "row") + tag("div", why, kind="quiet"))
    figures = [written(name, result.get(name)) if result else _no_backtest(result) for name in names]
    return [name, badge(word), *figures, duration_text(cycle["duration_seconds"]), stamp(cycle["created_at"])]


def _no_backtest(_: dict[str, Any]) -> Html:
    return tag("span", DASH, title="there was no backtest", kind="quiet")
