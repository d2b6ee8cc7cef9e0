"""How soon the doors answer, how much a process holds, and what waiting costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import psutil
from sqlalchemy import Table, insert, select
from story_cycles import running, status
from story_house import House, wait_for

from cycle_bench import MIB, a_worker_at_home, write_strategy
from figures import Figure, below, median_seconds, seen

RUNS = 5
MANY = 10_000
STRATEGY = "daily_bench"


def milliseconds(act: Callable[[], Any]) -> float:
    """Return the median of five calls in milliseconds."""
    return 1000 * median_seconds(act, RUNS)


def shell(house: House) -> list[Figure]:
    """Measure commands as a person waits for them, the start of Python included."""
    return [
        below("mintmark --help", median_seconds(lambda: house.run("--help"), RUNS), "s", 0.5),
        below("mintmark agent status", median_seconds(lambda: house.run("agent", "status"), RUNS), "s", 1.0),
    ]


def trigger_and_cancel(house: House) -> tuple[float, float]:
    """Return how long a trigger took to answer, and a cancel to be seen in the status, in milliseconds."""
    began = time.perf_counter()
    answer = house.client.post("/agent/trigger", json={"strategy": STRATEGY})
    triggered = time.perf_counter() - began
    assert answer.status_code == 202, answer.text
    cycle = answer.json()["operation_id"]
    pid = int(running(house, cycle, "training")["child_pid"])
    began = time.perf_counter()
    house.client.delete(f"/operations/{cycle}")
    while house.get("/agent/status")["status"] != "idle":
        time.sleep(0.005)
    shown = time.perf_counter() - began
    wait_for(lambda: not psutil.pid_exists(pid), "the process is gone", 10)
    return 1000 * triggered, 1000 * shown


def http(house: House) -> list[Figure]:
    """Measure routes, each once warm."""
    pairs = [trigger_and_cancel(house) for _ in range(RUNS)]
    text = (house.home / "strategies" / f"{STRATEGY}.yaml").read_text()
    body = {"yaml": text, "pack_id": house.get("/packs")["data"][0]["pack_id"]}
    return [
        below("GET /agent/status", milliseconds(lambda: house.get("/agent/status")), "ms", 50),
        below("POST /agent/trigger", statistics.median(one for one, _ in pairs), "ms", 200),
        below("cancel until the status shows it", statistics.median(one for _, one in pairs), "ms", 500),
        seen(
            "POST /strategies/validate with a pack",
            milliseconds(lambda: house.client.post("/strategies/validate", json=body)),
            "ms",
        ),
    ]


def long_list(house: House) -> Figure:
    """Measure a page of 50 out of 10,000 operations, copies of one that ended."""
    from mintmark.runtime.tables import operations

    _copy_operation(house, operations)
    total = house.get("/operations")["total_count"]
    assert total >= MANY, total
    return below("GET /operations, 50 of 10,000", milliseconds(lambda: house.get("/operations", limit=50)), "ms", 100)


def _copy_operation(house: House, operations: Table) -> None:
    with house.database.write() as connection:
        ended = select(operations).where(operations.c.status == "cancelled").limit(1)
        first = dict(connection.execute(ended).mappings().one())
        day = 86_400.0
        copies = [
            {
                **first,
                "operation_id": f"op_training_20200101_000000_{n:08x}",
                "created_at": first["created_at"] - day - n,
            }
            for n in range(MANY)
        ]
        connection.execute(insert(operations), copies)


def memory(process: psutil.Process, name: str, limit: float) -> Figure:
    """Measure what a process and what it started hold at rest."""
    family = [process, *process.children(recursive=True)]
    return below(name, sum(one.memory_info().rss for one in family) / MIB, "MiB", limit)


def measure() -> list[Figure]:
    """Ask the doors and return the figures."""
    with a_worker_at_home() as house:
        write_strategy(house, STRATEGY, "NASDAQ", "1d", 0.03)
        server = house.serve()
        worker = house.worker()
        found = [*shell(house), *http(house)]
        assert status(house, house.get("/operations")["data"][0]["operation_id"]) == "cancelled"
        found += [
            long_list(house),
            memory(psutil.Process(worker.pid), "a worker at rest", 350),
            memory(psutil.Process(server.pid), "the server", 200),
        ]
    return found
