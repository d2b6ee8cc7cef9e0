"""What waiting and listing cost."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from test_transitions import set_values
from workshop import Workshop, wait_until

from mintmark.runtime.tables import operations


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def share_of_core(pid: int, seconds: float) -> float:
    before, begun = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begun)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_hundred_waiting_cycles_cost_less_than_a_hundredth_of_a_core(shop: Workshop):
    worker = shop.worker(heartbeat=2.0, reaper=5.0, dead=15.0, idle=10.0, look=30.0)
    wait_until(lambda: len(shop.operations.workers()) == 1, 30)
    time.sleep(5)
    extra = []
    for _ in range(3):
        idle = share_of_core(worker.pid, 30)
        cycles = [shop.cycle() for _ in range(100)]
        for cycle in cycles:
            wait_until(lambda one=cycle: shop.operations.get(one)["child_operation_id"] is not None, 60)
        # The children are in the hands of a worker elsewhere: nothing is left to do here but wait.
        children = [shop.operations.get(cycle)["child_operation_id"] for cycle in cycles]
        for child in children:
            if shop.status(child) == "pending":
                shop.operations.engine.cancel([f"{child}.1"])
            set_values(shop, child, status="pending", changed_at=4e9)
        waiting = share_of_core(worker.pid, 30)
        extra.append(waiting - idle)
        for cycle in cycles:
            set_values(shop, cycle, status="cancelled", completed_at=0.0)

    assert statistics.median(extra) < 0.01


def test_fifty_of_ten_thousand_operations_are_listed_with_their_count(shop: Workshop):
    first = shop.train()
    with shop.database.write() as connection:
        row = dict(connection.execute(select(operations)).mappings().one())
        rows = [{**row, "operation_id": f"{first}{n}", "created_at": row["created_at"] + n} for n in range(10_000)]
        connection.execute(insert(operations), rows)

    page = shop.operations.list(limit=50, operation_type="training")

    assert page["total_count"] == 10_001
    assert [one["operation_id"] for one in page["data"]] == [f"{first}{n}" for n in range(9_999, 9_949, -1)]
