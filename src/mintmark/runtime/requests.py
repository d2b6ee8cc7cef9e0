"""What a client may ask of an operation in flight or at its end: cancel it, resume it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from mintmark.domain import Refused
from mintmark.runtime import reading
from mintmark.runtime.engine import Engine, engine_id
from mintmark.runtime.killpoints import reached
from mintmark.runtime.tables import DatabaseNow, checkpoints, operations
from mintmark.runtime.transitions import ACTIVE, CANCELLED, FAILED, RESUMING, RUNNING, locked, move, wake
from mintmark.store import Database

FINAL_CODES = frozenset({"gate_refused"})
"""Errors that are an answer: what they ended is not resumed."""

_MOST_TRIES = 20
_ENDING = (
    "completed_at",
    "result_summary",
    "error_code",
    "error_message",
    "cancel_reason",
    "worker_id",
    "incarnation",
    "child_pid",
)
_Family = tuple[str, ...]


class _FamilyGrew(Exception):
    """A child was started while its family was being cancelled."""


def cancelled(database: Database, engine: Engine, operation_id: str, reason: str | None) -> dict[str, Any]:
    """Cancel an operation and its descendants, deepest first, in one transaction."""
    _ = engine.client
    for _attempt in range(_MOST_TRIES):
        try:
            with database.write() as connection:
                answer, waiting = _cancel(connection, engine, operation_id, reason)
                reached("cancel.before_commit")
        except _FamilyGrew:
            continue
        reached("cancel.after_commit")
        engine.cancel(waiting)
        return answer
    raise Refused(f"{operation_id} starts children faster than they can be cancelled", code="not_cancellable")


def _cancel(
    connection: Connection, engine: Engine, operation_id: str, reason: str | None
) -> tuple[dict[str, Any], list[str]]:
    family = _family(connection, operation_id)
    # Children before parents: whoever ends a child locks them in the same order.
    held = {member: locked(connection, member) for member in reversed(family)}
    own = held[operation_id]
    if own is None:
        raise Refused(f"there is no operation {operation_id}", code="not_found", operation_id=operation_id)
    if own.status not in ACTIVE:
        raise _not_cancellable(own)
    if _family(connection, operation_id) != family:
        raise _FamilyGrew
    ended = []
    for member, row in held.items():
        why = (reason or "Cancelled on request") if member == operation_id else "Parent cancelled"
        values = {"cancel_reason": why, "completed_at": DatabaseNow()}
        if row is not None and move(connection, member, sources=ACTIVE, to=CANCELLED, values=values) is not None:
            ended.append(row)
    if own.parent_operation_id is not None:
        wake(connection, engine, own.parent_operation_id)
    waiting = [engine_id(row.operation_id, row.starts) for row in ended if _waits(row)]
    return _cancel_answer(connection, operation_id, ended), waiting


def _waits(row: Row[Any]) -> bool:
    return bool(row.carrier == "work" and row.status != RUNNING)


def _not_cancellable(row: Row[Any]) -> Refused:
    message = f"{row.operation_id} is {row.status} and can not be cancelled"
    return Refused(message, code="not_cancellable", operation_id=row.operation_id, status=row.status)


def _cancel_answer(connection: Connection, operation_id: str, ended: list[Row[Any]]) -> dict[str, Any]:
    table = operations.c
    query = select(table.completed_at, table.cancel_reason).where(table.operation_id == operation_id)
    row = connection.execute(query).one()
    children = [member.operation_id for member in ended if member.operation_id != operation_id]
    return {
        "operation_id": operation_id,
        "status": CANCELLED,
        "cancelled_at": reading.moment_text(row.completed_at),
        "cancel_reason": row.cancel_reason,
        "child_cancelled": bool(children),
        "children_cancelled": children,
    }


def _family(connection: Connection, operation_id: str) -> _Family:
    """Return an operation and all below it, parents before children."""
    family, layer = [operation_id], [operation_id]
    while layer:
        query = select(operations.c.operation_id).where(operations.c.parent_operation_id.in_(layer))
        layer = list(connection.scalars(query.order_by(operations.c.operation_id)))
        family += layer
    return tuple(family)


def resumed(database: Database, engine: Engine, operation_id: str) -> dict[str, Any]:
    """Start the next life of an operation, and of the child of its phase, in one transaction."""
    _ = engine.client
    with database.write() as connection:
        chain = _chain(connection, operation_id)
        held = {member: locked(connection, member) for member in reversed(chain)}
        own = held[operation_id]
        if own is None:
            raise Refused(f"there is no operation {operation_id}", code="not_found", operation_id=operation_id)
        if own.status not in (FAILED, CANCELLED) or own.error_code in FINAL_CODES:
            raise _not_resumable(own)
        for row in held.values():
            if row is not None and row.status in (FAILED, CANCELLED):
                _start_again(connection, engine, row)
        answer = {
            "operation_id": operation_id,
            "status": RESUMING,
            "resumed_from": {"phase": own.phase, "round": _round(connection, chain)},
        }
        reached("resume.before_commit")
    reached("resume.after_commit")
    return answer


def _not_resumable(row: Row[Any]) -> Refused:
    ended_by = " by a gate" if row.error_code in FINAL_CODES else ""
    message = f"{row.operation_id} is {row.status}{ended_by} and can not be resumed"
    return Refused(message, code="not_resumable", operation_id=row.operation_id, status=row.status)


def _chain(connection: Connection, operation_id: str) -> _Family:
    """Return an operation, the child of its phase, that one's child, and so on."""
    chain = [operation_id]
    while True:
        query = select(operations.c.child_id).where(operations.c.operation_id == chain[-1])
        below = connection.scalar(query)
        if below is None or below in chain:
            return tuple(chain)
        chain.append(below)


def _start_again(connection: Connection, engine: Engine, row: Row[Any]) -> None:
    move(
        connection,
        row.operation_id,
        sources=(FAILED, CANCELLED),
        to=RESUMING,
        starts=row.starts,
        values={**dict.fromkeys(_ENDING), "takeovers": 0},
    )
    starts, look = row.starts + 1, row.look + 1 if row.carrier == "look" else 0
    change = update(operations).where(operations.c.operation_id == row.operation_id)
    connection.execute(change.values(starts=starts, first_start=starts, look=look))
    identity = engine_id(row.operation_id, starts, look or None)
    engine.enqueue(connection, row.carrier, row.queue, identity, row.operation_id, starts)


def _round(connection: Connection, chain: _Family) -> int:
    query = select(checkpoints.c.round).where(checkpoints.c.operation_id == chain[-1])
    return int(connection.scalar(query) or 0)
