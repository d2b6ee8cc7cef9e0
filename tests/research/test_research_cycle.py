"""A cycle: its phases, its gates, its children, its end."""

import logging

import pytest
from research_house import GOOD_ASSESSMENT, GOOD_BACKTEST, GOOD_TRAINING, M1, a_house
from sqlalchemy import select

from mintmark.domain import Refused
from mintmark.research.gates import Limits
from mintmark.research.phases import ChildState, next_step
from mintmark.research.tables import experiments

DESIGNED = {
    "success": True,
    "strategy_name": "swing_1",
    "strategy_path": "strategies/swing_1.yaml",
    "strategy_hash": None,
    "designer": "algorithm",
}


def parameters(cycle):
    return cycle["metadata"]["parameters"]


def designed(house, **body):
    """Trigger a cycle whose design has just ended with swing_1; return its id."""
    house.save(M1)
    cycle = house.triggered(symbols=["EURUSD", "GBPUSD"], **body)
    moved = house.end_child(cycle, result_summary=DESIGNED)
    assert moved["phase"] == "training", moved["error"]
    return cycle


def experiment(house, cycle):
    with house.database.read() as connection:
        row = connection.execute(select(experiments).where(experiments.c.operation_id == cycle)).mappings().one()
        return dict(row)


def test_start_training_gets_exactly_symbols_timeframes_and_name_of_the_file(house):
    cycle = designed(house)

    kind, given = house.started[-1]
    assert kind == "training"
    assert given == {
        "symbols": ["EURUSD", "GBPUSD"],
        "timeframes": ["1h", "4h"],
        "strategy_name": "swing_1",
        "pack_id": "PP_2018-12-31_TEST_v1",
        "strategy_hash": None,
        "parent_operation_id": cycle,
    }
    assert [kind for kind, _ in house.started].count("training") == 1
    assert parameters(house.operations.get(cycle))["training_op_id"] == "op_training_test_123"


def test_the_child_shown_is_the_child_that_works(house):
    cycle = designed(house)

    status = house.research.status()

    assert status["operation_id"] == cycle
    assert status["phase"] == "training"
    assert status["child_operation_id"] == status["training_op_id"]
    child = house.operations.get(status["child_operation_id"])
    assert (child["operation_type"], child["parent_operation_id"]) == ("training", cycle)


def test_phases_come_in_order_and_end_with_a_verdict(house):
    cycle = house.triggered()
    house.save(M1)
    seen = [house.operations.get(cycle)["phase"]]
    for result in (DESIGNED, GOOD_TRAINING, GOOD_BACKTEST):
        seen.append(house.end_child(cycle, result_summary=result)["phase"])
    ended = house.end_child(cycle, result_summary=GOOD_ASSESSMENT)

    assert seen == ["designing", "training", "backtesting", "assessing"]
    assert ended["status"] == "completed"
    assert [kind for kind, _ in house.started] == ["agent_design", "training", "backtesting", "agent_assessment"]
    assert ended["result_summary"]["verdict"] == "mediocre"
    assert ended["mark"]["pack_id"] == "PP_2018-12-31_TEST_v1"
    assert parameters(ended)["capped_by"] == ["dsr"]
    report = house.home / ended["result_summary"]["report_path"]
    assert report.read_text().startswith("<!doctype html>")
    assert [answer["gate"] for answer in house.research.gate_answers(cycle)] == ["training"] * 3 + ["backtest"] * 4


def test_an_accuracy_of_40_percent_fails_the_cycle_and_starts_no_backtest(house):
    cycle = designed(house)

    ended = house.end_child(cycle, result_summary={**GOOD_TRAINING, "accuracy": 0.40})

    assert ended["status"] == "failed"
    assert ended["error"] == {
        "code": "gate_refused",
        "message": "Training gate failed: accuracy_below_threshold (40.0% < 45%)",
    }
    assert parameters(ended)["training_result"]["accuracy"] == 0.40
    assert "backtesting" not in [kind for kind, _ in house.started]
    answers = house.research.gate_answers(cycle)
    assert [answer["decisive"] for answer in answers] == [True, False, False]
    assert experiment(house, cycle)["status"] == "gate_rejected_training"
    assert (house.home / parameters(ended)["report_path"]).exists()
    with pytest.raises(Refused) as refused:
        house.operations.resume(cycle)
    assert refused.value.code == "not_resumable"


def test_with_policy_assess_a_refused_training_goes_to_the_assessment_without_a_backtest(house):
    cycle = designed(house, gate_policy="assess")
    phase = house.end_child(cycle, result_summary={**GOOD_TRAINING, "accuracy": 0.40})["phase"]

    ended = house.end_child(cycle, result_summary={**GOOD_ASSESSMENT, "verdict": "poor"})

    assert phase == "assessing"
    assert ended["status"] == "completed"
    assert parameters(ended)["backtest_op_id"] is None
    assert parameters(ended)["backtest_result"] is None
    assert parameters(ended)["gate_rejection"]["code"] == "accuracy_below_threshold"
    assert ended["result_summary"]["verdict"] == "poor"
    assert experiment(house, cycle)["status"] == "gate_rejected_training"


def test_a_refused_backtest_fails_the_cycle_with_its_reason(house):
    cycle = designed(house)
    house.end_child(cycle, result_summary=GOOD_TRAINING)

    ended = house.end_child(cycle, result_summary={**GOOD_BACKTEST, "sharpe_ratio": -0.80})

    assert ended["error"]["message"] == "Backtest gate failed: sharpe_too_low (-0.80 < -0.5)"
    assert experiment(house, cycle)["status"] == "gate_rejected_backtest"


def test_a_training_that_fails_fails_the_cycle_and_the_next_trigger_is_accepted(house):
    cycle = designed(house)

    ended = house.end_child(cycle, "failed", error_code="internal", error_message="out of memory")

    assert ended["status"] == "failed"
    assert ended["error"] == {"code": "child_failed", "message": "Training failed: out of memory"}
    assert house.research.trigger()["triggered"] is True


def test_a_cancelled_child_cancels_its_cycle(house):
    cycle = designed(house)
    child = house.operations.get(cycle)["child_operation_id"]
    house.operations.cancel(child)

    ended = house.look(cycle)

    assert (ended["status"], ended["cancel_reason"]) == ("cancelled", f"Child cancelled: {child}")
    assert experiment(house, cycle)["status"] == "cancelled"


def test_cancelling_a_cycle_cancels_its_child_first_and_is_remembered(house):
    cycle = designed(house)

    answer = house.research.cancel()

    assert answer["children_cancelled"] == ["op_training_test_123", *answer["children_cancelled"][1:]]
    assert house.operations.get("op_training_test_123")["cancel_reason"] == "Parent cancelled"
    assert house.research.status()["status"] == "idle"
    assert [found["status"] for found in house.research.experiments()] == ["cancelled"]
    assert house.research.experiments()[0]["operation_id"] == cycle


def test_a_look_said_twice_starts_nothing_twice(house):
    cycle = designed(house)
    house.end_child(cycle, result_summary=GOOD_TRAINING)

    house.look(cycle)
    house.look(cycle)

    assert len(house.research.gate_answers(cycle)) == 3
    assert [kind for kind, _ in house.started].count("backtesting") == 1


def test_a_resumed_cycle_goes_on_in_its_phase_with_the_same_child(house):
    cycle = designed(house)
    house.end_child(cycle, "failed", error_code="worker_lost", error_message="worker lost")
    answer = house.operations.resume(cycle)
    house.look(cycle)

    moved = house.end_child(cycle, result_summary=GOOD_TRAINING)

    assert answer["resumed_from"]["phase"] == "training"
    assert moved["phase"] == "backtesting"
    assert [kind for kind, _ in house.started].count("training") == 1


def test_a_file_that_changed_since_the_trigger_fails_the_cycle(house):
    house.save(M1)
    cycle = house.research.trigger(strategy="swing_1")["operation_id"]
    house.save(M1.replace("0.01", "0.02"))

    ended = house.look(cycle)

    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "strategy_changed"


def test_a_promising_cycle_is_kept_for_ever_and_counted(house):
    cycle = designed(house)
    for result in (GOOD_TRAINING, GOOD_BACKTEST):
        house.end_child(cycle, result_summary=result)

    house.end_child(cycle, result_summary={**GOOD_ASSESSMENT, "verdict": "promising", "capped_by": []})

    text = house.operations.metrics().decode()
    assert 'mintmark_cycles_total{outcome="promising"} 1.0' in text
    assert 'mintmark_gate_answers_total{code="passed",gate="training"} 1.0' in text


def test_training_evidence_and_holdout_evidence_are_kept_apart(house):
    cycle = designed(house)
    house.end_child(cycle, result_summary=GOOD_TRAINING)
    house.end_child(cycle, result_summary=GOOD_BACKTEST)
    house.end_child(cycle, result_summary=GOOD_ASSESSMENT)

    row = experiment(house, cycle)

    assert row["training_evidence"]["fold_sharpes"] == [1.0, 1.0, 0.0, 0.0]
    assert "sharpe_ratio" not in row["training_evidence"]
    assert row["holdout_evidence"]["sharpe_ratio"] == 1.4


def test_the_same_house_runs_on_both_databases(database, tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    with a_house(database, tmp_path / "home", max_concurrent=2) as house:
        cycle = designed(house)
        for result in (GOOD_TRAINING, GOOD_BACKTEST):
            house.end_child(cycle, result_summary=result)

        ended = house.end_child(cycle, result_summary=GOOD_ASSESSMENT)

    assert ended["status"] == "completed"
    assert caplog.records == []


@pytest.mark.parametrize("status", ["pending", "running", "resuming"])
def test_a_cycle_waits_while_its_child_is_active(status):
    child = ChildState("op_training_x", status, {})

    assert next_step("training", {}, child, Limits()).move == "wait"


@pytest.mark.parametrize(
    "phase, word",
    [("designing", "Design"), ("training", "Training"), ("backtesting", "Backtest"), ("assessing", "Assessment")],
)
def test_a_failed_child_is_named_in_the_cycles_error(phase, word):
    child = ChildState("op_x", "failed", {}, "no room", "disk_full")

    step = next_step(phase, {}, child, Limits())

    assert (step.move, step.code, step.message) == ("fail", "child_failed", f"{word} failed: no room")


def test_a_verdict_goes_with_the_file_it_was_given_for(house):
    from mintmark.research.operations.designing import note_strategy
    from mintmark.research.tables import strategies
    from mintmark.strategy import read_spec

    changed = M1.replace("0.01", "0.02")
    with house.database.write() as connection:
        note_strategy(connection, house.context, read_spec(M1).require(), None)
        connection.execute(strategies.update().values(verdict="promising", approved=True, model_path="models/x"))
        note_strategy(connection, house.context, read_spec(M1).require(), None)
        kept = connection.execute(select(strategies.c.verdict, strategies.c.approved)).one()
        note_strategy(connection, house.context, read_spec(changed).require(), None)
        dropped = connection.execute(select(strategies.c.verdict, strategies.c.approved, strategies.c.model_path)).one()

    assert kept == ("promising", True)
    assert dropped == (None, False, None)
