"""The report of a cycle, written before the look that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from mintmark.domain import MintmarkError
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.operations.library import Library
from mintmark.research.operations.showing import curve_of
from mintmark.research.phases import Step
from mintmark.research.report import EquityCurve, ReportInput, equity_picture, render
from mintmark.research.tables import gate_answers

_STATUS = {"complete": "completed", "fail": "failed", "cancel": "cancelled"}


def report_path(name: str, operation_id: str) -> str:
    """Return where the report of a cycle lies below the home folder."""
    return f"strategies/{name}/report_{operation_id}.html"


def write_report(
    context: Context, library: Library, operation: Mapping[str, Any], step: Step, mark: Mapping[str, Any]
) -> str:
    """Write the report of ``operation`` as it will stand after ``step``; return its path."""
    identity = operation["operation_id"]
    stored = {**parameters_of(operation), **step.stored}
    path = report_path(stored["strategy_name"], identity)
    ended = {
        **operation,
        "status": _STATUS[step.move],
        "metadata": {**operation["metadata"], "parameters": {**stored, "report_path": path}},
        "error": None if step.code is None else {"code": step.code, "message": step.message},
    }
    shown = ReportInput(
        cycle=ended,
        children=context.operations.children(identity),
        gates=[*gate_rows(context, identity), *_new_answers(step)],
        mark=mark,
        equity=_equity(library, stored.get("backtest_result") or {}),
        design_yaml=library.strategy(stored["strategy_name"]).text,
    )
    files = {path: render(shown).encode()}
    if shown.equity is not None:
        files[path.removesuffix(".html") + ".png"] = equity_picture(shown.equity)
    kept = [library.keep(place, content) for place, content in files.items()]
    with context.database.write() as connection:
        for one in kept:
            library.put(connection, **one, operation_id=identity)
    return path


def gate_rows(context: Context, operation_id: str) -> list[dict[str, Any]]:
    """Return the answers of a cycle's gates as stored, in order."""
    query = select(gate_answers).where(gate_answers.c.operation_id == operation_id).order_by(gate_answers.c.id)
    with context.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _new_answers(step: Step) -> list[dict[str, Any]]:
    names = ("gate", "position", "code", "passed", "observed", "limit", "decisive")
    answers = step.gate.answers if step.gate is not None else ()
    return [{name: getattr(answer, name) for name in names} for answer in answers]


def _equity(library: Library, result: Mapping[str, Any]) -> EquityCurve | None:
    try:
        return curve_of(library, result)
    except MintmarkError:
        return None
