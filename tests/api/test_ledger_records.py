"""The routes of the ledger's records: what an owner sees, and what of another's is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from doors import Door, error_of

from mintmark.app import App
from mintmark.ledger import Book, Draft
from mintmark.portfolio import OwnedPortfolio
from mintmark.portfolio.tables import add_portfolio


def own(app: App, code: str, owner: UUID | None = None) -> None:
    """Let ``owner``, else whoever runs the house, have a portfolio."""
    owner = owner or app.actor.user_id
    made = OwnedPortfolio(
        UUID(int=sum(code.encode())), owner, code, code.title(), "EUR", "EOD", "fifo", False, "none", None, "default",
        True, datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    app.ledger.open_book(Book(code, "EUR"))
    with app.database.write() as connection:
        add_portfolio(connection, made)


def deposit(app: App, code: str, amount: str, narration: str = "") -> str:
    meta = {"amount": amount, "currency": "EUR"}
    (entry,) = app.ledger.post([Draft(code, "deposit", date(2026, 1, 5), meta, narration=narration)])
    return entry.id


@pytest.fixture
def kept(app: App) -> dict[str, str]:
    """GROWTH, STRANGE of another owner, and three deposits between them; their ids by amount."""
    own(app, "GROWTH")
    own(app, "STRANGE", UUID(int=9))
    return {
        "100": deposit(app, "GROWTH", "100", "opening money"),
        "200": deposit(app, "STRANGE", "200", "opening money"),
        "300": deposit(app, "GROWTH", "300", "a gift"),
    }


def test_entries_come_newest_first_with_their_place_and_only_those_of_the_owner(door: Door, kept: dict[str, str]):
    found = door.get("/api/v1/ledger/entries").json()

    assert [one["id"] for one in found["data"]] == [kept["300"], kept["100"]]
    assert [one["sequence"] for one in found["data"]] == [3, 1]
    assert found["head"] == found["data"][0]["hash"]
    assert (found["total_count"], found["count"]) == (2, 2)


@pytest.mark.parametrize("words, expected", [("GIFT", ["300"]), ("opening money", ["100"]), ("opening gift", [])])
def test_a_search_finds_what_holds_every_word(door: Door, kept: dict[str, str], words: str, expected: list[str]):
    found = door.get("/api/v1/ledger/entries", params={"search": words}).json()

    assert [one["id"] for one in found["data"]] == [kept[one] for one in expected]
    assert found["count"] == 2


@pytest.mark.usefixtures("kept")
def test_a_search_finds_an_entry_by_the_start_of_its_hash(app: App, door: Door):
    head = app.ledger.head()

    found = door.get("/api/v1/ledger/entries", params={"search": head[:12]}).json()

    assert [one["hash"] for one in found["data"]] == [head]


@pytest.mark.usefixtures("kept")
def test_the_signs_of_a_search_pattern_are_ordinary_letters(door: Door):
    found = door.get("/api/v1/ledger/entries", params={"search": "%"}).json()

    assert found["data"] == []


def test_entries_are_read_page_by_page(door: Door, kept: dict[str, str]):
    second = door.get("/api/v1/ledger/entries", params={"limit": 1, "offset": 1}).json()

    assert [one["id"] for one in second["data"]] == [kept["100"]]
    assert second["total_count"] == 2


def test_of_anothers_entry_beside_ones_own_only_number_and_hash_are_told(door: Door, kept: dict[str, str]):
    found = door.get(f"/api/v1/ledger/entries/{kept['300']}").json()["data"]

    assert set(found["previous"]) == {"sequence", "hash", "id"}
    assert (found["previous"]["sequence"], found["previous"]["id"]) == (2, None)
    assert found["next"] is None


def test_an_entry_says_what_reversed_it(app: App, door: Door, kept: dict[str, str]):
    reversal = app.ledger.reverse(kept["300"])

    found = door.get(f"/api/v1/ledger/entries/{kept['300']}").json()["data"]

    assert found["reversed_by"] == reversal.id
    assert found["next"]["hash"] == reversal.hash


def test_anothers_entry_and_an_unknown_one_cannot_be_told_apart(door: Door, kept: dict[str, str]):
    unknown = "00000000-0000-4000-8000-000000000777"

    bodies = [error_of(door.get(f"/api/v1/ledger/entries/{one}"), 404) for one in (kept["200"], unknown)]

    assert bodies[0]["error"] == bodies[1]["error"] == "not_found"
    assert [body["message"] for body in bodies] == [f"there is no entry {one}" for one in (kept["200"], unknown)]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("path", ["lots", "balances", "entries"])
def test_records_of_anothers_portfolio_are_not_found(door: Door, path: str):
    body = error_of(door.get(f"/api/v1/ledger/{path}", params={"portfolio": "STRANGE"}), 404)

    assert body["error"] == "portfolio_not_found"


@pytest.mark.usefixtures("kept")
def test_lots_and_balances_of_a_portfolio_are_exact_text(app: App, door: Door):
    meta = {"symbol": "IBM", "units": "3", "price": "10", "currency": "EUR"}
    app.ledger.post([Draft("GROWTH", "trade", date(2026, 1, 6), meta)])

    lots = door.get("/api/v1/ledger/lots", params={"portfolio": "GROWTH"}).json()["data"]
    balances = door.get("/api/v1/ledger/balances").json()["data"]

    (lot,) = lots
    assert (lot["symbol"], lot["units"], lot["cost"], lot["unit_cost"]) == ("IBM", "3", "30", "10")
    held = {(one["account"], one["commodity"]): one["units"] for one in balances}
    assert held["Assets:Portfolio:GROWTH:Cash", "EUR"] == "370"
    assert {one["portfolio"] for one in balances} == {"GROWTH"}
