"""The state of research, as ``GET /agent/status`` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mintmark.domain import Refused
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.phases import CHILD_KEYS, CYCLE

_QUEUE_OF = {
    "agent_design": "design",
    "training": "training",
    "backtesting": "backtesting",
    "agent_assessment": "assessing",
}
_WAITING = ("pending", "resuming")


def capacity_limit(context: Context) -> int:
    """Return how many cycles may be active: the setting, else live training + live backtesting slots + 1."""
    if context.rules.max_concurrent > 0:
        return context.rules.max_concurrent
    slots = context.operations.occupancy()
    return slots["training"]["total"] + slots["backtesting"]["total"] + 1


def status_of(context: Context) -> dict[str, Any]:
    """Return active cycles, the last ended one, workers, budget and capacity."""
    operations = context.operations
    active = operations.list(operation_type=CYCLE, active_only=True, limit=1000)
    children = {cycle["operation_id"]: _child(context, cycle) for cycle in active["data"]}
    slots = operations.occupancy()
    budget = context.budget.as_json()
    return {
        **_top(active["data"]),
        "active_researches": [_line(cycle, children[cycle["operation_id"]]) for cycle in active["data"]],
        "last_cycle": _last(context),
        "workers": {type: slots[queue] for type, queue in _QUEUE_OF.items()},
        "budget": {name: budget[name] for name in ("currency", "daily_limit", "remaining")},
        "capacity": {"active": active["active_count"], "limit": capacity_limit(context)},
    }


def waiting_for_worker(context: Context, first_child: str) -> bool:
    """Return whether nobody is free to begin a cycle that starts with a child of this type."""
    slots = context.operations.occupancy()
    free = slots[_QUEUE_OF[first_child]]
    return slots["research"]["total"] == 0 or free["busy"] >= free["total"]


def _top(active: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("phase", "child_operation_id", *CHILD_KEYS.values(), "strategy_name", "started_at", "progress")
    if not active:
        return {"status": "idle", "operation_id": None, **dict.fromkeys(names)}
    newest = active[0]
    stored = parameters_of(newest)
    progress = newest["progress"]
    return {
        "status": "active",
        "operation_id": newest["operation_id"],
        "phase": _phase(newest),
        "child_operation_id": newest["child_operation_id"],
        **{key: stored.get(key) for key in CHILD_KEYS.values()},
        "strategy_name": stored.get("strategy_name"),
        "started_at": newest["started_at"] or newest["created_at"],
        "progress": {name: progress[name] for name in ("percentage", "current_step")},
    }


def _line(cycle: Mapping[str, Any], child: Mapping[str, Any] | None) -> dict[str, Any]:
    waiting = cycle["status"] in _WAITING if child is None else child["status"] in _WAITING
    return {
        "operation_id": cycle["operation_id"],
        "phase": _phase(cycle),
        "strategy_name": parameters_of(cycle).get("strategy_name"),
        "child_operation_id": cycle["child_operation_id"],
        "duration_seconds": cycle["duration_seconds"],
        "waiting_for_worker": waiting,
    }


def _phase(cycle: Mapping[str, Any]) -> str:
    return str(cycle["phase"] or "idle")


def _child(context: Context, cycle: Mapping[str, Any]) -> dict[str, Any] | None:
    if cycle["child_operation_id"] is None:
        return None
    try:
        return context.operations.get(cycle["child_operation_id"])
    except Refused:
        return None


def _last(context: Context) -> dict[str, Any] | None:
    newest = context.operations.last_ended(CYCLE)
    if newest is None:
        return None
    stored = parameters_of(newest)
    return {
        "operation_id": newest["operation_id"],
        "outcome": newest["status"],
        "strategy_name": stored.get("strategy_name"),
        "verdict": stored.get("assessment_verdict"),
        "error_message": newest["error_message"],
        "completed_at": newest["completed_at"],
    }
