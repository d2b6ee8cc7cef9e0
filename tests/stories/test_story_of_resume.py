"""A cancelled training goes on from its checkpoint and ends with the same bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from story_cycles import checkpoint_round, child, ended, outcome, row, running, told, trigger
from story_house import House, HouseMaker, wait_for
from story_samples import WIDE


def cancelled_at(house: House, cycle: str, round_: int) -> str:
    """Cancel a cycle whose training stands still once it has the checkpoint of ``round_``; return the training's id."""
    training = str(running(house, cycle, "training")["operation_id"])
    wait_for(lambda: checkpoint_round(house, training) == round_, f"the checkpoint of round {round_} is stored")
    house.ask("operations", "cancel", cycle)
    return training


@pytest.mark.long
def test_a_training_cancelled_after_its_checkpoint_resumes_there_to_the_same_model(
    at_work: House, calm_slow: dict[str, Any]
):
    resume_to_the_same_model(at_work, calm_slow)


@pytest.mark.long
def test_a_training_on_postgresql_resumes_to_the_same_model(a_house: HouseMaker, calm_slow: dict[str, Any]):
    house = a_house("postgresql", WIDE)
    house.serve()
    house.worker()

    resume_to_the_same_model(house, calm_slow)


def resume_to_the_same_model(house: House, calm_slow: dict[str, Any]) -> None:
    """Cancel a training after round 75, resume it twice at once, and check that one of them ends it well."""
    with house.hold_after("training", 3):
        cycle = trigger(house, "slow")
        training = cancelled_at(house, cycle, 75)

    with ThreadPoolExecutor(2) as shells:
        answers = list(shells.map(lambda _: house.client.post(f"/operations/{cycle}/resume"), range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
    won = next(answer.json()["data"] for answer in answers if answer.status_code == 200)
    assert won["operation_id"] == cycle
    assert won["resumed_from"]["phase"] == "training"
    assert won["resumed_from"]["round"] == 75
    assert next(answer.json()["error"] for answer in answers if answer.status_code == 409) == "not_resumable"
    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    again = child(house, cycle, "training")
    assert again is not None
    assert again["operation_id"] == training
    result = house.ask("operations", "show", training)["data"]["result_summary"]
    assert result["resumed_from_round"] == won["resumed_from"]["round"]
    assert outcome(house, cycle) == calm_slow


@pytest.mark.long
def test_a_training_by_itself_is_cancelled_and_resumed_by_the_command_line(at_work: House):
    house = at_work
    with house.hold_after("training", 1):
        training = house.ask("train", "slow")["operation_id"]
        wait_for(lambda: checkpoint_round(house, training) == 25, "the checkpoint of round 25 is stored")
        house.ask("operations", "cancel", training)

    resumed = house.ask("operations", "resume", training)

    assert resumed["data"]["resumed_from"]["round"] == 25
    assert ended(house, training)["status"] == "completed", told(house, training)
    assert row(house, training)["takeovers"] == 0
    assert house.run("operations", "resume", training, "--json").body["error"] == "not_resumable"


@pytest.mark.long
def test_a_cycle_ended_by_a_gate_is_final(a_house: HouseMaker):
    house = a_house("sqlite", {**WIDE, "MINTMARK_RESEARCH__GATES__MIN_ACCURACY": "0.999"})
    house.worker()
    cycle = trigger(house)
    assert ended(house, cycle)["status"] == "failed", told(house, cycle)

    answer = house.run("operations", "resume", cycle, "--json")

    assert (answer.code, answer.body["error"]) == (5, "not_resumable")
    assert row(house, cycle)["error_code"] == "gate_refused"
    assert row(house, cycle)["error_message"].startswith("Training gate failed: accuracy_below_threshold (")
    assert child(house, cycle, "backtesting") is None
