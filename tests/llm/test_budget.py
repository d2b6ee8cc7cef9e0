"""What language models may cost in a day."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

import mintmark.llm.tables
from mintmark.domain import Refused
from mintmark.llm import DEFAULT_PRICES, Budget, cost_of
from mintmark.store import open_database


class ClockOf:
    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


@pytest.fixture
def database(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'mintmark.db'}")
    tables = [mintmark.llm.tables.spend_events, mintmark.llm.tables.spend_reservations]
    tables[0].metadata.create_all(database.writing, tables=tables)
    yield database
    database.close()


def a_budget(database, limit="5.00", at=datetime(2026, 3, 1, 10, 15, tzinfo=UTC)):
    return Budget(database, ClockOf(at), None if limit is None else Decimal(limit))


def test_a_cycle_with_a_model_is_refused_when_the_limit_is_0_10(database):
    budget = a_budget(database, "0.10")

    with pytest.raises(Refused) as refused, database.write() as connection:
        budget.reserve_cycle(connection, "op_1")

    assert refused.value.code == "budget_exhausted"
    assert refused.value.details == {
        "remaining": "0.10",
        "needed": "0.15",
        "currency": "USD",
        "resets_at": "2026-03-02T00:00:00Z",
    }
    assert budget.as_json()["reserved"] == "0.00"


def test_2500_in_and_1800_out_on_opus_book_0_0575_once(database):
    budget = a_budget(database)

    for _ in range(2):
        with database.write() as connection:
            assert budget.book(connection, "op_1", 1, "claude-opus-4-5", 2_500, 1_800) == Decimal("0.0575")

    said = budget.as_json()
    assert said["today_spend"] == "0.0575"
    assert said["remaining"] == "4.9425"
    assert said["cycles_affordable"] == 32
    assert [event["amount"] for event in said["spend_events"]] == ["0.0575"]


def test_what_is_reserved_counts_as_spent_until_it_is_booked(database):
    budget = a_budget(database, "0.20")

    with database.write() as connection:
        budget.reserve_cycle(connection, "op_1")
        budget.reserve_cycle(connection, "op_1")

    assert budget.as_json()["remaining"] == "0.05"
    with pytest.raises(Refused), database.write() as connection:
        budget.reserve_cycle(connection, "op_2")
    with database.write() as connection:
        budget.release(connection, "op_1")
        budget.reserve_cycle(connection, "op_2")


def test_a_call_is_reserved_at_its_largest_cost_and_booked_at_its_real_one(database):
    budget = a_budget(database)

    with database.write() as connection:
        budget.reserve_call(connection, "op_1", 1, "claude-sonnet-4-5", (30_000, 4_096))
    reserved = budget.as_json()["reserved"]
    with database.write() as connection:
        budget.book(connection, "op_1", 1, "deepseek-chat", 1_000_000, 0)

    assert reserved == "0.15144"
    assert budget.as_json()["reserved"] == "0.00"
    assert budget.as_json()["today_spend"] == "0.28"


def test_a_model_without_a_price_is_refused_before_any_call(database):
    with pytest.raises(Refused) as refused, database.write() as connection:
        a_budget(database).reserve_call(connection, "op_1", 1, "gpt-unknown", (1, 1))

    assert refused.value.code == "price_unknown"


def test_a_limit_of_nothing_disables_it_and_of_zero_refuses_all(database):
    free, closed = a_budget(database, None), a_budget(database, "0")

    free.check_cycle()
    with pytest.raises(Refused):
        closed.check_cycle()

    said = free.as_json()
    assert said["budget_disabled"] is True
    assert (said["daily_limit"], said["remaining"], said["cycles_affordable"]) == (None, None, None)


def test_the_next_utc_day_starts_with_a_full_budget(database):
    day = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    with database.write() as connection:
        a_budget(database, "5.00", day).book(connection, "op_1", 1, "claude-opus-4-5", 900_000, 0)

    assert a_budget(database, "5.00", day).as_json()["remaining"] == "0.50"
    assert a_budget(database, "5.00", day + timedelta(minutes=1)).as_json()["remaining"] == "5.00"


def test_the_price_table_holds_the_four_models():
    assert {name: (price.input, price.output) for name, price in DEFAULT_PRICES.items()} == {
        "deepseek-chat": (Decimal("0.28"), Decimal("0.42")),
        "claude-sonnet-4-5": (Decimal(3), Decimal(15)),
        "claude-opus-4-5": (Decimal(5), Decimal(25)),
        "claude-haiku-4-5": (Decimal(1), Decimal(5)),
    }
    assert cost_of(DEFAULT_PRICES, "deepseek-chat", 1_000_000, 1_000_000) == Decimal("0.70")
