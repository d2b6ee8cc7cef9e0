"""Carry what a computation writes into its folder into the database, while it goes on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, case, delete, select, update

from mintmark.domain import Damaged
from mintmark.runtime.folder import Checkpoint, WorkFolder
from mintmark.runtime.killpoints import reached
from mintmark.runtime.operations import Operations
from mintmark.runtime.progress import Progress, share_of
from mintmark.runtime.tables import DatabaseNow, checkpoints, operations, rounds, upsert
from mintmark.runtime.transitions import RUNNING, locked, record
from mintmark.runtime.work import Parent, Run
from mintmark.store import Database

PROGRESS_SECONDS = 0.5


class Carrier:
    """Carries checkpoints as they come, progress and rounds at most twice a second.

    Everything is written under the life's own ``starts``: what an older life
    still has to say is not heard.
    """

    def __init__(self, operations: Operations, run: Run, folder: WorkFolder) -> None:
        self._operations = operations
        self._run = run
        self._folder = folder
        self._seen: dict[str, tuple[int, int] | None] = {}
        self._rounds_carried = 0
        self._progress_at = 0.0

    def carry(self, now: float) -> None:
        """Carry what is new; ``now`` is the monotonic time in seconds."""
        if self._carry_checkpoint() or now - self._progress_at >= PROGRESS_SECONDS:
            self._progress_at = now
            self._carry_progress()

    def carry_rest(self) -> None:
        """Carry everything the ended process left."""
        self._carry_checkpoint()
        self._carry_progress()

    def _changed(self, name: str) -> tuple[int, int] | None:
        stamp = self._folder.stamp(name)
        return None if stamp == self._seen.get(name) else stamp

    def _carry_checkpoint(self) -> bool:
        stamp = self._changed("checkpoint")
        if stamp is None:
            return False
        found = self._folder.checkpoint()
        if found is not None:
            with self._operations.database.write() as connection:
                self._put_checkpoint(connection, found)
                reached("work.before_checkpoint_commit")
            reached("work.after_checkpoint_commit")
        self._seen["checkpoint"] = stamp
        return True

    def _put_checkpoint(self, connection: Connection, found: Checkpoint) -> None:
        row = locked(connection, self._run.operation_id)
        if row is None or row.starts != self._run.starts:
            return
        values = {
            "operation_id": self._run.operation_id,
            "starts": self._run.starts,
            "round": found.round,
            "created_at": DatabaseNow(),
            "bytes": len(found.data),
            "sha256": found.sha256,
            "data": found.data,
        }
        connection.execute(delete(checkpoints).where(checkpoints.c.operation_id == self._run.operation_id))
        connection.execute(checkpoints.insert().values(values))
        detail = {"round": found.round, "bytes": len(found.data)}
        record(connection, self._run.operation_id, "checkpoint", worker_id=row.worker_id, detail=detail)

    def _carry_progress(self) -> None:
        progress, rows = self._changed("progress.json"), self._changed("rounds.json")
        if progress is None and rows is None:
            return
        found, new = self._folder.progress(), self._folder.rounds()[self._rounds_carried :]
        with self._operations.database.write() as connection:
            if not self._put_progress(connection, found):
                return
            for row in new:
                values = {"operation_id": self._run.operation_id, "round": row["round"], "row": row}
                insert = upsert(connection, rounds).values(values)
                connection.execute(
                    insert.on_conflict_do_update(index_elements=["operation_id", "round"], set_={"row": row})
                )
        self._rounds_carried += len(new)
        self._seen |= {"progress.json": progress, "rounds.json": rows}

    def _put_progress(self, connection: Connection, found: dict[str, Any] | None) -> bool:
        table = operations.c
        same, life = table.operation_id == self._run.operation_id, table.starts == self._run.starts
        mine = update(operations).where(same, life, table.status == RUNNING)
        values = {} if found is None else Progress.from_json(found).to_json()
        if connection.execute(mine.values(changed_at=DatabaseNow(), **values)).rowcount != 1:
            return False
        if found is not None and self._run.parent_operation_id is not None:
            self._move_parent(connection, self._run.parent_operation_id, Progress.from_json(found))
        return True

    def _move_parent(self, connection: Connection, parent_id: str, progress: Progress) -> None:
        table = operations.c
        mine = (table.operation_id == parent_id) & (table.child_id == self._run.operation_id)
        row = connection.execute(select(table.operation_type, table.phase).where(mine)).first()
        kind = None if row is None or row.operation_type not in self._operations.types else row.operation_type
        if row is None or kind is None:
            return
        declared = self._operations.kind(kind)
        share = declared.shares.get(row.phase) if isinstance(declared, Parent) else None
        if share is None:
            return
        reached_now = share_of(share, progress.percentage)
        highest = case((table.percentage < reached_now, reached_now), else_=table.percentage)
        change = update(operations).where(mine, table.status == RUNNING)
        connection.execute(change.values(percentage=highest, current_step=progress.current_step))


def stored_checkpoint(database: Database, operation_id: str) -> Checkpoint | None:
    """Return the state an operation goes on from, or None.

    Raises:
        Damaged: ``checkpoint_mismatch``: its bytes are not what was stored.
    """
    with database.read() as connection:
        query = select(checkpoints).where(checkpoints.c.operation_id == operation_id)
        row = connection.execute(query).first()
    if row is None:
        return None
    found = Checkpoint(row.round, bytes(row.data))
    if found.sha256 != row.sha256:
        message = f"the checkpoint of {operation_id} at round {row.round} is not what was stored"
        raise Damaged(message, code="checkpoint_mismatch")
    return found
