"""The one way a status moves: compare and set, with its event in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from mintmark.runtime import counters
from mintmark.runtime.engine import Engine, engine_id
from mintmark.runtime.tables import CHECKPOINTS, DatabaseNow, events, operations

PENDING, RUNNING, RESUMING = "pending", "running", "resuming"
COMPLETED, FAILED, CANCELLED = "completed", "failed", "cancelled"
STATUSES = (PENDING, RUNNING, RESUMING, COMPLETED, FAILED, CANCELLED)
ACTIVE = (PENDING, RUNNING, RESUMING)
TERMINAL = (COMPLETED, FAILED, CANCELLED)

MOVES: Mapping[str, frozenset[str]] = {
    PENDING: frozenset({RUNNING, FAILED, CANCELLED, PENDING}),
    RUNNING: frozenset({COMPLETED, FAILED, CANCELLED, PENDING}),
    RESUMING: frozenset({RUNNING, FAILED, CANCELLED, PENDING}),
    FAILED: frozenset({RESUMING}),
    CANCELLED: frozenset({RESUMING}),
    COMPLETED: frozenset(),
}
"""From -> to. A handed-over operation goes (back) to pending, whatever it was."""

MOST_TAKEOVERS = 3
MOST_STARTS = 10
"""Lives an operation may have since it was created or last resumed."""


def locked(connection: Connection, operation_id: str) -> Row[Any] | None:
    """Return the row of ``operation_id``, held by this transaction until it ends; None when there is none."""
    query = select(operations).where(operations.c.operation_id == operation_id)
    return connection.execute(query.with_for_update()).first()


def move(
    connection: Connection,
    operation_id: str,
    *,
    sources: Collection[str],
    to: str,
    starts: int | None = None,
    kind: str = "status",
    worker_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Row[Any] | None:
    """Move an operation to status ``to`` and return its row as it was before; None when somebody was first.

    Nothing happens unless its status is among ``sources`` and, where given, its
    ``starts`` is the caller's. Each of ``sources`` must be allowed by ``MOVES``.
    """
    for source in sources:
        if to not in MOVES[source]:
            raise ValueError(f"expected one of {sorted(MOVES[source])} after {source}, found {to}")
    row = locked(connection, operation_id)
    if row is None or row.status not in sources or (starts is not None and row.starts != starts):
        return None
    held = (operations.c.operation_id == operation_id) & (operations.c.status == row.status)
    change = update(operations).where(held, operations.c.starts == row.starts)
    found = connection.execute(change.values(status=to, changed_at=DatabaseNow(), **(values or {})))
    if found.rowcount != 1:
        return None
    record(connection, operation_id, kind, row.status, to, worker_id=worker_id, detail=detail)
    return row


def record(
    connection: Connection,
    operation_id: str,
    kind: str,
    source: str | None = None,
    to: str | None = None,
    *,
    worker_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one event of an operation's trail."""
    row = {"operation_id": operation_id, "kind": kind, "from": source, "to": to}
    rest = {"at": DatabaseNow(), "worker_id": worker_id, "detail": None if detail is None else dict(detail)}
    connection.execute(insert(events).values({**row, **rest}))


def end(
    connection: Connection,
    engine: Engine,
    operation_id: str,
    to: str,
    *,
    sources: Collection[str],
    starts: int | None = None,
    worker_id: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> Row[Any] | None:
    """End an operation as ``to`` and wake its parent; return its row as it was, None when somebody was first."""
    row = move(
        connection,
        operation_id,
        sources=sources,
        to=to,
        starts=starts,
        worker_id=worker_id,
        values={"completed_at": DatabaseNow(), **(values or {})},
    )
    if row is None:
        return None
    if to == COMPLETED:
        for table in CHECKPOINTS:
            connection.execute(table.delete().where(table.c.operation_id == operation_id))
    counters.count(connection, "mintmark_operations_ended_total", type=row.operation_type, status=to)
    leave_phase(connection, row)
    if row.parent_operation_id is not None:
        wake(connection, engine, row.parent_operation_id)
    return row


def leave_phase(connection: Connection, row: Row[Any]) -> None:
    """Count the seconds a parent has spent in the phase it leaves."""
    if row.phase is None:
        return
    begun = select(func.max(events.c["at"])).where(events.c.operation_id == row.operation_id, events.c.kind == "phase")
    seconds = connection.scalar(select(DatabaseNow() - begun.scalar_subquery()))
    if seconds is not None:
        counters.observe(connection, "mintmark_phase_seconds", seconds, phase=row.phase)


def wake(connection: Connection, engine: Engine, operation_id: str) -> bool:
    """Enqueue the next look of a waiting parent; return whether there was one to wake."""
    held = (operations.c.operation_id == operation_id) & operations.c.status.in_(ACTIVE)
    change = update(operations).where(held, operations.c.carrier == "look")
    found = connection.execute(
        change.values(look=operations.c.look + 1, changed_at=DatabaseNow()).returning(
            operations.c.look, operations.c.starts, operations.c.queue
        )
    ).first()
    if found is None:
        return False
    identity = engine_id(operation_id, found.starts, found.look)
    engine.enqueue(connection, "look", found.queue, identity, operation_id, found.starts)
    return True


def hand_over(
    connection: Connection,
    engine: Engine,
    row: Row[Any],
    *,
    takeover: bool,
    worker_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> str | None:
    """Give the work of ``row`` back to its queue under the next ``starts``; return its new status.

    A ``takeover`` is counted; the fourth, and any life past the tenth, ends it as
    ``worker_lost``. None when the row has moved since it was read.
    """
    taken, lives = row.takeovers + takeover, row.starts + 2 - row.first_start
    if taken > MOST_TAKEOVERS or lives > MOST_STARTS:
        message = (
            f"its worker was lost {row.takeovers + 1} times"
            if takeover
            else f"started {lives - 1} times without an end"
        )
        ended = end(
            connection,
            engine,
            row.operation_id,
            FAILED,
            sources=[row.status],
            starts=row.starts,
            worker_id=worker_id,
            values={"error_code": "worker_lost", "error_message": message},
        )
        return None if ended is None else FAILED
    moved = move(
        connection,
        row.operation_id,
        sources=[row.status],
        to=PENDING,
        starts=row.starts,
        kind="takeover" if takeover else "restart",
        worker_id=worker_id,
        detail={**(detail or {}), "starts": row.starts + 1, "lost_worker": row.worker_id},
    )
    if moved is None:
        return None
    next_life = {"starts": row.starts + 1, "takeovers": taken, "child_pid": None}
    cleared = {"worker_id": None, "incarnation": None}
    same = operations.c.operation_id == row.operation_id
    connection.execute(update(operations).where(same).values(**next_life, **cleared))
    if takeover:
        counters.count(connection, "mintmark_takeovers_total", type=row.operation_type)
    engine.enqueue(
        connection, "work", row.queue, engine_id(row.operation_id, row.starts + 1), row.operation_id, row.starts + 1
    )
    return PENDING
