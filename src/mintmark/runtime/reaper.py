"""Find work nobody does any more and hand it on; several reapers at once do no harm."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, cast, func, or_, select

from mintmark.runtime.engine import CLAIMED, WAITING, Engine, engine_id
from mintmark.runtime.killpoints import reached
from mintmark.runtime.tables import DatabaseNow, operations, workers
from mintmark.runtime.transitions import ACTIVE, RUNNING, TERMINAL, hand_over, locked, record, wake
from mintmark.store import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long, in seconds, before something counts as lost."""

    worker: float = 15.0
    engine_row: float = 10.0
    look: float = 30.0


def reap(database: Database, engine: Engine, patience: Patience, worker_id: str) -> int:
    """Settle every finding and return how many there were.

    Work of a worker that is absent, silent or has restarted; work the engine has
    let go of; parents whose look was lost.
    """
    with database.read() as connection:
        orphans = connection.execute(_orphans(patience)).all()
        dropped = connection.execute(_dropped(engine, patience)).all()
        forgotten = connection.scalars(_forgotten(engine, patience)).all()
    settled = sum(_hand_over(database, engine, row, not row.restarted, worker_id) for row in orphans)
    settled += sum(_hand_over(database, engine, row, True, worker_id) for row in dropped)
    return settled + sum(_look_again(database, engine, parent, patience, worker_id) for parent in forgotten)


def _orphans(patience: Patience) -> Any:
    """Running work whose worker is absent, silent, or (``restarted``) has another incarnation."""
    silent = workers.c.beat < DatabaseNow() - patience.worker
    changed = workers.c.incarnation != operations.c.incarnation
    owner = workers.c.worker_id == operations.c.worker_id
    lost = or_(workers.c.worker_id.is_(None), silent, changed)
    mine = and_(operations.c.carrier == "work", operations.c.status == RUNNING)
    restarted = func.coalesce(changed, False).label("restarted")
    return select(operations.c.operation_id, operations.c.starts, restarted).outerjoin(workers, owner).where(mine, lost)


def _dropped(engine: Engine, patience: Patience) -> Any:
    """Work nobody has changed for a while whose engine row is absent, ended, or claimed by a dead worker."""
    rows, table = engine.rows.c, operations.c
    claimed = workers.c.worker_id == rows.executor_id
    ended = rows.status.not_in((*WAITING, CLAIMED))
    silent = or_(workers.c.worker_id.is_(None), workers.c.beat < DatabaseNow() - patience.worker)
    lost = or_(rows.workflow_uuid.is_(None), ended, and_(rows.status == CLAIMED, silent))
    idle = table.changed_at < DatabaseNow() - patience.engine_row
    joined = operations.outerjoin(engine.rows, rows.workflow_uuid == _identity()).outerjoin(workers, claimed)
    query = select(table.operation_id, table.starts).select_from(joined)
    return query.where(table.carrier == "work", table.status.in_(ACTIVE), idle, lost)


def _forgotten(engine: Engine, patience: Patience) -> Any:
    """Parents that should have looked by now and have no look waiting in the queue."""
    rows, table, child = engine.rows.c, operations.c, operations.alias("child")
    late = DatabaseNow() - patience.look
    child_ended = and_(child.c.status.in_(TERMINAL), child.c.completed_at < late)
    unlooked = or_(table.status != RUNNING, child.c.operation_id.is_(None), child_ended)
    identity = _identity() + "." + cast(table.look, Text)
    not_waiting = or_(rows.workflow_uuid.is_(None), rows.status.not_in(WAITING))
    joined = operations.outerjoin(child, child.c.operation_id == table.child_id).outerjoin(
        engine.rows, rows.workflow_uuid == identity
    )
    waiting = and_(table.carrier == "look", table.status.in_(ACTIVE), table.changed_at < late)
    return select(table.operation_id).select_from(joined).where(waiting, unlooked, not_waiting)


def _identity() -> ColumnElement[str]:
    return operations.c.operation_id + "." + cast(operations.c.starts, Text)


def _hand_over(database: Database, engine: Engine, found: Row[Any], takeover: bool, worker_id: str) -> bool:
    with database.write() as connection:
        row = locked(connection, found.operation_id)
        if row is None or row.status not in ACTIVE or row.starts != found.starts:
            return False
        status = hand_over(connection, engine, row, takeover=takeover, worker_id=worker_id)
        reached("reaper.before_commit")
    reached("reaper.after_commit")
    # Else the engine would start the ended life again with the worker that held it.
    engine.cancel([engine_id(row.operation_id, row.starts)])
    log.info("handed over", extra={"operation_id": row.operation_id, "takeover": takeover, "status": status})
    return status is not None


def _look_again(database: Database, engine: Engine, parent_id: str, patience: Patience, worker_id: str) -> bool:
    with database.write() as connection:
        row = locked(connection, parent_id)
        now = connection.scalar(select(DatabaseNow()))
        if row is None or row.status not in ACTIVE or now is None or row.changed_at >= now - patience.look:
            return False
        if not wake(connection, engine, parent_id):
            return False
        record(connection, parent_id, "look_repaired", worker_id=worker_id, detail={"look": row.look + 1})
    return True
