"""Carry what a computation writes into its folder into the database, while it goes on."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection, case, delete, func, select, update

from mintmark.domain import Damaged
from mintmark.runtime.folder import Checkpoint, WorkFolder
from mintmark.runtime.killpoints import reached
from mintmark.runtime.operations import Operations
from mintmark.runtime.progress import Progress, share_of
from mintmark.runtime.tables import DatabaseNow, checkpoint_parts, checkpoints, operations, rounds
from mintmark.runtime.transitions import RUNNING, locked, record
from mintmark.runtime.work import Parent, Run
from mintmark.store import Database, upsert

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
        self._parts_carried = 0
        self._progress_at = 0.0

    def begin(self) -> None:
        """Write the state this life goes on from into its folder.

        Raises:
            Damaged: ``checkpoint_mismatch``: its bytes are not what was stored.
        """
        database, identity = self._operations.database, self._run.operation_id
        state = stored_checkpoint(database, identity)
        if state is None:
            return
        for part in range(state.parts):
            self._folder.put_part(part, _stored_part(database, identity, part), "start")
        self._folder.put_checkpoint(state, "start")
        self._parts_carried = state.parts

    def carry(self, now: float) -> None:
        """Carry what is new; ``now`` is the monotonic time in seconds."""
        new = self._folder.stamp("checkpoint") != self._seen.get("checkpoint")
        if new or now - self._progress_at >= PROGRESS_SECONDS:
            self._progress_at = now
            self.carry_rest()

    def carry_rest(self) -> None:
        """Carry everything that lies in the folder, in one transaction.

        A checkpoint never comes without the rounds before it: the process writes
        those first, and here they are read last.
        """
        stamps = {name: self._folder.stamp(name) for name in ("checkpoint", "progress.json", "rounds.json")}
        if all(self._seen.get(name) == stamp for name, stamp in stamps.items()):
            return
        new = stamps["checkpoint"] != self._seen.get("checkpoint")
        checkpoint = self._folder.checkpoint() if new else None
        progress, rows = self._folder.progress(), self._folder.rounds()
        with self._operations.database.write() as connection:
            row = locked(connection, self._run.operation_id)
            if row is not None and row.starts == self._run.starts:
                self._put_rounds(connection, rows[self._rounds_carried :])
                if checkpoint is not None:
                    self._put_checkpoint(connection, checkpoint, row.worker_id)
                if progress is not None and row.status == RUNNING:
                    self._put_progress(connection, Progress.from_json(progress))
            if checkpoint is not None:
                reached("work.before_checkpoint_commit")
        if checkpoint is not None:
            self._parts_carried = checkpoint.parts
            reached("work.after_checkpoint_commit")
        self._rounds_carried = len(rows)
        self._seen |= stamps

    def _put_checkpoint(self, connection: Connection, found: Checkpoint, worker_id: str | None) -> None:
        added = sum(self._put_part(connection, part) for part in range(self._parts_carried, found.parts))
        size = len(found.data) + added
        values = {
            "operation_id": self._run.operation_id,
            "starts": self._run.starts,
            "round": found.round,
            "created_at": DatabaseNow(),
            "bytes": size,
            "sha256": found.sha256,
            "data": found.data,
        }
        connection.execute(delete(checkpoints).where(checkpoints.c.operation_id == self._run.operation_id))
        connection.execute(checkpoints.insert().values(values))
        detail = {"round": found.round, "bytes": size}
        record(connection, self._run.operation_id, "checkpoint", worker_id=worker_id, detail=detail)

    def _put_part(self, connection: Connection, part: int) -> int:
        """Store one part and return its size."""
        data = self._folder.part(part)
        digest = hashlib.sha256(data).hexdigest()
        values = {"operation_id": self._run.operation_id, "part": part, "sha256": digest, "data": data}
        connection.execute(checkpoint_parts.insert().values(values))
        return len(data)

    def _put_rounds(self, connection: Connection, new: list[dict[str, Any]]) -> None:
        if not new:
            return
        insert = upsert(connection, rounds)
        values = [{"operation_id": self._run.operation_id, "round": row["round"], "row": row} for row in new]
        replaced = {"row": insert.excluded["row"]}
        connection.execute(
            insert.on_conflict_do_update(index_elements=["operation_id", "round"], set_=replaced), values
        )

    def _put_progress(self, connection: Connection, progress: Progress) -> None:
        change = update(operations).where(operations.c.operation_id == self._run.operation_id)
        connection.execute(change.values(changed_at=DatabaseNow(), **progress.to_json()))
        if self._run.parent_operation_id is not None:
            self._move_parent(connection, self._run.parent_operation_id, progress)

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
        parts = connection.scalar(select(func.count()).where(checkpoint_parts.c.operation_id == operation_id))
    if row is None:
        return None
    found = Checkpoint(row.round, bytes(row.data), parts or 0)
    if found.sha256 != row.sha256:
        message = f"the checkpoint of {operation_id} at round {row.round} is not what was stored"
        raise Damaged(message, code="checkpoint_mismatch")
    return found


def _stored_part(database: Database, operation_id: str, part: int) -> bytes:
    with database.read() as connection:
        table = checkpoint_parts.c
        query = select(table.data, table.sha256).where(table.operation_id == operation_id, table.part == part)
        row = connection.execute(query).first()
    found = b"" if row is None else bytes(row.data)
    if row is None or hashlib.sha256(found).hexdigest() != row.sha256:
        message = f"part {part} of the checkpoint of {operation_id} is not what was stored"
        raise Damaged(message, code="checkpoint_mismatch")
    return found
