"""A slot: one worker process, from its seat to its last beat."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from mintmark.domain import MintmarkError
from mintmark.runtime.body import Place, run_body
from mintmark.runtime.engine import APPLICATION, APPLICATION_VERSION, portable_json, quiet_engine_log
from mintmark.runtime.killpoints import arm, reached
from mintmark.runtime.looking import look
from mintmark.runtime.operations import Operations
from mintmark.runtime.owner import watch_owner
from mintmark.runtime.reaper import Patience, reap
from mintmark.runtime.retention import clean_up
from mintmark.runtime.seats import Seat, refuse_network_disk, take_seat
from mintmark.runtime.tables import DatabaseNow, operations, workers
from mintmark.runtime.telemetry import trail
from mintmark.runtime.transitions import RUNNING
from mintmark.runtime.work import QUEUES, Turn
from mintmark.store import upsert

if TYPE_CHECKING:
    from dbos import DBOS

DAY_SECONDS = 86_400.0
STOP_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SlotSettings:
    """How a slot works; ``queues`` are those it serves."""

    home: Path
    queues: Sequence[str] = tuple(QUEUES)
    heartbeat_seconds: float = 2.0
    reaper_seconds: float = 5.0
    patience: Patience = field(default_factory=Patience)
    kill_at: str | None = None


def run_slot(known: Operations, settings: SlotSettings, *, owned: bool = False) -> None:
    """Work until SIGTERM or SIGINT, or, when ``owned``, until standard input closes.

    What runs then is handed back to its queue with its last checkpoint. To be
    called in the main thread of a process of its own, on a prepared engine.

    Raises:
        Refused: ``network_disk``; ``at_capacity`` when every seat is taken.
    """
    if settings.kill_at is not None:
        arm(settings.kill_at, settings.home)
    if known.database.dialect == "sqlite":
        refuse_network_disk(Path(str(known.database.url.database)).parent)
    slot = Slot(known, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: slot.stopping.set())
    if owned:
        watch_owner(slot.stopping.set)
    with slot.at_work():
        slot.stopping.wait()


class Slot:
    """One worker: its seat, its engine, its heartbeat and its reaper."""

    def __init__(self, known: Operations, settings: SlotSettings) -> None:
        self.stopping = threading.Event()
        self._operations = known
        self._database = known.database
        self._settings = settings
        self._incarnation = secrets.token_hex(8)
        self._seat: Seat | None = None
        self._busy = 0
        self._counting = threading.Lock()
        self._late_at = -float("inf")
        self._fault: BaseException | None = None

    @property
    def worker_id(self) -> str:
        if self._seat is None:
            raise RuntimeError("expected a slot that has its seat")
        return self._seat.worker_id

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Start in the order that loses nothing, and stop in the order that hands everything back."""
        self._sit()
        reached("worker.registered")
        engine, threads = None, [self._thread(self._keep_beating)]
        try:
            # Before the launch: else the engine would start this slot's earlier work past every limit.
            self._reap()
            reached("worker.reaped")
            engine = self._launch()
            reached("worker.launched")
            threads.append(self._thread(self._keep_reaping))
            served = [turn for turn in self._operations.turns if turn.queue in self._settings.queues]
            threads += [self._thread(partial(self._keep_turning, turn), turn.name) for turn in served]
            log.info("worker started", extra={"worker_id": self.worker_id, "queues": list(self._settings.queues)})
            yield
        finally:
            self._stop(engine, threads)
        if self._fault is not None:
            raise self._fault

    def _sit(self) -> None:
        number = 0
        while True:
            seat = take_seat(self._settings.home, after=number)
            self._seat = seat
            reached("worker.seated")
            if self._register(seat):
                return
            # Another home or machine of the same host name sits here, or its work waits to be taken over.
            seat.leave()
            number = seat.number

    def _register(self, seat: Seat) -> bool:
        row = {
            "worker_id": seat.worker_id,
            "seat": seat.owner,
            "incarnation": self._incarnation,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "queues": list(self._settings.queues),
            "started_at": DatabaseNow(),
            "beat": DatabaseNow(),
        }
        same = workers.c.worker_id == seat.worker_id
        live = workers.c.beat >= DatabaseNow() - self._settings.patience.worker
        mourned = select(operations.c.worker_id).where(
            operations.c.worker_id == seat.worker_id, operations.c.status == RUNNING
        )
        with self._database.write() as connection:
            held = or_(live, mourned.exists())
            query = select(workers.c.worker_id).where(same, held, workers.c.seat != seat.owner)
            if connection.execute(query.with_for_update()).first() is not None:
                return False
            new = upsert(connection, workers).values(row)
            connection.execute(new.on_conflict_do_update(index_elements=["worker_id"], set_=row))
        return True

    def _launch(self) -> DBOS:
        from dbos import DBOS

        quiet_engine_log()
        engine = DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._operations.engine.url,
                "executor_id": self.worker_id,
                "application_version": APPLICATION_VERSION,
                "serializer": portable_json(),
                "sys_db_pool_size": 4,
                "log_level": "ERROR",
                "run_migrations": False,
            }
        )
        self._declare_workflows(DBOS)
        # A queue is asked four times a second: one whose operations nobody has declared is left alone.
        used = {self._operations.kind(type).queue for type in self._operations.types}
        DBOS.listen_queues([queue for queue in self._settings.queues if queue in used])
        DBOS.launch()
        return engine

    def _declare_workflows(self, dbos: type[DBOS]) -> None:
        place = Place(self._operations, self._settings.home, self.worker_id, self._incarnation, self.stopping)

        @dbos.step(name="body")
        def body(operation_id: str, starts: int) -> str:
            with self._counted():
                return run_body(place, operation_id, starts)

        @dbos.workflow(name="work")
        def work(operation_id: str, starts: int) -> dict[str, str]:
            return {"outcome": body(operation_id, starts)}

        @dbos.workflow(name="look")
        def look_once(operation_id: str, starts: int) -> dict[str, str]:
            with self._counted():
                return {"outcome": look(self._operations, operation_id, starts)}

        self._workflows = (work, look_once)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._busy += 1
        try:
            with trail(worker_id=self.worker_id):
                yield
        finally:
            with self._counting:
                self._busy -= 1

    def _thread(self, target: Callable[[], None], name: str | None = None) -> threading.Thread:
        thread = threading.Thread(target=target, name=name or target.__name__.strip("_"), daemon=True)
        thread.start()
        return thread

    def _keep_beating(self) -> None:
        while not self.stopping.wait(self._settings.heartbeat_seconds):
            self._guarded(self._beat)

    def _keep_reaping(self) -> None:
        cleaned_at = -DAY_SECONDS
        while not self.stopping.wait(self._settings.reaper_seconds):
            self._guarded(self._reap)
            if time.monotonic() - cleaned_at >= DAY_SECONDS:
                cleaned_at = time.monotonic()
                self._guarded(lambda: clean_up(self._operations, self._settings.home))

    def _keep_turning(self, turn: Turn) -> None:
        while not self.stopping.wait(turn.seconds):
            try:
                turn.act()
            except (MintmarkError, SQLAlchemyError) as error:
                log.warning("the turn %s was refused: %s", turn.name, error)
            except BaseException as error:  # noqa: BLE001  # Raised again in the main thread.
                self._fault = error
                self.stopping.set()

    def _guarded(self, action: Callable[[], object]) -> None:
        """Do ``action``; the next turn repeats what the store refused, anything else ends the worker."""
        try:
            action()
        except (MintmarkError, SQLAlchemyError) as error:
            self._late_at = time.monotonic()
            log.warning("the store refused a turn of the worker: %s", error)
        except BaseException as error:  # noqa: BLE001  # Raised again in the main thread, once the work is handed back.
            self._fault = error
            self.stopping.set()

    def _beat(self) -> None:
        """Say that this incarnation lives; stop when another one has the seat."""
        mine = (workers.c.worker_id == self.worker_id, workers.c.incarnation == self._incarnation)
        with self._database.write() as connection:
            query = select(DatabaseNow() - workers.c.beat).where(*mine)
            age = connection.scalar(query.with_for_update())
            if age is not None:
                connection.execute(update(workers).where(*mine).values(beat=DatabaseNow()))
        if age is None:
            log.error("another worker has this seat")
            self.stopping.set()
        elif age > self._settings.patience.worker / 2:
            self._late_at = time.monotonic()

    def _reap(self) -> None:
        """Look for lost work, unless our own beat was late: then so may be everybody's, and no one is dead."""
        self._beat()
        if time.monotonic() - self._late_at < 3 * self._settings.heartbeat_seconds:
            return
        reap(self._database, self._operations.engine, self._settings.patience, self.worker_id)

    def _stop(self, engine: DBOS | None, threads: Sequence[threading.Thread]) -> None:
        from dbos import DBOS

        self.stopping.set()
        for event in () if engine is None else engine.background_thread_stop_events:
            event.set()
        for thread in threads:
            thread.join(STOP_SECONDS)
        deadline = time.monotonic() + STOP_SECONDS
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.02)
        DBOS.destroy(destroy_registry=True)
        self._guarded(self._sign_off)
        if self._seat is not None:
            self._seat.leave()
        log.info("worker stopped")

    def _sign_off(self) -> None:
        with self._database.write() as connection:
            mine = workers.c.incarnation == self._incarnation
            connection.execute(delete(workers).where(workers.c.worker_id == self.worker_id, mine))
