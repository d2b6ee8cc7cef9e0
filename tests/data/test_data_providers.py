"""Providers asked through one door: what they answer is validated, what fails waits, keys stay at home."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from data_builders import NOW, FixedClock, requests_of
from numpy.random import default_rng
from provider_shapes import FMP_INCOME, NEWS, POLYGON_BARS, Provider, serving

from mintmark.data import DataRoom, access_to
from mintmark.data.providers import fmp, newsapi
from mintmark.data.providers.aliases import Aliases
from mintmark.data.providers.door import opened
from mintmark.domain import ProviderFailed, Refused
from mintmark.store import Blobs, Database

KEY = "k3y-nobody-may-see"
JOBS: dict[str, dict[str, Any]] = {
    "fmp": {"provider": "fmp", "kind": "fundamentals", "symbol": "AAPL"},
    "polygon": {"provider": "polygon", "kind": "bars", "symbol": "AAPL", "since": "2023-01-09", "until": "2023-01-10"},
    "fred": {"provider": "fred", "kind": "macro", "symbol": "UNRATE"},
    "newsapi": {"provider": "newsapi", "kind": "news", "symbol": "AAPL"},
}
NAMES = {name: {"AAPL": "AAPL", "UNRATE": "UNRATE"} for name in JOBS}


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def provider(server: Provider) -> Provider:
    """The local server as it was before any test."""
    fresh = Provider()
    server.script, server.answers, server.asked = fresh.script, fresh.answers, fresh.asked
    return server


def a_room(database: Database, folder: Path, provider: Provider, clock: FixedClock, **more: Any) -> DataRoom:
    def access(name: str) -> Any:
        return replace(
            access_to(name, KEY), base_url=provider.url, **{"waits": (0.0, 0.0, 0.0), "per_minute": 6e5, **more}
        )

    return DataRoom(database, Blobs(folder / "blobs", database), clock, accesses=access, aliases=NAMES)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def room(store: Database, tmp_path: Path, provider: Provider, clock: FixedClock) -> DataRoom:
    """A data room that finds every provider at the local server."""
    return a_room(store, tmp_path, provider, clock)


def open_letters(room: DataRoom) -> list[Any]:
    return [letter for letter in room.letters.letters() if letter.status != "done"]


def test_fred_gives_a_series_with_its_unit_its_holes_and_its_release(room: DataRoom):
    found = room.harvesting.run(JOBS["fred"])

    assert (found["rows"], found["dropped"], found["unit"]) == (2, 1, "fraction")
    (record,) = [one for one in stored_macro_of(room) if one["name"] == "UNRATE"]
    assert (record["release_days"], record["source"], record["revised"]) == (10, "fred", True)


def stored_macro_of(room: DataRoom) -> list[dict[str, Any]]:
    from mintmark.data.tables import stored_macro

    with room._database.read() as connection:
        return stored_macro(connection)


def test_fred_gives_vintages_when_they_are_asked_for(room: DataRoom, provider: Provider):
    room.harvesting.run({**JOBS["fred"], "vintages": True})

    assert "realtime_start=1776-07-04" in provider.asked[-1][0]
    (record,) = stored_macro_of(room)
    assert record["revised"] is False


def test_polygon_gives_unadjusted_bars_of_new_yorks_days_and_actions_with_their_days(
    room: DataRoom, provider: Provider
):
    bars = room.harvesting.run(JOBS["polygon"])
    actions = room.harvesting.run({"provider": "polygon", "kind": "actions", "symbol": "AAPL"})

    assert (bars["rows"], bars["first"], bars["last"]) == (2, "2023-01-09T00:00:00Z", "2023-01-10T00:00:00Z")
    assert "adjusted=false" in provider.asked[0][0]
    assert (actions["splits"], actions["dividends"]) == (2, 1)
    paid = room.known_actions("AAPL")[-1]
    assert (paid.value, paid.ex_date, paid.pay_date, paid.announced) == (
        Decimal("0.22"), date(2021, 11, 5), date(2021, 11, 11), date(2021, 10, 28),
    )  # fmt: skip
    assert room.known_actions("AAPL")[1].value == 4


def test_polygon_follows_its_pages_on_its_own_host_alone(room: DataRoom, provider: Provider):
    first = {**POLYGON_BARS, "results": POLYGON_BARS["results"][:1], "next_url": f"{provider.url}v2/next?cursor=abc"}
    provider.answers["/v2/aggs/ticker/AAPL/range/1/day/2023-01-09/2023-01-10"] = first
    provider.answers["/v2/next"] = {**POLYGON_BARS, "results": POLYGON_BARS["results"][1:]}

    assert room.harvesting.run(JOBS["polygon"])["rows"] == 2
    first["next_url"] = "https://elsewhere.example/v2/next?cursor=abc"
    with pytest.raises(ProviderFailed, match="another host"):
        room.harvesting.run(JOBS["polygon"])


def test_a_dividend_without_its_pay_date_is_refused(room: DataRoom, provider: Provider):
    provider.answers["/v3/reference/dividends"] = {
        "status": "OK", "results": [{"cash_amount": 0.22, "ex_dividend_date": "2021-11-05", "ticker": "AAPL"}],
    }  # fmt: skip

    with pytest.raises(Refused) as caught:
        room.harvesting.run({"provider": "polygon", "kind": "actions", "symbol": "AAPL"})

    assert caught.value.code == "pay_date_missing"
    assert room.known_actions("AAPL") == []


def test_fmp_gives_exact_figures_known_from_their_filing_day_and_payments_as_positive(room: DataRoom):
    room.harvesting.run(JOBS["fmp"])

    held = room.records.known_documents(date(2026, 1, 1), None)["fundamentals"][0]

    figures = {one["item"]: one for one in json.loads(room.records._blobs.get(held["sha256"]))}
    assert figures["revenue"]["value"] == "391035000000"
    assert figures["dividends_paid"]["value"] == "15234000000"
    assert figures["interest_expense"]["value"] == "0"
    assert figures["current_ratio"]["unit"] == "fraction"
    assert {one["released"] for one in figures.values()} == {"2024-11-01"}
    assert room.records.known_documents(date(2024, 10, 31), None) == {}


def test_fmp_gives_profiles_and_quotes(provider: Provider):
    async def ask() -> tuple[Any, Any]:
        access = replace(access_to("fmp", KEY), base_url=provider.url)
        async with opened(access, default_rng(1)) as door:
            return await fmp.profile(door, "AAPL"), await fmp.quotes(door, ["AAPL"])

    profile, quotes = asyncio.run(ask())

    assert (profile.companyName, profile.sector) == ("Apple Inc.", "Technology")
    assert quotes["AAPL"].price == Decimal("237.33")


def test_newsapi_gives_headlines_and_leaves_the_story_behind(room: DataRoom):
    room.harvesting.run(JOBS["newsapi"])

    held = room.records.known_documents(date(2026, 2, 1), None)["news"][0]
    content = room.records._blobs.get(held["sha256"]).decode()
    assert "Apple reports a quarter" in content
    assert not any(word in content for word in ("whole story", "What happened", "A. Writer"))


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry_After": "0"}), (500, {}), (503, {})], ids=["429", "500", "503"]
)
def test_a_fault_that_passes_is_asked_again(
    room: DataRoom, store: Database, provider: Provider, name: str, status: int, headers: dict[str, str]
):
    provider.fail(status, b"busy", times=3, **headers)

    room.harvesting.run(JOBS[name])

    assert len(provider.asked) >= 4
    assert open_letters(room) == []
    counted = requests_of(store)
    busy = "rate_limited" if status == 429 else "server_error"
    assert (counted[JOBS[name]["provider"], busy], counted[JOBS[name]["provider"], "ok"]) == (
        3,
        len(provider.asked) - 3,
    )


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize(
    ("status", "body", "code", "requests"),
    [
        (429, b"", "provider_failed", 4),
        (500, b"", "provider_failed", 4),
        (401, b"", "provider_key_refused", 1),
        (200, b"<html>maintenance</html>", "provider_answer_invalid", 1),
        (200, b'{"surprise": NaN}', "provider_answer_invalid", 1),
        (200, b'{"status": "error", "code": "rateLimited"}', "provider_answer_invalid", 1),
    ],
    ids=["429", "500", "401", "no-json", "nan", "error"],
)
def test_what_fails_to_the_end_stores_nothing_and_waits_among_the_dead_letters(
    room: DataRoom, provider: Provider, name: str, status: int, body: bytes, code: str, requests: int
):
    provider.fail(status, body, times=4)

    with pytest.raises(ProviderFailed) as caught:
        room.harvesting.run(JOBS[name])

    assert caught.value.code == code
    assert len(provider.asked) == requests
    (letter,) = open_letters(room)
    assert (letter.payload, letter.status, letter.attempts) == (JOBS[name], "waiting", 1)
    assert letter.next_try_at == NOW + timedelta(minutes=1)
    assert KEY not in repr(letter) + caught.value.message + repr(caught.value.details)
    assert (room.series(), stored_macro_of(room), room.records.known_documents(NOW.date(), None)) == ([], [], {})


@pytest.mark.parametrize("name", JOBS)
def test_a_provider_that_is_silent_is_a_timeout(
    store: Database, tmp_path: Path, provider: Provider, clock: FixedClock, name: str
):
    room = a_room(store, tmp_path, provider, clock, read_seconds=0.05, waits=())
    provider.fail(200, b"{}", after=0.15)

    with pytest.raises(ProviderFailed) as caught:
        room.harvesting.run(JOBS[name])

    assert caught.value.code == "provider_timeout"


EMPTY: dict[str, tuple[str, Any]] = {
    "fmp": ("/v3/income-statement/AAPL", []),
    "polygon": ("/v2/aggs/ticker/AAPL/range/1/day/2023-01-09/2023-01-10", {"status": "OK", "resultsCount": 0}),
    "fred": ("/series/observations", {"observations": []}),
    "newsapi": ("/v2/everything", {"status": "ok", "totalResults": 0, "articles": []}),
}


@pytest.mark.parametrize("name", JOBS)
def test_an_empty_answer_stores_nothing(room: DataRoom, provider: Provider, name: str):
    path, answer = EMPTY[name]
    provider.answers[path] = answer

    with pytest.raises((Refused, ProviderFailed)):
        room.harvesting.run(JOBS[name])

    assert (room.series(), stored_macro_of(room), room.records.known_documents(NOW.date(), None)) == ([], [], {})


def test_the_key_goes_where_each_provider_wants_it_and_is_never_shown(room: DataRoom, provider: Provider):
    for job in JOBS.values():
        room.harvesting.run(job)

    found = {path.split("?")[0]: (path, headers) for path, headers in provider.asked}
    assert f"api_key={KEY}" in found["/series"][0]
    assert f"apikey={KEY}" in found["/v3/income-statement/AAPL"][0]
    assert found["/v2/everything"][1]["X-Api-Key"] == KEY
    bearer = {path: headers for path, (_, headers) in found.items() if path.startswith("/v2/aggs")}
    assert [headers["Authorization"] for headers in bearer.values()] == [f"Bearer {KEY}"]
    assert KEY not in repr(access_to("fmp", KEY))


def test_after_three_failures_in_a_row_a_provider_is_left_alone(provider: Provider):
    provider.fail(500, times=9)
    access = replace(access_to("newsapi", KEY), base_url=provider.url, waits=(), per_minute=6e5)

    async def ask() -> list[str]:
        codes = []
        async with opened(access, default_rng(1)) as door:
            for _ in range(5):
                try:
                    await newsapi.headlines(door, "x", [])
                except ProviderFailed as error:
                    codes.append(error.code)
        return codes

    assert asyncio.run(ask()) == ["provider_failed"] * 3 + ["circuit_open"] * 2
    assert len(provider.asked) == 3


def test_a_wrong_key_opens_no_circuit(provider: Provider):
    provider.fail(401, times=5)
    access = replace(access_to("newsapi", KEY), base_url=provider.url, waits=(), per_minute=6e5)

    async def ask() -> list[str]:
        codes = []
        async with opened(access, default_rng(1)) as door:
            for _ in range(5):
                with pytest.raises(ProviderFailed) as caught:
                    await newsapi.headlines(door, "x", [])
                codes.append(caught.value.code)
        return codes

    assert asyncio.run(ask()) == ["provider_key_refused"] * 5


def test_a_symbol_without_a_name_at_the_provider_is_not_asked_for(room: DataRoom, provider: Provider):
    with pytest.raises(Refused) as caught:
        room.harvesting.run({**JOBS["fred"], "symbol": "GDP"})

    assert caught.value.code == "symbol_unmapped"
    assert provider.asked == []
    with pytest.raises(Refused) as caught:
        Aliases({"fred": {"RATE": "UNRATE", "UNRATE": "UNRATE"}})
    assert caught.value.code == "symbol_mapped_twice"


def test_without_a_key_nothing_is_asked(store: Database, tmp_path: Path, clock: FixedClock):
    room = DataRoom(store, Blobs(tmp_path / "blobs", store), clock, aliases=NAMES)

    with pytest.raises(Refused, match="MINTMARK_PROVIDERS__FRED_KEY") as caught:
        room.harvesting.run(JOBS["fred"])

    assert caught.value.code == "provider_key_missing"
    assert open_letters(room) == []


def test_a_replay_that_fails_says_so_and_one_that_succeeds_is_not_done_twice(room: DataRoom, provider: Provider):
    provider.fail(500, times=8)
    with pytest.raises(ProviderFailed):
        room.harvesting.run(JOBS["fred"])
    (letter,) = open_letters(room)

    with pytest.raises(ProviderFailed, match="the replay failed: provider_failed"):
        room.harvesting.replay(letter.request_key)
    failed = room.letters.letter(letter.request_key)
    done = room.harvesting.replay(letter.request_key)
    asked = len(provider.asked)
    again = room.harvesting.replay(letter.request_key)

    assert (failed.attempts, failed.status, failed.next_try_at) == (2, "waiting", NOW + timedelta(minutes=5))
    assert done.status == again.status == "done"
    assert len(provider.asked) == asked
    assert open_letters(room) == []
    assert [one["name"] for one in stored_macro_of(room)] == ["UNRATE"]


def test_what_waits_is_tried_again_when_its_time_has_come(room: DataRoom, provider: Provider, clock: FixedClock):
    provider.fail(500, times=4)
    with pytest.raises(ProviderFailed):
        room.harvesting.run(JOBS["fred"])
    early = room.harvesting.retry_due()
    clock.moment = NOW + timedelta(minutes=1)

    late = room.harvesting.retry_due()

    assert early == []
    assert [letter.status for letter in late] == ["done"]


@pytest.mark.parametrize(
    ("name", "path", "answer"),
    [
        ("fmp", "/v3/income-statement/AAPL", [{**FMP_INCOME[0], "revenue": "many"}]),
        ("polygon", "/v2/aggs/ticker/AAPL/range/1/day/2023-01-09/2023-01-10", {**POLYGON_BARS, "adjusted": True}),
        ("polygon", "/v2/aggs/ticker/AAPL/range/1/day/2023-01-09/2023-01-10",
         {"status": "OK", "results": [{**POLYGON_BARS["results"][0], "c": -1}]}),
        ("fred", "/series/observations",
         {"observations": [{"realtime_start": "2026-02-20", "date": "2025-09-01", "value": "soon"}]}),
        ("newsapi", "/v2/everything", {**NEWS, "articles": [{**NEWS["articles"][0], "url": "javascript:alert(1)"}]}),
    ],
)  # fmt: skip
def test_an_answer_with_one_wrong_field_is_not_taken(
    room: DataRoom, provider: Provider, name: str, path: str, answer: Any
):
    provider.answers[path] = answer

    with pytest.raises(ProviderFailed) as caught:
        room.harvesting.run(JOBS[name])

    assert caught.value.code == "provider_answer_invalid"
    assert (room.series(), stored_macro_of(room)) == ([], [])


def test_a_plan_of_so_many_requests_a_day_is_kept_and_begins_anew(
    room: DataRoom, provider: Provider, clock: FixedClock
):
    room.harvesting._usage.add("newsapi", "2026-03-01", 99)
    room.harvesting.run(JOBS["newsapi"])

    with pytest.raises(Refused) as caught:
        room.harvesting.run(JOBS["newsapi"])
    clock.moment = NOW + timedelta(days=1)

    assert caught.value.code == "provider_quota"
    assert (caught.value.details["observed"], caught.value.details["limit"]) == (100, 100)
    assert room.harvesting.run(JOBS["newsapi"])["headlines"] == 1
    assert len(provider.asked) == 2
