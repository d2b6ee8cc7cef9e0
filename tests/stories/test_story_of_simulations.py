"""A simulation whose worker is killed goes on from what is stored, and its tables are the same to the byte."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from story_cycles import checkpoint_round, document, ended, row, told, worker_of
from story_house import House, HouseMaker, wait_for


@dataclass(frozen=True)
class Simulated:
    """A kind of simulation, what is asked of it, and what is stored of it when its worker dies.

    ``parts``: what its result counts as restored and computed, ``total`` of them, of which ``stored`` are kept by
    the first ``checkpoints``. ``tries``: the rows it leaves in ``trials``.
    """

    kind: str
    asked: tuple[str, ...]
    parts: str
    total: int
    checkpoints: int
    stored: int
    tries: int


RULE = ("sma_cross", "--symbol", "NASDAQ", "--workers", "1")
SWEEP = Simulated("sweeping", ("sweep", *RULE, "--grid", "fast=5:30,slow=40:80"), "rows", 1_000, 4, 400, 1_000)
REDRAW = Simulated("montecarlo", ("montecarlo", *RULE, "--runs", "100"), "runs", 100, 2, 50, 1)
WALK = Simulated(
    "walkforward", ("walkforward", *RULE, "--grid", "fast=5|10,slow=40|60", "--oos", "500"), "windows", 9, 3, 3, 5
)


def tables_of(house: House, result: dict[str, Any]) -> dict[str, bytes]:
    """Return the bytes of every table a result names, by what names it."""
    found = {name: path for name, path in result.items() if str(path).endswith(".parquet")}
    assert found, f"no table in {sorted(result)}"
    return {name: (house.home / path).read_bytes() for name, path in found.items()}


def result_of(house: House, operation_id: str) -> dict[str, Any]:
    """Wait for a simulation that must complete; return its result."""
    found = ended(house, operation_id)
    assert found["status"] == "completed", told(house, operation_id)
    result: dict[str, Any] = document(found["result_summary"])
    return result


def kill_at_work(house: House, simulated: Simulated) -> tuple[str, str]:
    """Start the simulation twice; kill the worker of the first, and its process, once so much of it is stored.

    Return the ids of both; the second was not begun.
    """
    with house.hold_after(simulated.kind, simulated.checkpoints):
        command, rule, *options = simulated.asked
        killed, calm = (one["operation_id"] for one in house.ask(command, rule, rule, *options)["data"])
        wait_for(lambda: checkpoint_round(house, killed) >= simulated.stored, "its checkpoint is stored")
        dead = row(house, killed)
        for process in (worker_of(house, dead), dead["child_pid"]):
            os.kill(process, signal.SIGKILL)
        wait_for(lambda: not psutil.pid_exists(dead["child_pid"]), "the process is gone")
    assert (dead["status"], row(house, calm)["status"]) == ("running", "pending")
    assert checkpoint_round(house, killed) == simulated.stored
    return killed, calm


def unfinished(home: Path) -> list[Path]:
    """Return the files somebody began and did not end; a folder may go away while we look."""
    return [Path(folder) / name for folder, _, names in os.walk(home) for name in names if name.endswith(".part")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("database", "simulated"),
    [("sqlite", SWEEP), ("postgresql", SWEEP), ("sqlite", REDRAW), ("sqlite", WALK)],
    ids=["sweep-sqlite", "sweep-postgresql", "montecarlo", "walkforward"],
)
def test_a_simulation_whose_worker_is_killed_runs_nothing_stored_again(
    a_house: HouseMaker, database: str, simulated: Simulated
):
    house = a_house(database)
    house.worker()

    killed, undisturbed = kill_at_work(house, simulated)
    house.worker()
    result, calm = result_of(house, killed), result_of(house, undisturbed)

    counts = [(found[f"{simulated.parts}_restored"], found[f"{simulated.parts}_computed"]) for found in (calm, result)]
    assert counts == [(0, simulated.total), (simulated.stored, simulated.total - simulated.stored)]
    assert [row(house, one)["starts"] for one in (killed, undisturbed)] == [2, 1]
    assert tables_of(house, result) == tables_of(house, calm)
    tries = house.rows("SELECT count(*) AS n FROM trials WHERE operation_id = :id", id=killed)
    assert tries[0]["n"] == simulated.tries
    assert {result.get("dsr_trials"), calm.get("dsr_trials")} in ({None}, {simulated.tries, 2 * simulated.tries})
    assert house.rows("SELECT operation_id FROM checkpoint_parts UNION SELECT operation_id FROM checkpoints") == []
    wait_for(lambda: not unfinished(house.home), "no temp file is left")
