"""What waiting and listing cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, insert, select
from workshop import Workshop, wait_until

from mintmark.runtime import Patience
from mintmark.runtime.reaper import reap
from mintmark.runtime.tables import operations
from mintmark.store import Database


@contextmanager
def questions_to(database: Database) -> Iterator[list[str]]:
    """Give a list that grows by every statement that reads ``database`` meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.reading, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.reading, "before_cursor_execute", note)


def waiting_in(shop: Workshop, cycles: int) -> None:
    """Start ``cycles`` cycles and return when each waits for a child that no worker serves."""
    asked = [shop.cycle() for _ in range(cycles)]
    for cycle in asked:
        wait_until(lambda one=cycle: shop.operations.get(one)["child_operation_id"] is not None, 60)


def test_thirty_waiting_cycles_are_watched_by_the_same_three_queries_as_one(shop: Workshop):
    worker = shop.worker(queues=["research"], look=300.0)
    found = []

    for cycles in (1, 29):
        waiting_in(shop, cycles)
        with questions_to(shop.database) as asked:
            settled = reap(shop.database, shop.operations.engine, Patience(worker=300.0, look=0.0), "w99")
        found.append((settled, sum("FROM operations" in one for one in asked)))

    assert worker.poll() is None
    assert found == [(0, 3), (0, 3)]


def test_fifty_of_ten_thousand_operations_are_listed_with_their_count(shop: Workshop):
    first = shop.train()
    with shop.database.write() as connection:
        row = dict(connection.execute(select(operations)).mappings().one())
        rows = [{**row, "operation_id": f"{first}{n}", "created_at": row["created_at"] + n} for n in range(10_000)]
        connection.execute(insert(operations), rows)

    page = shop.operations.list(limit=50, operation_type="training")

    assert page["total_count"] == 10_001
    assert [one["operation_id"] for one in page["data"]] == [f"{first}{n}" for n in range(9_999, 9_949, -1)]
