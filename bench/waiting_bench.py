"""What a worker spends on cycles that only wait for a child nobody has begun."""

from __future__ import annotations

import statistics
import time

import psutil
from story_house import House, wait_for

from cycle_bench import a_worker_at_home, write_strategy
from figures import Figure, below, seen

RUNS = 3
CYCLES = 100
SECONDS = 60.0
STRATEGY = "waiting_bench"


def share_of_core(pid: int) -> float:
    """Return the processor time of a process in a minute, in percent of one core."""
    process = psutil.Process(pid)
    began, before = time.monotonic(), sum(process.cpu_times()[:2])
    time.sleep(SECONDS)
    return 100 * (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)


def wait_in_a_hundred_cycles(house: House) -> list[str]:
    """Start the cycles and return them once each waits for its training, which no worker serves."""
    cycles = [
        str(house.client.post("/agent/trigger", json={"strategy": STRATEGY}).json()["operation_id"])
        for _ in range(CYCLES)
    ]
    waiting = "SELECT count(*) AS n FROM operations WHERE operation_type = 'training' AND status = 'pending'"
    wait_for(lambda: house.rows(waiting)[0]["n"] == CYCLES, "every cycle waits for its training", 600)
    return cycles


def measure() -> list[Figure]:
    """Measure one worker idle and with a hundred waiting cycles, three times in turn."""
    idle, extra = [], []
    with a_worker_at_home() as house:
        house.settings["MINTMARK_RESEARCH__MAX_CONCURRENT"] = str(CYCLES)
        write_strategy(house, STRATEGY, "NASDAQ", "1d", 0.03)
        house.serve()
        worker = house.worker("--queues", "research")
        for _ in range(RUNS):
            idle.append(share_of_core(worker.pid))
            cycles = wait_in_a_hundred_cycles(house)
            extra.append(share_of_core(worker.pid) - idle[-1])
            for cycle in cycles:
                house.client.delete(f"/operations/{cycle}").raise_for_status()
    return [
        seen("an idle worker of one queue", statistics.median(idle), "% of a core"),
        below(f"{CYCLES} waiting cycles beyond it (of {RUNS})", statistics.median(extra), "% of a core", 1.0),
    ]
