"""What any process may ask of operations."""

from __future__ import annotations

import re

import pytest
from test_transitions import engine_rows, hand, set_values
from workshop import Workshop

from mintmark.domain import Refused
from mintmark.runtime import child_id, trail
from mintmark.runtime.transitions import PENDING, RUNNING, move


def test_an_id_says_type_and_time(sqlite_shop: Workshop):
    assert re.fullmatch(r"op_agent_research_\d{8}_\d{6}_[0-9a-f]{8}", sqlite_shop.cycle())


def test_a_child_has_one_possible_id():
    parent = "op_agent_research_20260301_101500_9f3a1c2e"

    assert child_id(parent, "training") == "op_training_20260301_101500_78d73ef4"
    assert child_id(parent, "backtesting") != child_id(parent, "training")


def test_a_child_started_twice_is_started_once(shop: Workshop):
    cycle = shop.cycle()

    ids = set()
    for _ in range(2):
        with shop.operations.writing() as connection:
            ids.add(shop.operations.start_child(connection, cycle, "training", metadata={}))

    (child,) = ids
    assert [found["operation_id"] for found in shop.operations.children(cycle)] == [child]
    assert f"{child}.1" in engine_rows(shop)


def test_lists_are_filtered_counted_and_newest_first(shop: Workshop):
    cycle = shop.cycle()
    trainings = [shop.train() for _ in range(3)]
    shop.operations.cancel(trainings[0])

    page = shop.operations.list(operation_type="training", limit=2)
    active = shop.operations.list(active_only=True)
    cancelled = shop.operations.list(status="cancelled")

    assert [found["operation_id"] for found in page["data"]] == trainings[:0:-1]
    assert (page["total_count"], page["active_count"], page["limit"], page["offset"]) == (3, 2, 2, 0)
    assert active["total_count"] == 3
    assert [found["operation_id"] for found in cancelled["data"]] == trainings[:1]
    assert shop.operations.list(offset=3)["data"][0]["operation_id"] == cycle


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"status": "done"}])
def test_a_list_nobody_can_give_is_refused(sqlite_shop: Workshop, wrong: dict[str, object]):
    with pytest.raises(Refused) as refused:
        sqlite_shop.operations.list(**wrong)  # type: ignore[arg-type]

    assert refused.value.code == "invalid_request"


def test_an_unknown_id_is_not_found_whatever_is_asked(shop: Workshop):
    known = shop.operations
    asks = (known.get, known.children, known.events, known.rounds, known.cancel, known.resume)

    for ask in asks:
        with pytest.raises(Refused) as refused:
            ask("op_training_20260301_101500_9f3a1c2e")
        assert refused.value.code == "not_found"


def test_a_waiting_operation_is_cancelled_with_its_engine_row(shop: Workshop):
    asked = shop.train()

    answer = shop.operations.cancel(asked, "changed my mind")

    assert answer["status"] == "cancelled"
    assert answer["cancel_reason"] == "changed my mind"
    assert answer["child_cancelled"] is False
    assert engine_rows(shop)[f"{asked}.1"] == "CANCELLED"


def test_a_cancel_takes_waiting_descendants_first(shop: Workshop):
    cycle = shop.cycle()
    with shop.operations.writing() as connection:
        child = shop.operations.start_child(connection, cycle, "training", metadata={})

    answer = shop.operations.cancel(cycle)

    assert answer["children_cancelled"] == [child]
    assert shop.ended_in_order(child, cycle)
    assert shop.operations.get(child)["cancel_reason"] == "Parent cancelled"


def test_completed_children_are_not_undone_by_a_cancel(shop: Workshop):
    cycle = shop.cycle()
    with shop.operations.writing() as connection:
        child = shop.operations.start_child(connection, cycle, "training", metadata={})
        move(connection, child, sources=[PENDING], to=RUNNING)
        shop.operations.complete(connection, child, {"success": True})

    answer = shop.operations.cancel(cycle)

    assert answer["children_cancelled"] == []
    assert shop.status(child) == "completed"


def test_a_resume_brings_the_child_of_the_phase_along(shop: Workshop):
    cycle = shop.cycle()
    with shop.operations.writing() as connection:
        child = shop.operations.start_child(connection, cycle, "training", metadata={})
        shop.operations.set_phase(connection, cycle, "training", child_id=child)
    hand(shop, child, takeover=True)
    shop.operations.cancel(cycle)

    answer = shop.operations.resume(cycle)

    assert answer == {
        "operation_id": cycle,
        "status": "resuming",
        "resumed_from": {"phase": "training", "round": 0},
    }
    found = shop.operations.get(child)
    assert (found["status"], found["starts"], found["takeovers"]) == ("resuming", 3, 0)
    assert found["cancel_reason"] is None
    assert found["completed_at"] is None
    assert {f"{child}.3", f"{cycle}.2.2"} <= set(engine_rows(shop))


def test_what_a_gate_ended_is_not_resumed(shop: Workshop):
    cycle = shop.cycle()
    with shop.operations.writing() as connection:
        shop.operations.fail(connection, cycle, "gate_refused", "Training gate failed")

    with pytest.raises(Refused, match="by a gate") as refused:
        shop.operations.resume(cycle)

    assert refused.value.code == "not_resumable"


@pytest.mark.parametrize("status", ["pending", "running", "completed"])
def test_only_failed_and_cancelled_operations_are_resumed(sqlite_shop: Workshop, status: str):
    asked = sqlite_shop.train()
    set_values(sqlite_shop, asked, status=status)

    with pytest.raises(Refused) as refused:
        sqlite_shop.operations.resume(asked)

    assert refused.value.code == "not_resumable"


def test_a_phase_keeps_parameters_and_never_lets_the_percentage_fall(shop: Workshop):
    cycle = shop.cycle()
    set_values(shop, cycle, percentage=50.0)

    with shop.operations.writing() as connection:
        shop.operations.set_phase(connection, cycle, "training", strategy_name="m1")
        shop.operations.put_parameters(connection, cycle, gate_policy="fail")

    found = shop.operations.get(cycle)
    parameters = found["metadata"]["parameters"]
    assert found["progress"]["percentage"] == 50.0
    assert (parameters["phase"], parameters["strategy_name"], parameters["gate_policy"]) == ("training", "m1", "fail")
    assert parameters["training"] == {"rounds": 25, "seconds_per_round": 0.0}


def test_the_request_that_asked_is_the_correlation_of_the_whole_family(sqlite_shop: Workshop):
    from sqlalchemy import select

    from mintmark.runtime.tables import operations

    with trail(request_id="req-1"):
        cycle = sqlite_shop.cycle()
    with sqlite_shop.operations.writing() as connection:
        sqlite_shop.operations.start_child(connection, cycle, "training", metadata={})

    with sqlite_shop.database.read() as connection:
        found = set(connection.scalars(select(operations.c.correlation_id)))
    assert found == {"req-1"}


def test_metrics_count_what_ended_and_what_is_active(shop: Workshop):
    shop.operations.cancel(shop.train())
    cycle = shop.cycle()
    with shop.operations.writing() as connection:
        shop.operations.set_phase(connection, cycle, "agent_design")
    with shop.operations.writing() as connection:
        shop.operations.set_phase(connection, cycle, "training")

    text = shop.operations.metrics().decode()

    assert 'mintmark_operations_active{type="agent_research"} 1.0' in text
    assert 'mintmark_phase_seconds_count{phase="agent_design"} 1.0' in text
