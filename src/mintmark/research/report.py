"""The report of a cycle: one HTML file that needs no network and tells what happened, and why.

Pure: what it shows is handed in, and the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mintmark.domain import (
    DASH,
    Html,
    duration_text,
    gate_table,
    listing,
    plain,
    section,
    table,
    tag,
    words,
    written,
)
from mintmark.research.report_charts import EquityCurve, equity_picture, equity_svg
from mintmark.research.report_evidence import backtest_story, learning_curves, luck_story, training_story, verdict_story
from mintmark.research.report_page import absent, lines, mark_section, page, tiles

__all__ = ["EquityCurve", "ReportInput", "equity_picture", "render"]

_PHASE_OF = {
    "agent_design": "Design",
    "training": "Training",
    "backtesting": "Backtest",
    "agent_assessment": "Assessment",
}
_TILES = ("sharpe_ratio", "total_return", "benchmark_return", "max_drawdown", "total_trades", "win_rate", "dsr", "pbo")


@dataclass(frozen=True)
class ReportInput:
    """All a report shows.

    ``cycle`` and each of ``children`` (oldest first) have the fields of an operation as
    ``GET /operations/{id}`` gives them, the cycle as it will stand once ended: its status, its
    ``error`` and in ``metadata.parameters`` the phase results. ``gates`` are the rows of
    ``gate_answers`` in order. ``equity`` is None where no backtest ran. ``mark`` is the cycle's.
    """

    cycle: Mapping[str, Any]
    children: Sequence[Mapping[str, Any]]
    gates: Sequence[Mapping[str, Any]]
    mark: Mapping[str, Any]
    equity: EquityCurve | None = None
    design_yaml: str | None = None
    warnings: Sequence[str] = field(default_factory=tuple)

    @property
    def stored(self) -> Mapping[str, Any]:
        """The facts the cycle kept while it ran."""
        return (self.cycle.get("metadata") or {}).get("parameters") or {}

    def result_of(self, operation_type: str) -> Mapping[str, Any]:
        """Return the result of the child of that type, empty where there is none."""
        for child in self.children:
            if child["operation_type"] == operation_type:
                return child.get("result_summary") or {}
        return {}

    def answers(self, gate: str) -> list[Mapping[str, Any]]:
        """Return the answers of one gate, in order."""
        return sorted((row for row in self.gates if row["gate"] == gate), key=lambda row: row["position"])


def render(cycle: ReportInput) -> str:
    """Return the report of ``cycle`` as one self-contained HTML document."""
    name = cycle.stored.get("strategy_name") or "No strategy"
    parts = [
        _head(cycle, name),
        _phases(cycle),
        _design(cycle),
        _training(cycle),
        _backtest(cycle),
        _luck(cycle),
        _verdict(cycle),
        _warnings(cycle),
        _mark(cycle),
    ]
    return page(name, parts)


def _head(cycle: ReportInput, name: str) -> Html:
    word = cycle.stored.get("assessment_verdict")
    result = cycle.stored.get("backtest_result") or {}
    badge = tag("span", word or words(cycle.cycle["status"]), kind=f"badge {word or 'poor'}")
    return tag(
        "header",
        tag("p", "Mintmark research report", kind="kicker"),
        tag("h1", name),
        tag("p", badge),
        tag("p", _lead(cycle, word), kind="lead"),
        tiles(result, _TILES) if result else "",
    )


def _lead(cycle: ReportInput, word: str | None) -> str:
    error = (cycle.cycle.get("error") or {}).get("message") or cycle.cycle.get("error_message")
    if error:
        return str(error)
    rejection = cycle.stored.get("gate_rejection")
    if rejection:
        return f"The {rejection['gate']} gate refused: {rejection['reason']}. The evidence was assessed all the same."
    if cycle.cycle["status"] == "cancelled":
        return f"Cancelled: {cycle.cycle.get('cancel_reason') or 'no reason given'}."
    return f"Both gates passed; assessed as {word}." if word else "The cycle has not been assessed."


def _phases(cycle: ReportInput) -> Html:
    spans = [child.get("duration_seconds") or 0.0 for child in cycle.children]
    strip = [
        tag("i", kind=child["status"], style=f"flex:{max(span, 0.01):.2f}", title=_phase_name(child))
        for child, span in zip(cycle.children, spans, strict=True)
    ]
    rows = [_phase_row(_phase_name(child), child) for child in cycle.children]
    rows.append(_phase_row("Whole cycle", cycle.cycle))
    body = table(("Phase", "Ended", "Started, UTC", "Took", "Operation"), rows, (3,))
    return section("Phases", tag("div", *strip, kind="strip"), body)


def _phase_name(child: Mapping[str, Any]) -> str:
    return _PHASE_OF.get(child["operation_type"], words(child["operation_type"]))


def _phase_row(name: str, operation: Mapping[str, Any]) -> list[Any]:
    kind = {"completed": "yes", "failed": "no"}.get(operation["status"], "wait")
    sign = {"completed": "✓ ", "failed": "✗ "}.get(operation["status"], "")
    started = str(operation.get("started_at") or DASH).replace("T", " ").removesuffix("Z")[:19]
    status = tag("span", sign + operation["status"], kind=kind)
    took = duration_text(operation.get("duration_seconds"))
    return [name, status, started, took, tag("span", operation["operation_id"], kind="id")]


def _design(cycle: ReportInput) -> Html:
    result, stored = cycle.result_of("agent_design"), cycle.stored
    facts = (cycle.cycle.get("metadata") or {}) | {"brief": stored.get("brief"), "designer": stored.get("designer")}
    rows: list[tuple[str, Any]] = [
        (label, plain(facts[key]))
        for key, label in (
            ("brief", "Brief"),
            ("designer", "Designer"),
            ("symbols", "Symbols"),
            ("timeframes", "Timeframes"),
        )
        if facts.get(key)
    ]
    for key, label in (("brief_used", "Of the brief, used"), ("brief_ignored", "Of the brief, not understood")):
        if result.get(key):
            rows.append((label, plain(result[key])))
    if result.get("parent_experiments"):
        rows.append(("Learned from experiments", plain(result["parent_experiments"])))
    rows.append(("Strategy hash", tag("span", stored.get("strategy_hash") or DASH, kind="id")))
    file = tag("details", tag("summary", "The strategy file"), tag("pre", tag("code", cycle.design_yaml)))
    return section("Design", table(("", ""), rows), file if cycle.design_yaml else "")


def _training(cycle: ReportInput) -> Html:
    result = cycle.stored.get("training_result") or {}
    if not result:
        return section("Training", absent("No training ended in this cycle."))
    return section("Training", learning_curves(result), training_story(result), _gate(cycle, "training"))


def _backtest(cycle: ReportInput) -> Html:
    result = cycle.stored.get("backtest_result") or {}
    if not result:
        stopped = (cycle.stored.get("gate_rejection") or {}).get("gate") == "training"
        why = "the training gate refused before it" if stopped else "the cycle ended before it"
        return section(
            "Backtest", absent(f"There is no backtest: {why}. No figure of it is shown, because none exists.")
        )
    picture = equity_svg(cycle.equity) if cycle.equity is not None else ""
    drawn = tag("figure", Html(picture)) if picture else absent("The equity series was not handed over.")
    return section("Backtest", drawn, backtest_story(result), _gate(cycle, "backtest"))


def _luck(cycle: ReportInput) -> Html:
    told = luck_story(cycle.stored.get("backtest_result") or {})
    return section("Evidence against luck", told) if told else Html("")


def _gate(cycle: ReportInput, gate: str) -> Html:
    answers = cycle.answers(gate)
    if not answers:
        return absent(f"The {gate} gate was not asked.")
    refused = next((answer for answer in answers if not answer["passed"]), None)
    outcome = tag("span", "✗ refused", kind="no") if refused else tag("span", "✓ passed", kind="yes")
    return Html(tag("h3", f"The {gate} gate: ", outcome) + gate_table(answers))


def _verdict(cycle: ReportInput) -> Html:
    result = cycle.result_of("agent_assessment")
    if not result:
        return section("Verdict", absent("The cycle ended before an assessment, so there is no verdict."))
    return section("Verdict", verdict_story(result))


def _warnings(cycle: ReportInput) -> Html:
    said = [*cycle.warnings, *(cycle.cycle.get("warnings") or ())]
    for child in cycle.children:
        said.extend(f"{_phase_name(child)}: {plain(warning)}" for warning in child.get("warnings") or ())
    return section("Warnings", listing(plain(warning) for warning in said)) if said else Html("")


def _mark(cycle: ReportInput) -> Html:
    operations = [cycle.cycle, *cycle.children]
    more = [
        ("Random state", written("random_state", cycle.stored.get("random_state"))),
        ("Operations", lines([operation["operation_id"] for operation in operations])),
    ]
    return mark_section(cycle.mark, more)
