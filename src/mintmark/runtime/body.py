"""One life of a computing operation: take it, start its process, watch it, settle it."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Row, func, select, update

from mintmark.domain import Fault, MintmarkError, NotWritable, StoreUnavailable
from mintmark.runtime.carrying import Carrier
from mintmark.runtime.folder import WorkFolder
from mintmark.runtime.killpoints import armed, reached
from mintmark.runtime.operations import Operations
from mintmark.runtime.spawn import release, start_process, stop_process
from mintmark.runtime.tables import DatabaseNow, operations
from mintmark.runtime.telemetry import span, trail
from mintmark.runtime.transitions import (
    COMPLETED,
    FAILED,
    PENDING,
    RESUMING,
    RUNNING,
    end,
    hand_over,
    locked,
    move,
    record,
)
from mintmark.runtime.work import Run, Work
from mintmark.store import make_folder

WATCH_SECONDS = 0.2
RETRY_SECONDS = 1.0

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a life is lived: a worker in one of its incarnations."""

    operations: Operations
    home: Path
    worker_id: str
    incarnation: str
    stopping: threading.Event

    def persist(self, action: Callable[[], T], awaited: tuple[type[Fault], ...] = (StoreUnavailable,)) -> T:
        """Do ``action`` as soon as the database answers; give up only when the worker stops.

        Raises:
            StoreUnavailable: the worker is stopping and the database is away.
        """
        while True:
            try:
                return action()
            except awaited as error:
                if self.stopping.is_set():
                    raise
                log.warning("waiting for the database: %s", error)
                self.stopping.wait(RETRY_SECONDS)


def run_body(place: Place, operation_id: str, starts: int) -> str:
    """Live the life ``starts`` of an operation to its end and return how it ended.

    completed, failed, handed_over, or superseded: another life has begun or
    somebody ended the operation.
    """
    reached("work.started")
    row = place.persist(lambda: _taken(place, operation_id, starts))
    if row is None:
        return "superseded"
    reached("work.taken")
    kind = place.operations.kind(row.operation_type)
    if not isinstance(kind, Work):
        raise TypeError(f"expected an operation that computes, found {row.operation_type}")
    ids = {"operation_id": operation_id, "correlation_id": row.correlation_id, "worker_id": place.worker_id}
    with trail(**ids), span(f"work.{kind.type}", starts=starts):
        outcome = _Life(place, _run(place, row), kind).live()
        log.info("work ended", extra={"type": kind.type, "starts": starts, "outcome": outcome})
    reached("work.returned")
    return outcome


def _taken(place: Place, operation_id: str, starts: int) -> Row[Any] | None:
    begun = func.coalesce(operations.c.started_at, DatabaseNow())
    with place.operations.writing() as connection:
        return move(
            connection,
            operation_id,
            sources=(PENDING, RESUMING),
            to=RUNNING,
            starts=starts,
            worker_id=place.worker_id,
            values={"worker_id": place.worker_id, "incarnation": place.incarnation, "started_at": begun},
        )


def _run(place: Place, row: Row[Any]) -> Run:
    return Run(
        operation_id=row.operation_id,
        type=row.operation_type,
        starts=row.starts,
        metadata=row.metadata,
        folder=place.home / "work" / row.operation_id / str(row.starts),
        parent_operation_id=row.parent_operation_id,
        correlation_id=row.correlation_id,
    )


class _Life:
    def __init__(self, place: Place, run: Run, kind: Work) -> None:
        self._place = place
        self._operations = place.operations
        self._run = run
        self._kind = kind
        self._folder = WorkFolder(run.folder)
        self._carrier = Carrier(place.operations, run, self._folder)

    def live(self) -> str:
        """Do all of it; whatever goes wrong in the room's own code ends the operation, with its name."""
        try:
            self._prepare()
            process = start_process(self._folder.path, self._folder.log)
            reached("work.spawned")
            return self._settled(process, self._watched(process))
        except StoreUnavailable:
            # The worker stops while the database is away: whoever finds the work next takes it over.
            return "handed_over"
        except MintmarkError as error:
            return self._fail(error.code, error.message)
        except Exception as error:
            log.exception("work failed")
            return self._fail("internal", str(error) or type(error).__name__)

    def _prepare(self) -> None:
        make_folder(self._folder.path)
        inputs = self._place.persist(lambda: self._kind.prepare(self._run))
        reached("work.prepared")
        self._place.persist(self._carrier.begin)
        self._folder.put_inputs(
            {
                "compute": self._kind.compute,
                "inputs": inputs,
                "operation_id": self._run.operation_id,
                "starts": self._run.starts,
                "worker_pid": os.getpid(),
                "home": str(self._place.home),
                "kill_at": armed(),
            }
        )
        reached("work.folder_written")

    def _watched(self, process: subprocess.Popen[bytes]) -> str:
        try:
            return self._watch(process)
        except BaseException:
            stop_process(process)
            raise

    def _watch(self, process: subprocess.Popen[bytes]) -> str:
        """Return once the process has ended (``ended``), was stopped with its worker, or is not wanted any more."""
        told = False
        while True:
            try:
                process.wait(WATCH_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            else:
                release(process)
                return "ended"
            if self._place.stopping.is_set():
                stop_process(process)
                return "stopping"
            try:
                if not told:
                    told = self._tell_process(process.pid)
                if not self._wanted():
                    stop_process(process)
                    return "superseded"
                self._carrier.carry(time.monotonic())
            except StoreUnavailable as error:
                # The computation goes on and its checkpoints lie on disk until the database is back.
                log.warning("the database is away, the computation goes on: %s", error)

    def _tell_process(self, pid: int) -> bool:
        with self._operations.database.write() as connection:
            connection.execute(update(operations).where(*self._mine()).values(child_pid=pid))
        reached("work.spawn_recorded")
        return True

    def _mine(self) -> tuple[Any, ...]:
        table = operations.c
        same = table.operation_id == self._run.operation_id
        return same, table.starts == self._run.starts, table.status == RUNNING

    def _wanted(self) -> bool:
        with self._operations.database.read() as connection:
            return connection.scalar(select(operations.c.starts).where(*self._mine())) is not None

    def _settled(self, process: subprocess.Popen[bytes], ended: str) -> str:
        reached("work.process_ended")
        persist = self._place.persist
        persist(lambda: self._carrier.carry_rest())
        if ended == "superseded":
            return persist(self._superseded)
        if ended == "stopping":
            return persist(lambda: self._handed_over(takeover=False, detail={"reason": "worker stopped"}))
        result, code = self._folder.result(), process.returncode
        if result is None and code < 0:
            return persist(lambda: self._handed_over(takeover=True, detail={"signal": -code}))
        if result is None:
            return self._fail("internal", f"the process ended with code {code} and no result")
        if "error" in result:
            return self._fail(result["error"]["code"], result["error"]["message"])
        return self._store(result)

    def _store(self, result: dict[str, Any]) -> str:
        found, store = result["result"], self._kind.store_files
        if store is not None:
            found = self._place.persist(lambda: store(self._run, found))
        reached("work.files_stored")
        outcome = self._place.persist(lambda: self._finished(found, result["warnings"]))
        reached("work.after_finish_commit")
        if outcome == COMPLETED:
            shutil.rmtree(self._folder.path.parent, ignore_errors=True)
        return outcome

    def _finished(self, result: dict[str, Any], warnings: list[str]) -> str:
        with self._operations.writing() as connection:
            row = locked(connection, self._run.operation_id)
            if row is None or row.status != RUNNING or row.starts != self._run.starts:
                self._drop(connection)
                return "superseded"
            summary = self._kind.finish(connection, self._run, result)
            values = {"result_summary": summary, "mark": summary.get("mark"), "warnings": warnings, "percentage": 100.0}
            self._end(connection, COMPLETED, **values)
            reached("work.before_finish_commit")
        return COMPLETED

    def _end(self, connection: Any, to: str, **values: Any) -> bool:
        ended = end(
            connection,
            self._operations.engine,
            self._run.operation_id,
            to,
            sources=[RUNNING],
            starts=self._run.starts,
            worker_id=self._place.worker_id,
            values=values,
        )
        return ended is not None

    def _fail(self, code: str, message: str) -> str:
        def fail() -> str:
            with self._operations.writing() as connection:
                if self._end(connection, FAILED, error_code=code, error_message=message):
                    return FAILED
                self._drop(connection)
                return "superseded"

        # A failure that finds no room to be written down waits for it.
        return self._place.persist(fail, (StoreUnavailable, NotWritable))

    def _superseded(self) -> str:
        with self._operations.database.write() as connection:
            row = locked(connection, self._run.operation_id)
            if row is not None and row.starts != self._run.starts:
                self._drop(connection)
        return "superseded"

    def _drop(self, connection: Any) -> None:
        detail = {"starts": self._run.starts}
        identity = self._run.operation_id
        record(connection, identity, "late_result_dropped", worker_id=self._place.worker_id, detail=detail)

    def _handed_over(self, *, takeover: bool, detail: dict[str, Any]) -> str:
        with self._operations.writing() as connection:
            row = locked(connection, self._run.operation_id)
            if row is None or row.status != RUNNING or row.starts != self._run.starts:
                return "superseded"
            engine, worker = self._operations.engine, self._place.worker_id
            return (
                hand_over(connection, engine, row, takeover=takeover, worker_id=worker, detail=detail) or "superseded"
            )
