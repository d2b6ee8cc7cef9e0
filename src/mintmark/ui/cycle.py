"""A cycle's story from top to bottom: design, training, gate, backtest, gate, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import Html, tag
from mintmark.ui import charts
from mintmark.ui.actions import Actions
from mintmark.ui.chart import Chart
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.lanes import cycle_name, lane, progress_line, stored
from mintmark.ui.live import Watch
from mintmark.ui.parts import ACTIVE, Part, badge, mark_drawer, opener, report_button
from mintmark.ui.stories import (
    backtest_part,
    capped_part,
    design_part,
    gate_part,
    lead_part,
    luck_part,
    tiles_part,
    training_part,
    verdict_part,
    warnings_part,
)

_POINTS = 1200


async def page(api: Api, operation_id: str) -> None:
    """Show the cycle ``operation_id``."""
    story = _Story(api, operation_id)
    watch = Watch(story.look)
    story.actions.done = watch.again
    await watch.start()


class _Story:
    """The parts of the page, top to bottom, and what each was last shown."""

    def __init__(self, api: Api, operation_id: str) -> None:
        self._api = api
        self._id = operation_id
        self._rounds: list[dict[str, Any]] = []
        self._curve: dict[str, Any] | None = None
        self._strategy: dict[str, Any] | None = None
        with ui.element("div").classes("head"):
            self._title = Part(_title)
            self.actions = Actions(api, operation_id)
            with ui.element("div").classes("buttons"):
                self._report = Part(_report)
                opener("Mark", "mark")
        self._lane = Part(_lane, "card")
        self._lead, self._capped, self._tiles = Part(lead_part), Part(capped_part), Part(tiles_part)
        self._design = Part(design_part)
        self._training_card()
        self._training_gate = Part(lambda rows: gate_part("training", rows))
        self._backtest_card()
        self._backtest_gate = Part(lambda rows: gate_part("backtest", rows))
        self._luck, self._verdict = Part(luck_part), Part(verdict_part)
        self._warnings = Part(warnings_part)
        with ui.element("aside").classes("drawer").props('data-drawer="mark" aria-label="Mark"'):
            self._mark = Part(lambda held: mark_drawer(held["mark"], held["operations"]))

    def _training_card(self) -> None:
        with ui.element("section").classes("card") as self._training_place:
            ui.html("<h2>Training</h2>", sanitize=False)
            with ui.element("div").classes("grid2"):
                self._loss, self._accuracy = Chart("Loss over the rounds"), Chart("Accuracy over the rounds")
            self._training = Part(training_part)

    def _backtest_card(self) -> None:
        with ui.element("section").classes("card") as self._backtest_place:
            ui.html("<h2>Backtest</h2>", sanitize=False)
            self._equity = Chart("Equity over its benchmark, drawdown below", "chart tall")
            self._backtest = Part(backtest_part)

    async def look(self) -> bool:
        """Ask the API and show what changed; return whether the cycle still goes on."""
        cycle = await self._api.data(f"/operations/{self._id}")
        children = await self._api.data(f"/operations/{self._id}/children")
        gates = await self._api.data(f"/operations/{self._id}/gates")
        self._title.show((cycle_name(cycle), stored(cycle).get("assessment_verdict"), cycle["status"], self._id))
        self._report.show((stored(cycle).get("report_path"), self._id))
        self.actions.show(cycle)
        self._lane.show(cycle)
        self._lead.show(cycle)
        self._warnings.show([cycle, *children])
        self._mark.show({"mark": cycle.get("mark"), "operations": [cycle, *children]})
        await self._show_design(cycle, children)
        await self._show_training(cycle, gates)
        await self._show_backtest(cycle, gates)
        judged = _result_of(children, "agent_assessment")
        self._capped.show(judged)
        self._verdict.show(judged)
        return cycle["status"] in ACTIVE

    async def _show_design(self, cycle: Mapping[str, Any], children: list[dict[str, Any]]) -> None:
        name = stored(cycle).get("strategy_name")
        if name and self._strategy is None:
            try:
                self._strategy = await self._api.data(f"/strategies/{quote(name)}")
            except ApiRefused as error:
                if error.status != 404:
                    raise
        held = {"cycle": stored(cycle), "strategy": self._strategy, "result": _result_of(children, "agent_design")}
        self._design.show(held if name or held["result"] or cycle["status"] in ACTIVE else None)

    async def _show_training(self, cycle: Mapping[str, Any], gates: list[dict[str, Any]]) -> None:
        facts = stored(cycle)
        result, child = facts.get("training_result"), facts.get("training_op_id")
        self._training_place.set_visibility(bool(child))
        if child:
            after = self._rounds[-1]["round"] if self._rounds else -1
            self._rounds += await self._api.data(f"/operations/{child}/metrics", after=after)
            rounds = self._rounds or _rounds_of(result)
            self._loss.show(charts.learning(rounds, "loss", "Loss") if rounds else None)
            scored = any(row.get("train_accuracy") is not None for row in rounds)
            self._accuracy.show(charts.learning(rounds, "accuracy", "Accuracy") if scored else None)
        self._training.show(result or {})
        self._training_gate.show([row for row in gates if row["gate"] == "training"])

    async def _show_backtest(self, cycle: Mapping[str, Any], gates: list[dict[str, Any]]) -> None:
        facts = stored(cycle)
        result, child = facts.get("backtest_result"), facts.get("backtest_op_id")
        ended = cycle["status"] not in ACTIVE
        self._backtest_place.set_visibility(bool(child) or ended)
        if result and self._curve is None:
            self._curve = await self._api.data(f"/operations/{child}/equity", points=_POINTS)
        self._equity.show(charts.equity(self._curve) if self._curve else None)
        self._backtest.show({"result": result, "ended": ended, "rejection": facts.get("gate_rejection")})
        self._tiles.show(result or {})
        self._luck.show(result or {})
        self._backtest_gate.show([row for row in gates if row["gate"] == "backtest"])


def _result_of(children: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next((child.get("result_summary") or {} for child in children if child["operation_type"] == kind), {})


def _rounds_of(result: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the learning history of a finished training as rounds."""
    history = (result or {}).get("history") or {}
    names = [name for name, values in history.items() if values]
    count = max((len(history[name]) for name in names), default=0)
    return [
        {"round": at, **{name: history[name][at] for name in names if at < len(history[name])}} for at in range(count)
    ]


def _title(named: tuple[str, str | None, str, str]) -> Html:
    name, verdict, status, operation_id = named
    return Html(
        tag("p", tag("span", operation_id, kind="id"), kind="kicker") + tag("h1", name, " ", badge(verdict or status))
    )


def _report(held: tuple[str | None, str]) -> Html:
    path, operation_id = held
    return report_button(operation_id, "Report") if path else Html("")


def _lane(cycle: Mapping[str, Any]) -> Html:
    return Html(lane(cycle) + progress_line(cycle, with_bar=False))
