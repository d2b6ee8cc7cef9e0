"""What the stories ask about a cycle, through the doors and in the tables."""

from __future__ import annotations

import json
from typing import Any

from story_house import ENDED, House, wait_for

CHILDREN = ("training", "backtesting", "agent_assessment")
PHASES = {"training": "training", "backtesting": "backtesting", "assessing": "agent_assessment"}

# Ids, times, and what counts every try ever made differ between two runs of the same cycle.
RUN_DEPENDENT = {
    "mark", "training_seconds", "backtest_seconds", "resumed_from_round", "dsr", "dsr_trials", "undefined",
    "equity_path", "trades_path",
}  # fmt: skip


def trigger(house: House, strategy: str = "quick") -> str:
    """Start a cycle, by HTTP where a server was started, else from this process, and return its id."""
    if not house.serves:
        from mintmark.app import TriggerRequest, answers

        return str(answers.trigger(house.app, TriggerRequest(strategy=strategy))["operation_id"])
    answer = house.client.post("/agent/trigger", json={"strategy": strategy})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["operation_id"])


def row(house: House, operation_id: str) -> dict[str, Any]:
    """Return the row of an operation."""
    found = house.rows("SELECT * FROM operations WHERE operation_id = :id", id=operation_id)
    assert found, f"no operation {operation_id}"
    return found[0]


def document(stored: Any) -> Any:
    """Return a JSON column's value, which SQLite gives as text."""
    return json.loads(stored) if isinstance(stored, str) else stored


def status(house: House, operation_id: str) -> str:
    """Return the status in the row of an operation."""
    found = house.rows("SELECT status FROM operations WHERE operation_id = :id", id=operation_id)
    assert found, f"no operation {operation_id}"
    return str(found[0]["status"])


def children(house: House, operation_id: str) -> list[dict[str, Any]]:
    """Return the rows of the children, oldest first."""
    return house.rows(
        "SELECT * FROM operations WHERE parent_operation_id = :id ORDER BY created_at, operation_id", id=operation_id
    )


def child(house: House, operation_id: str, kind: str) -> dict[str, Any] | None:
    """Return the row of the child of one type, or None before it exists."""
    return next((one for one in children(house, operation_id) if one["operation_type"] == kind), None)


def running(house: House, operation_id: str, kind: str) -> dict[str, Any]:
    """Wait until the child of one type works in a process of its own; return its row."""

    def look() -> dict[str, Any] | None:
        ended = status(house, operation_id)
        assert ended not in ENDED, f"the cycle ended {ended} before {kind} ran: {told(house, operation_id)}"
        found = child(house, operation_id, kind)
        return found if found and found["status"] == "running" and found["child_pid"] else None

    return wait_for(look, f"{kind} runs")


def worker_of(house: House, operation: dict[str, Any]) -> int:
    """Return the process id of the worker that holds an operation."""
    return int(house.rows("SELECT pid FROM workers WHERE worker_id = :id", id=operation["worker_id"])[0]["pid"])


def checkpoint_round(house: House, operation_id: str) -> int:
    """Return the round of the stored checkpoint, 0 without one."""
    found = house.rows("SELECT round FROM checkpoints WHERE operation_id = :id", id=operation_id)
    return int(found[0]["round"]) if found else 0


def ended(house: House, operation_id: str, seconds: float = 400) -> dict[str, Any]:
    """Wait until an operation has ended and return its row."""

    try:
        wait_for(lambda: status(house, operation_id) in ENDED, f"{operation_id} ends", seconds, every=0.1)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{told(house, operation_id)}") from None
    return row(house, operation_id)


def told(house: House, operation_id: str) -> str:
    """Return the events of an operation and its children as lines, and the last words of every process."""
    family = [row(house, operation_id), *children(house, operation_id)]
    ids = [one["operation_id"] for one in family]
    ends = [
        f"{one['operation_id']} {one['status']} {one['error_code'] or ''} {one['error_message'] or ''}"
        for one in family
    ]
    lines = [
        f"{event['at']} {event['operation_id']} {event['kind']} {event['from']}->{event['to']} {event['detail']}"
        for event in house.rows("SELECT * FROM events ORDER BY n")
        if event["operation_id"] in ids
    ]
    return "\n".join([*ends, *lines, *(house.words(process) for process in house.started)])


def outcome(house: House, operation_id: str) -> dict[str, Any]:
    """Return everything about an ended cycle that may not depend on how often it was killed."""
    parent = row(house, operation_id)
    found = document(parent["metadata"])["parameters"]
    return {
        "status": parent["status"],
        "verdict": found["assessment_verdict"],
        "gates": gates(house, operation_id),
        "children": [one["operation_type"] for one in children(house, operation_id)],
        "trials": trials(house, operation_id),
        "experiments": experiments(house, operation_id),
        "training": _steady(found["training_result"]),
        "backtest": _steady(found["backtest_result"]),
    }


def gates(house: House, operation_id: str) -> list[dict[str, Any]]:
    """Return the gate rows of a cycle in order, without ids and times."""
    found = house.rows(
        'SELECT gate, position, code, passed, observed, "limit", decisive, policy FROM gate_answers'
        " WHERE operation_id = :id ORDER BY gate DESC, position",
        id=operation_id,
    )
    return [{**one, "passed": bool(one["passed"]), "decisive": bool(one["decisive"])} for one in found]


def trials(house: House, operation_id: str) -> int:
    """Return how many tries the backtests of a cycle have put into the memory."""
    return sum(
        int(house.rows("SELECT count(*) AS n FROM trials WHERE operation_id = :id", id=one["operation_id"])[0]["n"])
        for one in children(house, operation_id)
    )


def experiments(house: House, operation_id: str) -> int:
    """Return how many experiments stand for a cycle."""
    return int(house.rows("SELECT count(*) AS n FROM experiments WHERE operation_id = :id", id=operation_id)[0]["n"])


def _steady(result: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if result is None else {name: value for name, value in result.items() if name not in RUN_DEPENDENT}
