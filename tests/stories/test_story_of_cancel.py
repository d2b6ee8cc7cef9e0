"""Cancelling stops the process, not only the row."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from story_cycles import PHASES, child, children, row, running, status, trigger
from story_house import House, HouseMaker, wait_for
from story_samples import WIDE

SLOW_POLL = {**WIDE, "MINTMARK_RESEARCH__POLL_SECONDS": "300"}
SEEN_SECONDS = 0.5
GONE_SECONDS = 1.0


def gone(pid: int) -> bool:
    """Return whether the process no longer runs."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def held(house: House, cycle: str, kind: str) -> int:
    """Wait for the process of a child and stop it, so that it cannot end before it is cancelled."""
    pid = int(running(house, cycle, kind)["child_pid"])
    os.kill(pid, signal.SIGSTOP)
    return pid


def assert_cancelled_in_time(house: House, cycle: str, pid: int | None) -> None:
    """Cancel by HTTP and check what must be true, and by when."""
    began = time.monotonic()
    answer = house.client.delete(f"/operations/{cycle}")
    assert answer.status_code == 200, answer.text
    shown = house.get("/agent/status")
    seen = time.monotonic() - began
    if pid is not None:
        wait_for(lambda: gone(pid), f"process {pid} is gone", GONE_SECONDS - (time.monotonic() - began))

    assert seen < SEEN_SECONDS
    assert (shown["status"], shown["operation_id"], shown["active_researches"]) == ("idle", None, [])
    assert status(house, cycle) == "cancelled"
    assert {one["status"] for one in children(house, cycle)} <= {"cancelled", "completed"}


@pytest.mark.parametrize(
    "phase", ["training", *(pytest.param(one, marks=pytest.mark.long) for one in ("backtesting", "assessing"))]
)
def test_a_cancel_in_any_phase_shows_at_once_and_ends_the_process(at_work: House, phase: str):
    house = at_work
    with house.hold(PHASES[phase]):
        cycle = trigger(house)
        pid = held(house, cycle, PHASES[phase])

    assert_cancelled_in_time(house, cycle, pid)

    last = child(house, cycle, PHASES[phase])
    assert last is not None
    assert (last["status"], last["cancel_reason"]) == ("cancelled", "Parent cancelled")
    order = [
        event["operation_id"] for event in house.rows("SELECT * FROM events WHERE \"to\" = 'cancelled' ORDER BY n")
    ]
    assert order[-2:] == [last["operation_id"], cycle]
    again = house.run("operations", "cancel", cycle, "--json")
    assert (again.code, again.body["error"]) == (5, "not_cancellable")


def test_a_cancel_while_designing_ends_the_process(at_work: House):
    house = at_work
    with house.hold("agent_design"):
        cycle = house.client.post("/agent/trigger", json={}).json()["operation_id"]
        pid = held(house, cycle, "agent_design")

    assert_cancelled_in_time(house, cycle, pid)


@pytest.mark.long
def test_a_cancel_before_any_child_exists_leaves_nothing_to_do(a_house: HouseMaker):
    house = a_house("sqlite", SLOW_POLL)
    house.serve()
    cycle = trigger(house)

    assert_cancelled_in_time(house, cycle, None)

    assert children(house, cycle) == []
    house.worker()
    assert row(house, cycle)["status"] == "cancelled"


def test_a_cancel_by_the_command_line_says_what_it_ended(at_work: House):
    house = at_work
    cycle = trigger(house, "slow")
    work = running(house, cycle, "training")
    os.kill(int(work["child_pid"]), signal.SIGSTOP)

    answer = house.run("operations", "cancel", cycle, "--reason", "enough", "--json")

    assert answer.code == 0, answer.stderr
    said = answer.body["data"]
    assert (said["operation_id"], said["status"], said["cancel_reason"]) == (cycle, "cancelled", "enough")
    assert said["children_cancelled"] == [work["operation_id"]]
    wait_for(lambda: gone(work["child_pid"]), "the process is gone", 2)
    assert house.run("agent", "cancel", "--json").code == 4


@pytest.mark.long
def test_a_cycle_beyond_the_capacity_is_refused(at_work: House):
    house = at_work
    with house.hold("training"):
        cycles = [trigger(house, "slow") for _ in range(3)]

        refused = house.client.post("/agent/trigger", json={"strategy": "quick"})

        assert refused.status_code == 409
        assert (refused.json()["error"], refused.json()["details"]) == ("at_capacity", {"active_count": 3, "limit": 3})
        assert house.run("agent", "trigger", "--strategy", "quick", "--json").code == 5
        house.ask("agent", "cancel", cycles[1])
        assert sorted(one["operation_id"] for one in house.get("/agent/status")["active_researches"]) == sorted(
            [cycles[0], cycles[2]]
        )
        assert house.client.post("/agent/trigger", json={"strategy": "quick"}).status_code == 202
