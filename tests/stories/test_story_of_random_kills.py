"""A hundred cycles, each killed whole at a moment nobody chose."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from story_cycles import ended, outcome, told, trigger
from story_house import House, HouseMaker
from story_samples import PATIENT, WIDE

CYCLES = 100
PARTS = 12
"""So many tests share the cycles, each with a house of its own."""


def killed_once(house: House, moment: float) -> str:
    """Start a cycle, kill every process ``moment`` seconds later, start a worker, and return the cycle once ended."""
    cycle = trigger(house)
    # The moment is the point of the story: nothing is waited for.
    time.sleep(moment)
    house.kill_all()
    house.worker()
    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    return cycle


def differences(house: House, moments: list[float], calm: dict[str, Any]) -> list[str]:
    """Return what ended otherwise than an undisturbed cycle, one line each."""
    house.worker()
    wrong = []
    for moment in moments:
        cycle = killed_once(house, moment)
        if outcome(house, cycle) != calm:
            wrong.append(f"killed after {moment:.2f} s: {told(house, cycle)}")
    return wrong


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_cycles_killed_at_random_moments_all_end_the_same(
    a_house: HouseMaker, calm_quick: dict[str, Any], calm_seconds: float, part: int
):
    draw = random.Random(20260301)
    moments = [draw.uniform(0.0, calm_seconds) for _ in range(CYCLES)]

    assert differences(a_house("sqlite", {**WIDE, **PATIENT}), moments[part::PARTS], calm_quick) == []
