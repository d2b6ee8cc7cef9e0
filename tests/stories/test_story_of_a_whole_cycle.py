"""A cycle from its trigger to its verdict, through the doors."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from story_cycles import CHILDREN, PHASES, children, ended, experiments, outcome, running, told, trigger
from story_house import COMMAND, ENDED, House, HouseMaker, wait_for
from story_samples import WIDE

VERDICTS = {"promising", "mediocre", "poor"}
OFFLINE = ("unshare", "--net", *COMMAND)


def phases_until_the_end(house: House, operation_id: str) -> list[str]:
    """Read the cycle until it ends and return each phase seen, once."""
    seen: list[str] = []

    def look() -> bool:
        found = house.get(f"/operations/{operation_id}")["data"]
        phase = found["metadata"]["parameters"]["phase"]
        if phase not in seen[-1:]:
            seen.append(phase)
        return found["status"] in ENDED

    wait_for(look, "the cycle ends", 400)
    return seen


def test_a_cycle_triggered_by_http_goes_through_its_phases_to_a_verdict(at_work: House):
    house = at_work

    answer = house.client.post("/agent/trigger", json={"strategy": "starting_1"})

    assert answer.status_code == 202, answer.text
    began = answer.json()
    cycle = began["operation_id"]
    assert began["triggered"] is True
    assert began["waiting_for_worker"] is False
    seen = phases_until_the_end(house, cycle)
    assert [phase for phase in seen if phase != "idle"] == ["training", "backtesting", "assessing"]
    found = house.get(f"/operations/{cycle}")["data"]
    assert found["status"] == "completed", found["error"]
    assert found["progress"]["percentage"] == 100
    assert found["result_summary"]["verdict"] in VERDICTS
    assert [one["operation_type"] for one in house.get(f"/operations/{cycle}/children")["data"]] == list(CHILDREN)
    assessment = json.loads((house.home / found["result_summary"]["assessment_path"]).read_text())
    last = house.get(f"/operations/{found['metadata']['parameters']['assessment_op_id']}")["data"]
    assert assessment == last["result_summary"]
    assert (house.home / "strategies" / "starting_1" / "assessment.json").exists()
    assert "<html" in (house.home / found["result_summary"]["report_path"]).read_text()


def offline_command() -> tuple[str, ...]:
    """Return the command in a world without a network where this machine can make one."""
    able = shutil.which("unshare") and subprocess.run(["unshare", "--net", "true"], check=False).returncode == 0
    return OFFLINE if able else COMMAND


def test_one_command_without_key_or_network_designs_trains_tests_and_judges(a_house: HouseMaker):
    house = a_house()

    answer = house.run(
        "agent", "trigger", "--follow", "--gate-policy", "assess", "--json", command=offline_command(), seconds=400
    )

    assert answer.code == 0, answer.stderr[-3000:]
    found = answer.body
    cycle = house.ask("operations", "list", "--type", "agent_research")["data"][0]["operation_id"]
    kinds = [one["operation_type"] for one in children(house, cycle)]
    refused = house.ask("operations", "show", cycle)["data"]["metadata"]["parameters"]["gate_rejection"]
    trained_only = refused is not None and refused["gate"] == "training"
    assert kinds == ["agent_design", "training", *([] if trained_only else ["backtesting"]), "agent_assessment"]
    assert experiments(house, cycle) == 1
    assert json.dumps(found).count("promising") + json.dumps(found).count("mediocre") + json.dumps(found).count("poor")
    cost = house.ask("operations", "show", cycle)["data"]["metadata"]["parameters"]["cost"]
    assert cost in ("0", {"amount": "0", "currency": "USD"}), cost


@pytest.mark.long
def test_the_child_shown_is_the_operation_that_works(at_work: House):
    house = at_work
    named_as = {"training": "training_op_id", "backtesting": "backtest_op_id", "assessing": "assessment_op_id"}
    with house.hold(*PHASES.values()) as release:
        cycle = trigger(house)
        for phase, kind in PHASES.items():
            running(house, cycle, kind)

            shown = house.get("/agent/status")

            assert (shown["phase"], shown["operation_id"]) == (phase, cycle)
            assert shown["child_operation_id"] == shown[named_as[phase]]
            child = house.get(f"/operations/{shown['child_operation_id']}")["data"]
            assert (child["operation_type"], child["parent_operation_id"]) == (kind, cycle)
            release(kind)
    ended(house, cycle)
    found = house.get(f"/operations/{cycle}")["data"]["metadata"]["parameters"]
    named = [found["training_op_id"], found["backtest_op_id"], found["assessment_op_id"]]
    assert named == [one["operation_id"] for one in children(house, cycle)]


@pytest.mark.long
def test_the_same_strategy_pack_and_seed_give_the_same_bytes(at_work: House, calm_quick: dict[str, Any]):
    cycle = trigger(at_work, "quick")

    assert ended(at_work, cycle)["status"] == "completed", told(at_work, cycle)
    assert outcome(at_work, cycle) == calm_quick


@pytest.mark.long
def test_postgresql_gives_the_same_bytes_as_sqlite(a_house: HouseMaker, calm_slow: dict[str, Any]):
    house = a_house("postgresql", WIDE)
    house.worker()

    cycle = trigger(house, "slow")

    assert ended(house, cycle)["status"] == "completed", told(house, cycle)
    assert outcome(house, cycle) == calm_slow
