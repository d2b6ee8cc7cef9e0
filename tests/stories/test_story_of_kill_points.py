"""Killed at every labelled step, a cycle ends as if nobody had killed anything."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from story_cycles import ended, outcome, row, running, told, trigger, worker_of
from story_house import ARMED, House, HouseMaker, wait_for
from story_samples import PATIENT, WIDE

from mintmark.runtime.killpoints import KILL_POINTS


def killed(house: House, label: str) -> bool:
    """Return whether somebody was killed at ``label``."""
    return (house.home / f"killed.{label}").exists()


def armed(label: str) -> tuple[str, ...]:
    """Return the start of a command that kills itself at ``label``."""
    return (*ARMED, label)


def cycles_of(house: House) -> list[str]:
    """Return the ids of all cycles."""
    return [
        str(one["operation_id"])
        for one in house.rows("SELECT operation_id FROM operations WHERE operation_type = 'agent_research'")
    ]


def killed_trigger(house: House, label: str) -> str:
    """Kill the command that starts the cycle; it has started one or none."""
    house.worker()
    assert house.run("agent", "trigger", "--strategy", "quick", command=armed(label)).code == -signal.SIGKILL
    found = cycles_of(house)
    assert len(found) == (1 if label == "trigger.committed" else 0)
    return found[0] if found else trigger(house)


def killed_cancel(house: House, label: str) -> str:
    """Kill the command that cancels: the cycle is cancelled with its child, or both go on."""
    house.worker()
    with house.hold("training"):
        cycle = trigger(house)
        training = running(house, cycle, "training")["operation_id"]
        assert house.run("operations", "cancel", cycle, command=armed(label)).code == -signal.SIGKILL
    if label == "cancel.after_commit":
        assert [row(house, one)["status"] for one in (cycle, training)] == ["cancelled"] * 2
        house.ask("operations", "resume", cycle)
    return cycle


def killed_resume(house: House, label: str) -> str:
    """Kill the command that resumes: the cycle goes on, or may be resumed again."""
    house.worker()
    with house.hold("training"):
        cycle = trigger(house)
        running(house, cycle, "training")
        house.ask("operations", "cancel", cycle)
    assert house.run("operations", "resume", cycle, command=armed(label)).code == -signal.SIGKILL
    if label == "resume.before_commit":
        assert row(house, cycle)["status"] == "cancelled"
        house.ask("operations", "resume", cycle)
    return cycle


def killed_worker(house: House, label: str) -> str:
    """Kill the worker, or the process it started, in the middle of the cycle; kill all the rest and start again."""
    house.start("worker", command=armed(label))
    cycle = trigger(house)
    wait_for(lambda: killed(house, label), f"somebody dies at {label}")
    if not label.startswith("child."):
        house.kill_all()
        house.worker()
    return cycle


def killed_reaper(house: House, label: str) -> str:
    """Kill a worker, then the one that is about to hand its work over; a third ends it."""
    first = house.worker()
    cycle = trigger(house)
    os.kill(worker_of(house, running(house, cycle, "training")), signal.SIGKILL)
    house.kill(first)
    house.start("worker", command=armed(label))
    wait_for(lambda: killed(house, label), f"somebody dies at {label}")
    house.worker()
    return cycle


SCENES = {
    "trigger": killed_trigger,
    "cancel": killed_cancel,
    "resume": killed_resume,
    "reaper": killed_reaper,
}


@pytest.mark.long
@pytest.mark.parametrize("label", KILL_POINTS)
def test_a_cycle_killed_at_this_point_ends_as_if_nobody_had(
    a_house: HouseMaker, calm_quick: dict[str, Any], label: str
):
    house = a_house("sqlite", {**WIDE, **PATIENT})
    scene = SCENES.get(label.partition(".")[0], killed_worker)

    cycle = scene(house, label)

    assert killed(house, label)
    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    assert outcome(house, cycle) == calm_quick
    assert cycles_of(house) == [cycle]


def test_there_are_enough_points_to_be_killed_at():
    assert len(KILL_POINTS) >= 25
