"""A workshop for the tests: operation types, a client, and workers in processes of their own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mintmark.domain import SystemClock
from mintmark.runtime import Engine, Operations, Parent, ParentView, Patience, Run, SlotSettings, Work, run_slot
from mintmark.store import Database, migrate, open_database

HERE = Path(__file__).resolve().parent
POSTGRES_IS_LONG = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True
)
PHASES = ("agent_design", "training", "backtesting", "agent_assessment")
STEPS = {
    "agent_design": "design",
    "training": "training",
    "backtesting": "backtesting",
    "agent_assessment": "assessing",
}
SHARES = {
    "agent_design": (0.0, 5.0),
    "training": (5.0, 45.0),
    "backtesting": (45.0, 90.0),
    "agent_assessment": (90.0, 100.0),
}


def kinds(known: Operations) -> list[Work | Parent]:
    """Return the operation types of a cycle of four phases; the training one takes time."""
    works = [
        Work(
            type=type,
            queue=queue,
            prepare=lambda run: run.parameters,
            compute=f"computations:{'train' if type == 'training' else 'answer'}",
            finish=_finish,
        )
        for type, queue in STEPS.items()
    ]
    cycle = Parent("agent_research", "research", lambda connection, view: _look(known, connection, view), shares=SHARES)
    return [*works, cycle]


def _finish(_connection: Connection, _run: Run, result: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, **result}


def _look(known: Operations, connection: Connection, view: ParentView) -> None:
    child = view.child
    if child is not None and child.status == "failed":
        known.fail(connection, view.operation_id, "child_failed", f"{view.phase} failed: {child.error_message}")
        return
    if child is not None and child.status == "cancelled":
        known.end_cancelled(connection, view.operation_id, f"Child cancelled: {child.operation_id}")
        return
    done = -1 if view.phase is None else PHASES.index(view.phase)
    if done == len(PHASES) - 1:
        known.complete(connection, view.operation_id, {"success": True})
        return
    phase = PHASES[done + 1]
    parameters = view.parameters.get(phase, {})
    started = known.start_child(connection, view.operation_id, phase, metadata={"parameters": parameters})
    known.set_phase(connection, view.operation_id, phase, child_id=started)


def client(url: str) -> tuple[Database, Operations]:
    """Return an open database and the operations in it, engine prepared."""
    database = open_database(url)
    migrate(database)
    engine = Engine(database, poll_seconds=0.1)
    engine.prepare()
    known = Operations(database, engine, SystemClock(), lambda: secrets.token_hex(4))
    known.register(*kinds(known))
    return database, known


@dataclass
class Workshop:
    """A database, a home folder, and the workers started on them."""

    url: str
    home: Path
    database: Database
    operations: Operations
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(self, *, home: Path | None = None, **settings: Any) -> subprocess.Popen[bytes]:
        """Start a worker process; ``settings`` are those of ``main`` below."""
        asked = {"url": self.url, "home": str(home or self.home), **settings}
        process = subprocess.Popen(
            [sys.executable, str(HERE / "workshop.py"), json.dumps(asked)],
            env={**os.environ, "PYTHONPATH": str(HERE)},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.workers.append(process)
        return process

    def train(self, *, rounds: int = 200, seconds_per_round: float = 0.02, **more: Any) -> str:
        """Ask for a training on its own and return its id."""
        parameters = {"rounds": rounds, "seconds_per_round": seconds_per_round, **more}
        return self.ask("training", parameters)

    def cycle(self, *, rounds: int = 25, seconds_per_round: float = 0.0, **more: Any) -> str:
        """Ask for a cycle and return its id."""
        training = {"rounds": rounds, "seconds_per_round": seconds_per_round}
        return self.ask("agent_research", {"training": training, **more})

    def ask(self, type: str, parameters: dict[str, Any] | None = None) -> str:
        with self.operations.writing() as connection:
            return self.operations.create(connection, type, metadata={"parameters": parameters or {}})

    def status(self, operation_id: str) -> str:
        return str(self.operations.get(operation_id)["status"])

    def kinds_of_events(self, operation_id: str) -> list[str]:
        return [event["kind"] for event in self.operations.events(operation_id)]

    def wait_for(self, operation_id: str, status: str, seconds: float = 90.0) -> dict[str, Any]:
        """Return the operation as soon as it has ``status``; fail when it does not come or another end does."""

        def there() -> bool:
            found = self.operations.get(operation_id)
            ended = found["status"] in ("completed", "failed", "cancelled")
            assert not ended or found["status"] == status, found
            return found["status"] == status

        wait_until(there, seconds, lambda: f"{self.operations.get(operation_id)}")
        return self.operations.get(operation_id)

    def wait_for_round(self, operation_id: str, number: int, seconds: float = 90.0) -> None:
        """Return as soon as a checkpoint of round ``number`` or later is stored."""

        def there() -> bool:
            mark = self.operations.get(operation_id)["checkpoint"]
            return mark is not None and mark["round"] >= number

        wait_until(there, seconds, lambda: f"{self.operations.get(operation_id)}")

    def ended_in_order(self, *ids: str) -> bool:
        """Return whether the last status events of ``ids`` were written in this order."""
        from sqlalchemy import func, select

        from mintmark.runtime.tables import events

        with self.database.read() as connection:
            found = [
                connection.scalar(
                    select(func.max(events.c.n)).where(events.c.operation_id == one, events.c.kind == "status")
                )
                for one in ids
            ]
        return found == sorted(found)

    def two_workers(self) -> None:
        """Start two workers and wait until both are live."""
        self.worker()
        self.worker()
        wait_until(lambda: sum(worker["live"] for worker in self.operations.workers()) == 2, 90)

    def worker_of(self, operation_id: str) -> subprocess.Popen[bytes]:
        """Return the process of the worker that has ``operation_id``."""
        seat = self.operations.get(operation_id)["worker_id"]
        (pid,) = [worker["pid"] for worker in self.operations.workers() if worker["worker_id"] == seat]
        return next(worker for worker in self.workers if worker.pid == pid)

    def child_pid(self, operation_id: str, seconds: float = 30.0) -> int:
        """Return the id of the process that computes ``operation_id``, once it is recorded."""
        from sqlalchemy import select

        from mintmark.runtime.tables import operations

        def found() -> Any:
            with self.database.read() as connection:
                query = select(operations.c.child_pid).where(operations.c.operation_id == operation_id)
                return connection.scalar(query)

        wait_until(lambda: found() is not None, seconds, lambda: "no process")
        return int(found())


def wait_until(there: Callable[[], bool], seconds: float, said: Callable[[], str] = lambda: "") -> float:
    """Return how long it took until ``there``; fail after ``seconds``."""
    begun = time.monotonic()
    while not there():
        assert time.monotonic() - begun < seconds, f"waited {seconds} s: {said()}"
        time.sleep(0.01)
    return time.monotonic() - begun


def alive(pid: int) -> bool:
    """Return whether a process runs; one that is dead and waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@contextmanager
def a_workshop(url: str, home: Path) -> Iterator[Workshop]:
    """Open a workshop, and end every worker it started."""
    home.mkdir(parents=True, exist_ok=True)
    database, known = client(url)
    shop = Workshop(url, home, database, known)
    try:
        yield shop
    finally:
        for worker in shop.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()
            if worker.stdin is not None:
                worker.stdin.close()
        known.engine.close()
        database.close()


def main(asked: dict[str, Any]) -> None:
    """Be a worker, as ``asked``: url, home, and what differs from the settings below."""
    database, known = client(asked["url"])
    quick = Patience(worker=asked.get("dead", 5.0), engine_row=asked.get("idle", 3.0), look=asked.get("look", 30.0))
    settings = SlotSettings(
        home=Path(asked["home"]),
        queues=asked.get("queues", ["design", "training", "backtesting", "assessing", "research"]),
        heartbeat_seconds=asked.get("heartbeat", 0.3),
        reaper_seconds=asked.get("reaper", 0.5),
        patience=quick,
        kill_at=asked.get("kill_at"),
    )
    run_slot(known, settings, owned=asked.get("owned", True))
    known.engine.close()
    database.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
