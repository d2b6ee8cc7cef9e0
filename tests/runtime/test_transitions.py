"""The one way a status moves."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Row, update
from workshop import Workshop

from mintmark.runtime.tables import operations
from mintmark.runtime.transitions import (
    ACTIVE,
    COMPLETED,
    FAILED,
    MOVES,
    PENDING,
    RUNNING,
    STATUSES,
    end,
    hand_over,
    locked,
    move,
)


def row_of(shop: Workshop, operation_id: str) -> Row[tuple[object, ...]]:
    with shop.database.write() as connection:
        found = locked(connection, operation_id)
    assert found is not None
    return found


def engine_rows(shop: Workshop) -> dict[str, str]:
    """Return the engine's rows: id -> status."""
    rows = shop.operations.engine.rows
    with shop.database.read() as connection:
        return {row.workflow_uuid: row.status for row in connection.execute(rows.select())}


def set_values(shop: Workshop, operation_id: str, **values: object) -> None:
    with shop.database.write() as connection:
        connection.execute(update(operations).where(operations.c.operation_id == operation_id).values(**values))


def hand(shop: Workshop, operation_id: str, *, takeover: bool) -> str | None:
    found = row_of(shop, operation_id)
    with shop.operations.writing() as connection:
        return hand_over(connection, shop.operations.engine, found, takeover=takeover)


def test_only_the_allowed_moves_can_be_asked_for(sqlite_shop: Workshop):
    asked = sqlite_shop.train()
    forbidden = [(source, to) for source in STATUSES for to in STATUSES if to not in MOVES[source]]

    for source, to in forbidden:
        with sqlite_shop.database.write() as connection, pytest.raises(ValueError, match="expected one of"):
            move(connection, asked, sources=[source], to=to)

    assert len(forbidden) == 36 - 14


def test_of_many_who_move_one_wins(shop: Workshop):
    asked = shop.train()
    won: list[bool] = []

    def take() -> None:
        with shop.database.write() as connection:
            won.append(move(connection, asked, sources=[PENDING], to=RUNNING) is not None)

    takers = [threading.Thread(target=take) for _ in range(8)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()

    assert sorted(won) == [False] * 7 + [True]
    assert [event["to"] for event in shop.operations.events(asked)] == [PENDING, RUNNING]


def test_an_older_life_is_shut_out(shop: Workshop):
    asked = shop.train()
    hand(shop, asked, takeover=True)

    with shop.database.write() as connection:
        late = move(connection, asked, sources=ACTIVE, to=FAILED, starts=1)

    assert late is None
    assert shop.status(asked) == PENDING


def test_what_is_created_in_a_transaction_that_fails_leaves_nothing(shop: Workshop):
    def create_and_fail() -> None:
        with shop.operations.writing() as connection:
            shop.operations.create(connection, "training", metadata={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        create_and_fail()

    assert shop.operations.list()["total_count"] == 0
    assert engine_rows(shop) == {}


def test_creating_and_enqueueing_are_one(shop: Workshop):
    training, cycle = shop.train(), shop.cycle()

    assert engine_rows(shop) == {f"{training}.1": "ENQUEUED", f"{cycle}.1.1": "ENQUEUED"}


def test_a_handing_over_is_a_new_life_with_a_new_engine_id(shop: Workshop):
    asked = shop.train()

    assert hand(shop, asked, takeover=False) == PENDING
    assert hand(shop, asked, takeover=True) == PENDING

    found = shop.operations.get(asked)
    assert (found["starts"], found["takeovers"], found["worker_id"]) == (3, 1, None)
    assert set(engine_rows(shop)) == {f"{asked}.1", f"{asked}.2", f"{asked}.3"}
    assert shop.kinds_of_events(asked) == ["status", "restart", "takeover"]


def test_of_two_reapers_one_hands_over(shop: Workshop):
    asked = shop.train()
    found = row_of(shop, asked)

    answers = []
    for _ in range(2):
        with shop.operations.writing() as connection:
            answers.append(hand_over(connection, shop.operations.engine, found, takeover=True))

    assert answers == [PENDING, None]
    assert shop.operations.get(asked)["takeovers"] == 1


def test_the_fourth_takeover_ends_an_operation(shop: Workshop):
    asked = shop.train()

    answers = [hand(shop, asked, takeover=True) for _ in range(4)]

    found = shop.operations.get(asked)
    assert answers == [PENDING, PENDING, PENDING, FAILED]
    assert found["error"] == {"code": "worker_lost", "message": "its worker was lost 4 times"}
    assert (found["takeovers"], found["starts"]) == (3, 4)


def test_more_than_ten_lives_end_an_operation_and_a_resume_gives_ten_more(sqlite_shop: Workshop):
    asked = sqlite_shop.train()
    answers = [hand(sqlite_shop, asked, takeover=False) for _ in range(10)]
    assert answers == [PENDING] * 9 + [FAILED]
    assert sqlite_shop.operations.get(asked)["error"]["code"] == "worker_lost"

    sqlite_shop.operations.resume(asked)

    assert sqlite_shop.operations.get(asked)["starts"] == 11
    assert [hand(sqlite_shop, asked, takeover=False) for _ in range(10)] == [PENDING] * 9 + [FAILED]


def test_an_end_wakes_the_parent_in_the_same_transaction(shop: Workshop):
    cycle = shop.cycle()
    with shop.operations.writing() as connection:
        child = shop.operations.start_child(connection, cycle, "training", metadata={})
        move(connection, child, sources=[PENDING], to=RUNNING)

    with shop.operations.writing() as connection:
        end(connection, shop.operations.engine, child, COMPLETED, sources=[RUNNING])

    assert f"{cycle}.1.2" in engine_rows(shop)


def test_an_ended_parent_is_not_woken(shop: Workshop):
    cycle = shop.cycle()
    shop.operations.cancel(cycle)

    with shop.operations.writing() as connection:
        assert not shop.operations.wake(connection, cycle)
