"""Durable operations: made, moved, ended, cancelled and resumed, and read by any process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, select, update

from mintmark.domain import Clock
from mintmark.runtime import counters, reading
from mintmark.runtime.engine import Engine, engine_id
from mintmark.runtime.killpoints import reached
from mintmark.runtime.requests import cancelled, resumed
from mintmark.runtime.tables import DatabaseNow, operations
from mintmark.runtime.telemetry import trail_ids
from mintmark.runtime.transitions import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    FAILED,
    PENDING,
    end,
    leave_phase,
    locked,
    record,
    wake,
)
from mintmark.runtime.work import Kind, Turn, carrier_of
from mintmark.store import Database, upsert

Bodies = list[dict[str, Any]]


class Operations:
    """The operations of one database.

    ``tokens`` returns 8 fresh hex digits for each new id. The engine's client is
    made by ``writing``, before the transaction it opens.
    """

    def __init__(self, database: Database, engine: Engine, clock: Clock, tokens: Callable[[], str]) -> None:
        self.database = database
        self.engine = engine
        self._clock = clock
        self._tokens = tokens
        self._kinds: dict[str, Kind] = {}
        self._turns: list[Turn] = []

    def register(self, *kinds: Kind) -> None:
        """Make operation types known; every process that creates or runs one must know it."""
        self._kinds |= {kind.type: kind for kind in kinds}

    def every(self, *turns: Turn) -> None:
        """Let each worker that serves the queue of a turn do it again and again."""
        self._turns += turns

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(self._turns)

    def kind(self, type: str) -> Kind:
        """Return the declaration of ``type``; KeyError when it was not registered."""
        return self._kinds[type]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self._kinds)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction in which operations may be created, moved and ended."""
        _ = self.engine.client
        with self.database.write() as connection:
            yield connection
        reached("trigger.committed")

    def new_id(self, type: str) -> str:
        """Return a new id: ``op_<type>_<YYYYMMDD>_<HHMMSS>_<8 hex>``, UTC."""
        return f"op_{type}_{self._clock.now():%Y%m%d_%H%M%S}_{self._tokens()}"

    def create(
        self,
        connection: Connection,
        type: str,
        *,
        metadata: Mapping[str, Any],
        parent_operation_id: str | None = None,
        operation_id: str | None = None,
    ) -> str:
        """Insert an operation and ask a worker for it, in one transaction; return its id.

        An ``operation_id`` that exists already is returned as it is: nothing is started twice.
        """
        operation_id = operation_id or self.new_id(type)
        kind = self._kinds[type]
        row = self._row(kind, operation_id, dict(metadata), parent_operation_id)
        row["correlation_id"] = self._correlation(connection, operation_id, parent_operation_id)
        new = upsert(connection, operations).values(row).on_conflict_do_nothing(index_elements=["operation_id"])
        if connection.execute(new.returning(operations.c.operation_id)).first() is None:
            return operation_id
        record(connection, operation_id, "status", None, PENDING)
        reached("trigger.created")
        identity = engine_id(operation_id, 1, row["look"] or None)
        self.engine.enqueue(connection, row["carrier"], kind.queue, identity, operation_id, 1)
        reached("trigger.enqueued")
        return operation_id

    def _row(self, kind: Kind, operation_id: str, metadata: dict[str, Any], parent: str | None) -> dict[str, Any]:
        carrier = carrier_of(kind)
        return {
            "operation_id": operation_id,
            "operation_type": kind.type,
            "queue": kind.queue,
            "carrier": carrier,
            "parent_operation_id": parent,
            "status": PENDING,
            "created_at": DatabaseNow(),
            "changed_at": DatabaseNow(),
            "percentage": 0.0,
            "metadata": metadata,
            "warnings": [],
            "starts": 1,
            "first_start": 1,
            "takeovers": 0,
            "look": 1 if carrier == "look" else 0,
            "kept": False,
        }

    @staticmethod
    def _correlation(connection: Connection, operation_id: str, parent: str | None) -> str:
        query = select(operations.c.correlation_id).where(operations.c.operation_id == parent)
        inherited = None if parent is None else connection.scalar(query)
        ids = trail_ids()
        return inherited or ids.get("correlation_id") or ids.get("request_id") or operation_id

    def start_child(self, connection: Connection, parent_id: str, type: str, *, metadata: Mapping[str, Any]) -> str:
        """Create the child of ``parent_id`` of this ``type``; starting it again changes nothing."""
        child = child_id(parent_id, type)
        return self.create(connection, type, metadata=metadata, parent_operation_id=parent_id, operation_id=child)

    def set_phase(
        self,
        connection: Connection,
        operation_id: str,
        phase: str,
        *,
        child_id: str | None = None,
        step: str | None = None,
        **parameters: Any,
    ) -> None:
        """Move a parent to ``phase`` with its child, and put ``parameters`` into its metadata."""
        row = self._held(connection, operation_id)
        if row.phase != phase:
            leave_phase(connection, row)
        now = connection.scalar(select(DatabaseNow()))
        stamped = {"phase": phase, "phase_started_at": reading.moment_text(now), **parameters}
        kind = self._kinds.get(row.operation_type)
        floor = getattr(kind, "shares", {}).get(phase, (0.0, 0.0))[0]
        values = {"phase": phase, "child_id": child_id, "percentage": max(row.percentage, floor)}
        self._change(connection, row, stamped, {**values, "current_step": step or row.current_step})
        record(connection, operation_id, "phase", row.phase, phase, detail={"child_operation_id": child_id})

    def put_parameters(self, connection: Connection, operation_id: str, **parameters: Any) -> None:
        """Put ``parameters`` into the stored ones of an operation."""
        self._change(connection, self._held(connection, operation_id), parameters, {})

    def complete(self, connection: Connection, operation_id: str, result_summary: Mapping[str, Any]) -> bool:
        """End an operation with its result; False when it had ended already."""
        summary = dict(result_summary)
        values = {"result_summary": summary, "mark": summary.get("mark"), "percentage": 100.0}
        return end(connection, self.engine, operation_id, COMPLETED, sources=["running"], values=values) is not None

    def fail(self, connection: Connection, operation_id: str, code: str, message: str) -> bool:
        """End an operation with an error; False when it had ended already."""
        values = {"error_code": code, "error_message": message}
        return end(connection, self.engine, operation_id, FAILED, sources=ACTIVE, values=values) is not None

    def end_cancelled(self, connection: Connection, operation_id: str, reason: str) -> bool:
        """End an operation as cancelled because of something else that was; False when it had ended already."""
        return (
            end(connection, self.engine, operation_id, CANCELLED, sources=ACTIVE, values={"cancel_reason": reason})
            is not None
        )

    def keep(self, connection: Connection, operation_id: str) -> None:
        """Except an operation and its children from the clean-up of old ones, for ever."""
        connection.execute(update(operations).where(operations.c.operation_id == operation_id).values(kept=True))

    def wake(self, connection: Connection, operation_id: str) -> bool:
        """Ask for one more look of a waiting parent."""
        return wake(connection, self.engine, operation_id)

    def _held(self, connection: Connection, operation_id: str) -> Row[Any]:
        row = locked(connection, operation_id)
        if row is None:
            raise KeyError(operation_id)
        return row

    @staticmethod
    def _change(
        connection: Connection, row: Row[Any], parameters: Mapping[str, Any], values: Mapping[str, Any]
    ) -> None:
        stored = {**row.metadata, "parameters": {**row.metadata.get("parameters", {}), **parameters}}
        change = update(operations).where(operations.c.operation_id == row.operation_id)
        connection.execute(change.values(metadata=stored, changed_at=DatabaseNow(), **values))

    def cancel(self, operation_id: str, reason: str | None = None) -> dict[str, Any]:
        """Cancel an operation and everything it started; raises Refused ``not_found``, ``not_cancellable``."""
        return cancelled(self.database, self.engine, operation_id, reason)

    def resume(self, operation_id: str) -> dict[str, Any]:
        """Let a failed or cancelled operation go on under its id; raises Refused ``not_found``, ``not_resumable``."""
        return resumed(self.database, self.engine, operation_id)

    def get(self, operation_id: str) -> dict[str, Any]:
        """Return one operation; raises Refused ``not_found``."""
        with self.database.read() as connection:
            return reading.one(connection, operation_id)

    def list(
        self,
        *,
        operation_type: str | None = None,
        status: str | None = None,
        parent: str | None = None,
        active_only: bool = False,
        roots_only: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> dict[str, Any]:
        """Return ``{data, total_count, active_count, limit, offset}``, newest first."""
        with self.database.read() as connection:
            return reading.many(
                connection,
                operation_type=operation_type,
                status=status,
                parent=parent,
                active_only=active_only,
                roots_only=roots_only,
                limit=limit,
                offset=offset,
            )

    def last_ended(self, operation_type: str) -> dict[str, Any] | None:
        """Return the summary of the operation of a type that ended last, or None."""
        with self.database.read() as connection:
            return reading.last_ended(connection, operation_type)

    def children(self, operation_id: str) -> Bodies:
        """Return the children of an operation, oldest first; raises as ``get``."""
        with self.database.read() as connection:
            reading.one(connection, operation_id)
            return reading.children_of(connection, operation_id)

    def events(self, operation_id: str) -> Bodies:
        """Return ``{at, kind, from, to, worker_id, detail}``, oldest first; raises as ``get``."""
        with self.database.read() as connection:
            reading.one(connection, operation_id)
            return reading.events_of(connection, operation_id)

    def rounds(self, operation_id: str, after: int = 0) -> Bodies:
        """Return the training rounds after ``after``; raises as ``get``."""
        with self.database.read() as connection:
            reading.one(connection, operation_id)
            return reading.rounds_of(connection, operation_id, after)

    def workers(self) -> Bodies:
        """Return all workers, live ones first."""
        with self.database.read() as connection:
            return reading.workers_of(connection)

    def occupancy(self) -> dict[str, dict[str, int]]:
        """Return ``{queue: {busy, total}}`` over live workers."""
        with self.database.read() as connection:
            return reading.occupancy_of(connection)

    def metrics(self) -> bytes:
        """Return all metrics in the text format Prometheus reads."""
        with self.database.read() as connection:
            return counters.exposition(connection)


def child_id(parent_id: str, type: str) -> str:
    """Return the one id the child of ``parent_id`` of this type can have.

    >>> child_id("op_agent_research_20260301_101500_9f3a1c2e", "training")
    'op_training_20260301_101500_78d73ef4'
    """
    day, time = parent_id.split("_")[-3:-1]
    digest = hashlib.sha256(f"{parent_id}/{type}".encode()).hexdigest()[:8]
    return f"op_{type}_{day}_{time}_{digest}"
