"""Whatever is killed, the work goes on where it stood and nothing is done twice."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from story_cycles import (
    CHILDREN,
    checkpoint_round,
    child,
    children,
    ended,
    outcome,
    row,
    running,
    status,
    told,
    trigger,
    worker_of,
)
from story_house import House, HouseMaker, opened, wait_for
from story_samples import WIDE

KINDS = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
TAKEOVER_SECONDS = 25


def kinds_of_events(house: House, operation_id: str) -> list[str]:
    """Return the kinds of an operation's events, oldest first."""
    return [
        str(one["kind"])
        for one in house.rows("SELECT kind FROM events WHERE operation_id = :id ORDER BY n", id=operation_id)
    ]


@pytest.mark.long
@KINDS
def test_every_process_killed_in_backtesting_goes_on_after_a_new_start(
    a_house: HouseMaker, calm_quick: dict[str, Any], kind: str
):
    house = a_house(kind, WIDE)
    house.serve()
    house.worker()
    with house.hold("backtesting"):
        cycle = trigger(house)
        running(house, cycle, "backtesting")
        before = child(house, cycle, "training")

        house.kill_all()
    assert house.processes() == []
    house.serve()
    house.worker()

    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    assert outcome(house, cycle) == calm_quick
    assert child(house, cycle, "training") == before
    assert [one["takeovers"] for one in children(house, cycle)] == [0, 0, 0]


@pytest.mark.long
@KINDS
def test_a_worker_killed_in_training_is_followed_by_the_other_and_nothing_is_done_twice(
    a_house: HouseMaker, calm_slow: dict[str, Any], kind: str
):
    house = a_house(kind, WIDE)
    house.worker()
    house.worker()
    with house.hold_after("training", 2):
        cycle = trigger(house, "slow")
        training = running(house, cycle, "training")["operation_id"]
        wait_for(lambda: checkpoint_round(house, training) == 50, "the checkpoint of round 50 is stored")

        dead = row(house, training)
        os.kill(worker_of(house, dead), signal.SIGKILL)
        taken = wait_for(
            lambda: (
                (found := row(house, training))["worker_id"] != dead["worker_id"]
                and found["status"] == "running"
                and found
            ),
            "the other worker takes the training over",
            TAKEOVER_SECONDS,
        )

    assert (taken["takeovers"], taken["starts"]) == (1, dead["starts"] + 1)
    assert "takeover" in kinds_of_events(house, training)
    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    result = house.ask("operations", "show", training)["data"]["result_summary"]
    assert result["resumed_from_round"] == 50
    assert outcome(house, cycle) == calm_slow
    assert (calm_slow["trials"], calm_slow["experiments"], len(calm_slow["gates"])) == (9, 1, 7)
    assert calm_slow["children"] == list(CHILDREN)
    assert len(house.rows("SELECT operation_id FROM operations")) == 1 + len(CHILDREN)
    assert {path.name for path in (house.home / "models" / "slow").iterdir()} == {
        Path(calm_slow["training"]["model_path"]).name
    }


@pytest.mark.long
@KINDS
def test_two_workers_a_server_and_a_second_shell_share_one_database(a_house: HouseMaker, kind: str):
    house = a_house(kind, WIDE)
    house.serve()
    house.worker()
    house.worker()

    with ThreadPoolExecutor(3) as shells:
        cycles = [one["operation_id"] for one in shells.map(lambda _: triggered(house), range(3))]
    shown = house.ask("agent", "status")
    listed = house.ask("operations", "list", "--type", "training")
    found = [ended(house, cycle) for cycle in cycles]

    assert {one["operation_id"] for one in shown["active_researches"]} <= set(cycles)
    assert shown["workers"]["training"]["total"] == 2
    assert shown["capacity"]["limit"] == 5
    assert all(one["operation_type"] == "training" for one in listed["data"])
    assert [one["status"] for one in found] == ["completed"] * 3, [told(house, cycle) for cycle in cycles]
    outcomes = [outcome(house, cycle) for cycle in cycles]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert house.ask("operations", "list", "--type", "training")["total_count"] == 3
    assert house.get("/operations", operation_type="training")["total_count"] == 3


def triggered(house: House) -> dict[str, Any]:
    """Trigger the quick cycle from a shell of its own."""
    body: dict[str, Any] = house.ask("agent", "trigger", "--strategy", "quick")
    return body


@pytest.mark.long
def test_a_frozen_worker_that_wakes_up_writes_nothing(a_house: HouseMaker, calm_slow: dict[str, Any]):
    house = a_house("sqlite", WIDE)
    house.worker()
    house.worker()
    cycle = trigger(house, "slow")
    training = running(house, cycle, "training")
    frozen = worker_of(house, training)
    os.kill(frozen, signal.SIGSTOP)
    wait_for(lambda: row(house, training["operation_id"])["takeovers"] == 1, "the other worker takes over")

    os.kill(frozen, signal.SIGCONT)

    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    assert outcome(house, cycle) == calm_slow


@pytest.mark.long
def test_a_cycle_keeps_its_place_in_the_lists_over_a_restart(a_house: HouseMaker):
    house = a_house("sqlite", WIDE)
    house.serve()
    cycle = trigger(house)
    before = house.get("/operations")

    house.kill_all()
    house.serve()

    assert house.get("/operations") == before
    assert status(house, cycle) in ("pending", "running")


@pytest.mark.long
def test_a_cycle_started_on_one_machine_is_worked_on_another(
    a_house: HouseMaker, calm_quick: dict[str, Any], tmp_path: Path
):
    here = a_house("postgresql", WIDE)
    with opened(House(tmp_path / "there", here.url, WIDE)) as there:
        there.worker()

        cycle = trigger(here)

        assert ended(here, cycle)["status"] == "completed", told(there, cycle)
        assert outcome(here, cycle) == calm_quick
        assert outcome(there, cycle) == calm_quick
