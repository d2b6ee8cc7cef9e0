"""What a cycle leaves behind when it ends: its experiment, hypotheses, budget, and the count of cycles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from mintmark.domain import from_iso
from mintmark.research.evidence import holdout_evidence, training_evidence
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.operations.remembering import propose_hypotheses, remember, settle_hypothesis
from mintmark.research.phases import CYCLE, Step, experiment_status
from mintmark.research.tables import experiments, strategies
from mintmark.research.wording import hypotheses as claims_of
from mintmark.runtime import count


def remember_end(
    connection: Connection,
    context: Context,
    operation_id: str,
    stored: Mapping[str, Any],
    step: Step,
    error_code: str | None,
    ended_at: datetime | None = None,
) -> None:
    """Write what an ended cycle leaves, in the transaction that ends it."""
    status = experiment_status(step.move, stored)
    moment = ended_at or context.clock.now()
    design = _design(connection, stored.get("strategy_name"))
    evidence = training_evidence(stored, error_code if step.move == "fail" else None)
    remember(connection, _row(operation_id, status, moment, stored, design, evidence))
    if stored.get("training_result") and design.get("spec"):
        propose_hypotheses(connection, operation_id, claims_of(design["spec"], evidence), moment)
    if stored.get("hypothesis"):
        settle_hypothesis(connection, stored["hypothesis"], operation_id)
    context.budget.release(connection, operation_id)
    verdict = stored.get("assessment_verdict")
    if verdict == "promising":
        context.operations.keep(connection, operation_id)
    count(connection, "mintmark_cycles_total", outcome=verdict if status == "completed" and verdict else status)


def remember_cancelled(connection: Connection, context: Context) -> None:
    """Write the experiments of cycles that were cancelled: no look of theirs came after it."""
    page = context.operations.list(operation_type=CYCLE, status="cancelled", limit=1000)
    known = set(connection.scalars(select(experiments.c.operation_id)))
    for operation in page["data"]:
        identity = operation["operation_id"]
        if identity not in known:
            step, stored = Step("cancel"), parameters_of(operation)
            remember_end(connection, context, identity, stored, step, None, from_iso(operation["completed_at"]))


def _row(
    operation_id: str,
    status: str,
    ended_at: datetime,
    stored: Mapping[str, Any],
    design: Mapping[str, Any],
    evidence: Mapping[str, Any],
) -> dict[str, Any]:
    spec = design.get("spec") or {}
    universe = spec.get("universe") or {}
    kept = ("pack_id", "random_state", "designer", "strategy_name", "strategy_hash", "hypothesis")
    return {
        "operation_id": operation_id,
        "status": status,
        "ended_at": ended_at,
        "symbols": universe.get("symbols", []),
        "timeframe": universe.get("timeframe", ""),
        **{name: stored.get(name) for name in kept},
        "design_key": design.get("design_key"),
        "spec": design.get("spec"),
        "training_evidence": dict(evidence),
        "holdout_evidence": holdout_evidence(stored),
    }


def _design(connection: Connection, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    query = select(strategies.c.spec, strategies.c.design_key).where(strategies.c.name == name)
    row = connection.execute(query).mappings().first()
    return {} if row is None else dict(row)
