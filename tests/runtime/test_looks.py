"""Looks of a waiting parent."""

from __future__ import annotations

import threading

import pytest
from test_transitions import engine_rows, set_values
from workshop import PHASES, Workshop

from mintmark.domain import Refused
from mintmark.runtime import Parent
from mintmark.runtime.looking import look
from mintmark.runtime.transitions import PENDING, RUNNING, move


def finish_child(shop: Workshop, cycle: str) -> None:
    """Complete the child of the cycle's phase as its worker would."""
    child = shop.operations.get(cycle)["child_operation_id"]
    with shop.operations.writing() as connection:
        move(connection, child, sources=[PENDING], to=RUNNING)
        shop.operations.complete(connection, child, {"success": True})


def test_twenty_looks_at_once_start_one_set_of_children(shop: Workshop):
    cycle = shop.cycle()

    outcomes: list[str] = []
    for _phase in PHASES:
        before = len(outcomes)
        looks = [threading.Thread(target=lambda: outcomes.append(look(shop.operations, cycle, 1))) for _ in range(20)]
        for one in looks:
            one.start()
        for one in looks:
            one.join()
        assert sorted(outcomes[before:]) == ["left"] * 19 + ["moved"]
        finish_child(shop, cycle)
    assert look(shop.operations, cycle, 1) == "completed"

    assert [child["operation_type"] for child in shop.operations.children(cycle)] == list(PHASES)
    phases = [event["to"] for event in shop.operations.events(cycle) if event["kind"] == "phase"]
    assert phases == list(PHASES)


def test_a_look_of_an_older_life_leaves(shop: Workshop):
    cycle = shop.cycle()
    shop.operations.cancel(cycle)
    shop.operations.resume(cycle)

    assert look(shop.operations, cycle, 1) == "left"
    assert shop.status(cycle) == "resuming"
    assert look(shop.operations, cycle, 2) == "moved"


def test_a_look_at_nothing_leaves(sqlite_shop: Workshop):
    assert look(sqlite_shop.operations, "op_agent_research_20260301_101500_9f3a1c2e", 1) == "left"


@pytest.mark.parametrize(
    "error, code, message",
    [(Refused("no pack", code="no_pack"), "no_pack", "no pack"), (KeyError("strategy"), "internal", "'strategy'")],
)
def test_a_look_that_goes_wrong_fails_its_parent(sqlite_shop: Workshop, error: Exception, code: str, message: str):
    def wrong(*_: object) -> None:
        raise error

    sqlite_shop.operations.register(Parent("agent_research", "research", wrong))
    cycle = sqlite_shop.cycle()

    assert look(sqlite_shop.operations, cycle, 1) == "failed"
    assert sqlite_shop.operations.get(cycle)["error"] == {"code": code, "message": message}


def test_files_are_read_before_and_written_after_the_transaction(sqlite_shop: Workshop):
    seen: list[object] = []
    known = sqlite_shop.operations

    def once(connection: object, view: object) -> None:
        seen.append(view.prepared)  # type: ignore[attr-defined]
        known.complete(connection, view.operation_id, {"success": True})  # type: ignore[attr-defined, arg-type]

    known.register(Parent("agent_research", "research", once, lambda _: "read", lambda _: seen.append("written")))
    cycle = sqlite_shop.cycle()

    assert look(known, cycle, 1) == "completed"
    assert look(known, cycle, 1) == "left"
    assert seen == ["read", "written"]


def test_a_child_that_does_not_exist_is_seen_as_none(sqlite_shop: Workshop):
    seen: list[object] = []
    sqlite_shop.operations.register(
        Parent("agent_research", "research", lambda _, view: seen.append((view.child_id, view.child)))
    )
    cycle = sqlite_shop.cycle()
    set_values(sqlite_shop, cycle, child_id="op_training_test_123")

    assert look(sqlite_shop.operations, cycle, 1) == "moved"
    assert seen == [("op_training_test_123", None)]
    assert engine_rows(sqlite_shop) == {f"{cycle}.1.1": "ENQUEUED"}
