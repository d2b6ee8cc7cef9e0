"""What may be read about operations and workers, in the shapes the doors show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from mintmark.domain import Refused, iso
from mintmark.runtime.tables import DatabaseNow, checkpoints, events, operations, rounds, workers
from mintmark.runtime.transitions import ACTIVE, RUNNING, STATUSES
from mintmark.runtime.work import QUEUES

LIVE_SECONDS = 10.0
_PROGRESS = ("steps_completed", "steps_total", "items_processed", "items_total", "context")
_PLAIN = ("operation_id", "operation_type", "parent_operation_id", "status")


def moment_text(seconds: float | None) -> str | None:
    """Return a time of the database as ISO 8601 with ``Z``, to the millisecond."""
    if seconds is None:
        return None
    return iso(datetime.fromtimestamp(round(seconds, 3), UTC))


def _query() -> Select[Any]:
    mark = checkpoints.c
    return select(
        operations,
        DatabaseNow().label("now"),
        mark.round.label("checkpoint_round"),
        mark.created_at.label("checkpoint_at"),
        mark.bytes.label("checkpoint_bytes"),
    ).outerjoin(checkpoints, mark.operation_id == operations.c.operation_id)


def summary_of(row: Row[Any]) -> dict[str, Any]:
    """Return what a list shows of an operation."""
    ended = row.completed_at or row.now
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "phase": row.phase,
        "child_operation_id": row.child_id,
        "created_at": moment_text(row.created_at),
        "started_at": moment_text(row.started_at),
        "completed_at": moment_text(row.completed_at),
        "duration_seconds": None if row.started_at is None else round(max(0.0, ended - row.started_at), 3),
        "progress": {
            "percentage": round(row.percentage, 2),
            "current_step": row.current_step,
            **{name: getattr(row, name) for name in _PROGRESS},
        },
        "metadata": row.metadata,
        "error": None if row.error_code is None else {"code": row.error_code, "message": row.error_message},
        "error_message": row.error_message,
        "worker_id": row.worker_id,
        "cancel_reason": row.cancel_reason,
    }


def operation_of(row: Row[Any]) -> dict[str, Any]:
    """Return everything shown of an operation."""
    mark = {"round": row.checkpoint_round, "created_at": moment_text(row.checkpoint_at), "bytes": row.checkpoint_bytes}
    return {
        **summary_of(row),
        "result_summary": row.result_summary,
        "warnings": row.warnings,
        "starts": row.starts,
        "takeovers": row.takeovers,
        "checkpoint": None if row.checkpoint_round is None else mark,
        "mark": row.mark,
    }


def one(connection: Connection, operation_id: str) -> dict[str, Any]:
    """Return the operation ``operation_id``.

    Raises:
        Refused: ``not_found``.
    """
    row = connection.execute(_query().where(operations.c.operation_id == operation_id)).first()
    if row is None:
        raise Refused(f"there is no operation {operation_id}", code="not_found", operation_id=operation_id)
    return operation_of(row)


def many(
    connection: Connection,
    *,
    operation_type: str | None,
    status: str | None,
    parent: str | None,
    active_only: bool,
    roots_only: bool,
    limit: int,
    offset: int,
) -> dict[str, Any]:
    """Return a page of summaries, newest first, with how many there are in all."""
    if not 1 <= limit <= 1000 or offset < 0:
        raise Refused("expected limit from 1 to 1000 and offset from 0", limit=limit, offset=offset)
    if status is not None and status not in STATUSES:
        raise Refused(f"expected one of {', '.join(STATUSES)}, found {status!r}", status=status)
    table = operations.c
    wanted: list[Any] = [table.status.in_(ACTIVE)] if active_only else []
    wanted += [table.parent_operation_id.is_(None)] if roots_only else []
    filters = ((table.operation_type, operation_type), (table.status, status), (table.parent_operation_id, parent))
    wanted += [column == value for column, value in filters if value is not None]
    alive = func.count(case((table.status.in_(ACTIVE), 1)))
    total, active = connection.execute(select(func.count(), alive).select_from(operations).where(*wanted)).one()
    newest = (table.created_at.desc(), table.operation_id.desc())
    page = connection.execute(_query().where(*wanted).order_by(*newest).limit(limit).offset(offset))
    data = [summary_of(row) for row in page]
    return {"data": data, "total_count": total, "active_count": active, "limit": limit, "offset": offset}


def last_ended(connection: Connection, operation_type: str) -> dict[str, Any] | None:
    """Return the summary of the operation of a type that ended last, or None."""
    table = operations.c
    ended = table.operation_type == operation_type, table.completed_at.is_not(None)
    row = connection.execute(_query().where(*ended).order_by(table.completed_at.desc()).limit(1)).first()
    return None if row is None else summary_of(row)


def children_of(connection: Connection, operation_id: str) -> list[dict[str, Any]]:
    """Return the children of an operation, oldest first."""
    table = operations.c
    query = _query().where(table.parent_operation_id == operation_id)
    return [operation_of(row) for row in connection.execute(query.order_by(table.created_at, table.operation_id))]


def events_of(connection: Connection, operation_id: str) -> list[dict[str, Any]]:
    """Return the trail of an operation, oldest first."""
    query = select(events).where(events.c.operation_id == operation_id).order_by(events.c.n)
    return [
        {
            "at": moment_text(row["at"]),
            "kind": row["kind"],
            "from": row["from"],
            "to": row["to"],
            "worker_id": row["worker_id"],
            "detail": row["detail"],
        }
        for row in connection.execute(query).mappings()
    ]


def rounds_of(connection: Connection, operation_id: str, after: int) -> list[dict[str, Any]]:
    """Return the training rounds after ``after``, in order."""
    query = select(rounds).where(rounds.c.operation_id == operation_id, rounds.c.round > after)
    return [dict(row.row) for row in connection.execute(query.order_by(rounds.c.round))]


def workers_of(connection: Connection) -> list[dict[str, Any]]:
    """Return the workers the database knows, live ones first; a slot is one worker."""
    table = operations.c
    query = select(table.worker_id, func.count()).where(table.status == RUNNING, table.worker_id.is_not(None))
    busy = {worker: number for worker, number in connection.execute(query.group_by(table.worker_id))}
    found = connection.execute(select(workers, DatabaseNow().label("now")).order_by(workers.c.worker_id)).all()
    rows = [
        {
            "worker_id": row.worker_id,
            "host": row.host,
            "pid": row.pid,
            "queues": row.queues,
            "slots": 1,
            "busy": busy.get(row.worker_id, 0),
            "last_heartbeat": moment_text(row.beat),
            "live": row.now - row.beat < LIVE_SECONDS,
        }
        for row in found
    ]
    return sorted(rows, key=lambda worker: not worker["live"])


def occupancy_of(connection: Connection) -> dict[str, dict[str, int]]:
    """Return for each queue how many operations run on it, and how many could on live workers."""
    running = (operations.c.status == RUNNING) & (operations.c.carrier == "work")
    query = select(operations.c.queue, func.count()).where(running).group_by(operations.c.queue)
    busy = {queue: number for queue, number in connection.execute(query)}
    live = [worker for worker in workers_of(connection) if worker["live"]]
    return {
        queue: {
            "busy": busy.get(queue, 0),
            "total": sum(slots for worker in live if queue in worker["queues"]),
        }
        for queue, slots in QUEUES.items()
    }
