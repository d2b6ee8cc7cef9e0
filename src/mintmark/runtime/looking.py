"""A look: one transaction in which a waiting operation sees its child and moves on."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Connection, Row, func, select

from mintmark.domain import MintmarkError, StoreUnavailable
from mintmark.runtime.killpoints import reached
from mintmark.runtime.operations import Operations
from mintmark.runtime.tables import DatabaseNow, operations
from mintmark.runtime.telemetry import span, trail
from mintmark.runtime.transitions import ACTIVE, PENDING, RESUMING, RUNNING, TERMINAL, locked, move
from mintmark.runtime.work import ChildView, Parent, ParentView

log = logging.getLogger(__name__)


def look(known: Operations, operation_id: str, starts: int) -> str:
    """Let the parent ``operation_id`` look once; return what came of it.

    left: nothing to do (another life, ended, or its child still works);
    moved; or the status it ended with. A room's own "no" or fault fails the parent.

    Raises:
        StoreUnavailable: the database went away; the reaper asks for another look.
    """
    reached("look.started")
    with known.database.read() as connection:
        query = select(operations.c.operation_type, operations.c.correlation_id)
        found = connection.execute(query.where(operations.c.operation_id == operation_id)).first()
    if found is None:
        return "left"
    kind = known.kind(found.operation_type)
    if not isinstance(kind, Parent):
        raise TypeError(f"expected an operation that waits, found {found.operation_type}")
    with trail(operation_id=operation_id, correlation_id=found.correlation_id), span(f"look.{kind.type}"):
        try:
            outcome = _looked(known, kind, operation_id, starts)
        except StoreUnavailable:
            raise
        except MintmarkError as error:
            outcome = _failed(known, operation_id, starts, error.code, error.message)
        except Exception as error:
            log.exception("a look failed")
            outcome = _failed(known, operation_id, starts, "internal", str(error) or type(error).__name__)
        if outcome in TERMINAL and kind.after_look is not None:
            kind.after_look(operation_id)
    reached("look.returned")
    return outcome


def _looked(known: Operations, kind: Parent, operation_id: str, starts: int) -> str:
    prepared = None if kind.before_look is None else kind.before_look(operation_id)
    reached("look.prepared")
    with known.writing() as connection:
        outcome = _look_once(connection, kind, operation_id, starts, prepared)
        reached("look.before_commit")
    reached("look.after_commit")
    return outcome


def _look_once(connection: Connection, kind: Parent, operation_id: str, starts: int, prepared: Any) -> str:
    row = locked(connection, operation_id)
    if row is None or row.starts != starts or row.status not in ACTIVE:
        return "left"
    if row.status != RUNNING:
        begun = {"started_at": func.coalesce(operations.c.started_at, DatabaseNow())}
        move(connection, operation_id, sources=(PENDING, RESUMING), to=RUNNING, starts=starts, values=begun)
    view = _view(connection, row, prepared)
    if view.child is not None and view.child.status in ACTIVE:
        return "left"
    kind.look(connection, view)
    status = connection.scalar(select(operations.c.status).where(operations.c.operation_id == operation_id))
    return "moved" if status in ACTIVE else str(status)


def _view(connection: Connection, row: Row[Any], prepared: Any) -> ParentView:
    child = None
    if row.child_id is not None:
        query = select(operations).where(operations.c.operation_id == row.child_id)
        found = connection.execute(query).first()
        child = None if found is None else _child(found)
    return ParentView(
        operation_id=row.operation_id,
        type=row.operation_type,
        phase=row.phase,
        child_id=row.child_id,
        child=child,
        metadata=row.metadata,
        correlation_id=row.correlation_id,
        prepared=prepared,
    )


def _child(row: Row[Any]) -> ChildView:
    return ChildView(
        operation_id=row.operation_id,
        type=row.operation_type,
        status=row.status,
        result_summary=row.result_summary,
        error_code=row.error_code,
        error_message=row.error_message,
        cancel_reason=row.cancel_reason,
    )


def _failed(known: Operations, operation_id: str, starts: int, code: str, message: str) -> str:
    with known.writing() as connection:
        row = locked(connection, operation_id)
        if row is None or row.starts != starts:
            return "left"
        return "failed" if known.fail(connection, operation_id, code, message) else "left"
