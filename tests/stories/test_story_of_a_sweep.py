"""A sweep whose worker is killed goes on from its stored rows, and its table is the same to the byte."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from story_cycles import checkpoint_round, ended, row, told, worker_of
from story_house import House, HouseMaker, wait_for

SWEEP = ("sweep", "sma_cross", "--symbol", "NASDAQ", "--grid", "fast=5:30,slow=40:80", "--workers", "1")
ROWS = 1_000


def result_of(house: House, operation_id: str) -> dict[str, Any]:
    """Wait for a sweep that must complete; return its result."""
    assert ended(house, operation_id)["status"] == "completed", told(house, operation_id)
    result: dict[str, Any] = house.ask("operations", "show", operation_id)["data"]["result_summary"]
    return result


def table_of(house: House, result: dict[str, Any]) -> bytes:
    return (house.home / result["table_path"]).read_bytes()


def unfinished(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.suffix == ".part"]


@pytest.mark.long
def test_a_sweep_whose_worker_is_killed_runs_no_stored_row_again(a_house: HouseMaker):
    house = a_house("sqlite")
    house.worker()
    calm = result_of(house, house.ask(*SWEEP)["operation_id"])
    sweep = house.ask(*SWEEP)["operation_id"]
    wait_for(lambda: checkpoint_round(house, sweep) >= 400, "the checkpoint of row 400 is stored")

    dead = row(house, sweep)
    os.kill(worker_of(house, dead), signal.SIGKILL)
    stored = checkpoint_round(house, sweep)
    assert dead["status"] == "running"
    house.worker()

    result = result_of(house, sweep)
    assert (row(house, sweep)["starts"], calm["rows_restored"], calm["rows_computed"]) == (dead["starts"] + 1, 0, ROWS)
    assert result["rows_restored"] >= stored >= 400
    assert result["rows_restored"] + result["rows_computed"] == result["combinations"] == ROWS
    assert table_of(house, result) == table_of(house, calm)
    tries = house.rows("SELECT count(*) AS n FROM trials WHERE operation_id = :id", id=sweep)
    assert (tries[0]["n"], result["dsr_trials"]) == (ROWS, 2 * ROWS)
    assert unfinished(house.home) == []
