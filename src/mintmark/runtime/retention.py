"""Delete what nobody may ask for any more."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from mintmark.runtime.operations import Operations
from mintmark.runtime.tables import CHECKPOINTS, DatabaseNow, events, operations, rounds, workers
from mintmark.runtime.transitions import ACTIVE, TERMINAL

DAY = 86_400.0
OPERATION_DAYS = 90
CHECKPOINT_DAYS = 30
ENGINE_DAYS = 7
WORKER_DAYS = 7
_BATCH = 500


def clean_up(known: Operations, home: Path) -> None:
    """Delete operations, checkpoints, work folders and engine rows past their time.

    Operations go 90 days after their end, whole families at once, except kept
    ones; checkpoints and folders after 30; the engine's rows and silent workers after 7.
    """
    with known.database.write() as connection:
        _forget_old_operations(connection)
        old = select(operations.c.operation_id).where(*_ended_before(CHECKPOINT_DAYS))
        for table in CHECKPOINTS:
            connection.execute(delete(table).where(table.c.operation_id.in_(old)))
        connection.execute(delete(workers).where(workers.c.beat < DatabaseNow() - WORKER_DAYS * DAY))
    _forget_engine_rows(known)
    _forget_folders(known, home)


def _ended_before(days: float) -> tuple[ColumnElement[bool], ...]:
    table = operations.c
    return table.status.in_(TERMINAL), table.completed_at < DatabaseNow() - days * DAY


def _forget_old_operations(connection: Connection) -> None:
    parent = operations.alias("parent")
    orphaned = ~select(parent.c.operation_id).where(parent.c.operation_id == operations.c.parent_operation_id).exists()
    old = (*_ended_before(OPERATION_DAYS), operations.c.kept.is_(False))
    while True:
        query = select(operations.c.operation_id).where(orphaned, *old).limit(_BATCH)
        found = list(connection.scalars(query))
        if not found:
            return
        tables: tuple[Table, ...] = (events, rounds, *CHECKPOINTS, operations)
        for table in tables:
            connection.execute(delete(table).where(table.c.operation_id.in_(found)))


def _forget_engine_rows(known: Operations) -> None:
    rows = known.engine.rows.c
    # The engine writes its times in milliseconds.
    long_ago = (DatabaseNow() - ENGINE_DAYS * DAY) * 1000.0
    while True:
        with known.database.read() as connection:
            ended = select(rows.workflow_uuid).where(rows.completed_at < long_ago)
            found = list(connection.scalars(ended.limit(_BATCH)))
        if not found:
            break
        known.engine.forget(found)
    with known.database.read() as connection:
        claimed = select(rows.workflow_uuid).where(rows.completed_at.is_(None), rows.created_at < long_ago)
        left = list(connection.scalars(claimed.limit(_BATCH)))
        names = {identity: identity.split(".")[0] for identity in left}
        table = operations.c
        active = select(table.operation_id).where(table.operation_id.in_(set(names.values())), table.status.in_(ACTIVE))
        wanted = set(connection.scalars(active))
    # Calls that died with their worker and that nobody waits for.
    known.engine.forget([identity for identity, name in names.items() if name not in wanted])


def _forget_folders(known: Operations, home: Path) -> None:
    folder = home / "work"
    if not folder.is_dir():
        return
    names = [place.name for place in folder.iterdir()]
    table = operations.c
    with known.database.read() as connection:
        kept = set(connection.scalars(select(table.operation_id).where(table.operation_id.in_(names))))
        gone = set(connection.scalars(select(table.operation_id).where(*_ended_before(CHECKPOINT_DAYS))))
    for name in names:
        if name not in kept or name in gone:
            shutil.rmtree(folder / name, ignore_errors=True)
