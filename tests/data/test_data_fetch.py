"""Fetching: ccxt's real client against a local server that speaks Kraken's public tongue."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
import stamina
from data_builders import FixedClock

from mintmark.data import DataRoom
from mintmark.data.providers.exchange import RETRIES, open_exchange
from mintmark.domain import ProviderFailed, Refused
from mintmark.store import Blobs, migrate, open_database

NOW = datetime(2024, 1, 12, 10, 30, tzinfo=UTC)
LISTED = datetime(2024, 1, 2, tzinfo=UTC)
PAGE = 72
PAIR = {
    "altname": "XBTUSD", "wsname": "XBT/USD", "aclass_base": "currency", "base": "XXBT", "aclass_quote": "currency",
    "quote": "ZUSD", "lot": "unit", "pair_decimals": 1, "lot_decimals": 8, "lot_multiplier": 1,
    "leverage_buy": [2, 3], "leverage_sell": [2, 3], "fees": [[0, 0.26]], "fees_maker": [[0, 0.16]],
    "fee_volume_currency": "ZUSD", "margin_call": 80, "margin_stop": 40, "ordermin": "0.0001", "status": "online",
}  # fmt: skip

ASSETS = {
    name: {"aclass": "currency", "altname": short, "decimals": 10, "display_decimals": 5, "status": "enabled"}
    for name, short in (("XXBT", "XBT"), ("ZUSD", "USD"))
}


@dataclass
class Venue:
    """What the server knows and does: its bars, its mood, what it was asked."""

    url: str = ""
    asked: list[int] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    fail_after: int | None = None
    broken_bar: int | None = None

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, str]:
        if path.endswith("/AssetPairs"):
            return 200, json.dumps({"error": [], "result": {"XXBTZUSD": PAIR}})
        if path.endswith("/Assets"):
            return 200, json.dumps({"error": [], "result": ASSETS})
        assert path.endswith("/OHLC")
        since = int(query["since"][0])
        self.asked.append(since)
        if self.failures:
            return self.failures.pop(0)
        if self.fail_after is not None and len(self.asked) > self.fail_after:
            return 503, "down for maintenance"
        return 200, json.dumps({"error": [], "result": {"XXBTZUSD": self.candles(since), "last": 0}})

    def candles(self, since: int) -> list[list[Any]]:
        first = int(LISTED.timestamp())
        start = max(first, -(-since // 3600) * 3600)
        running = int(NOW.timestamp())
        stamps = [stamp for stamp in range(start, running + 1, 3600)][:PAGE]
        return [self.candle(stamp, (stamp - first) // 3600) for stamp in stamps]

    def candle(self, stamp: int, number: int) -> list[Any]:
        price = 40_000 + number
        low = price + 500 if number == self.broken_bar else price - 10
        return [stamp, f"{price}.0", f"{price + 10}.0", f"{low}.0", f"{price + 1}.0", f"{price}.5", "3.25", 23]


@pytest.fixture
def venue() -> Iterator[Venue]:
    found = Venue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlparse(self.path)
            status, body = found.answer(asked.path, parse_qs(asked.query))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # The client of a slow answer has left.
                self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def room(tmp_path: Path, venue: Venue) -> Iterator[DataRoom]:
    def local(name: str) -> Any:
        exchange = open_exchange(name)
        exchange.urls["api"] = {"public": venue.url, "private": venue.url}
        exchange.enableRateLimit = False
        exchange.timeout = 2_000
        return exchange

    database = open_database(f"sqlite:///{tmp_path / 'mintmark.db'}")
    migrate(database)
    with stamina.set_testing(True, attempts=RETRIES + 1):
        yield DataRoom(database, Blobs(tmp_path / "blobs", database), FixedClock(NOW), exchanges=local)
    database.close()


def fetch(room: DataRoom, since: date = date(2024, 1, 2), until: date | None = None, **words: Any) -> dict[str, Any]:
    return room.fetch("kraken", "BTC/USD", "1h", since, until, **words)


def test_all_closed_bars_come_page_by_page(room: DataRoom, venue: Venue):
    steps: list[tuple[float, str]] = []

    report = fetch(room, progress=lambda share, step: steps.append((share, step)))

    assert (report["first"], report["last"]) == ("2024-01-02T00:00:00Z", "2024-01-12T09:00:00Z")
    assert (report["rows"], report["completeness"]) == (250, 1.0)
    assert len(venue.asked) == 4
    assert steps[-1] == (pytest.approx(1.0, abs=0.003), "Fetched 250 bars of BTC/USD")
    assert [share for share, _ in steps] == sorted(share for share, _ in steps)
    held = room.series()[0]
    assert (held["source"], held["asset_class"], held["currency"], held["calendar"], held["volume_kind"]) == (
        "kraken", "crypto", "USD", "24x7", "base"
    )  # fmt: skip


def test_a_real_client_keeps_to_the_rate_limit_of_its_exchange():
    exchange = open_exchange("kraken")

    assert exchange.enableRateLimit
    assert exchange.rateLimit >= 1_000


def test_prices_arrive_as_the_exchange_wrote_them(room: DataRoom):
    fetch(room)
    bars_ = room.open(room.seal(date(2024, 1, 11), "TEST")["pack_id"]).bars("BTC/USD")

    assert bars_.volume is not None
    assert (bars_.open[0], bars_.high[0], bars_.low[0], bars_.close[0], bars_.volume[0]) == (
        40_000, 40_010, 39_990, 40_001, 3.25
    )  # fmt: skip


def test_until_ends_with_the_last_bar_of_its_day(room: DataRoom):
    report = fetch(room, until=date(2024, 1, 3))

    assert (report["rows"], report["last"]) == (48, "2024-01-03T23:00:00Z")


def test_a_few_failures_are_tried_again(room: DataRoom, venue: Venue):
    venue.failures = [(503, "busy")] * RETRIES

    assert fetch(room)["rows"] == 250
    assert len(venue.asked) == 4 + RETRIES


def test_one_failure_too_many_stores_no_series_and_a_second_call_goes_on(room: DataRoom, venue: Venue):
    venue.fail_after = 2

    with pytest.raises(ProviderFailed) as caught:
        fetch(room)
    left = room.series()
    asked = len(venue.asked)
    venue.fail_after = None
    report = fetch(room)

    assert caught.value.code == "provider_failed"
    assert left == []
    assert asked == 2 + RETRIES + 1
    assert len(venue.asked) - asked == 2
    assert (report["rows"], report["completeness"]) == (250, 1.0)


def test_a_later_failure_leaves_the_series_that_was_held(room: DataRoom, venue: Venue):
    before = fetch(room, until=date(2024, 1, 5))
    venue.failures = [(503, "busy")] * (RETRIES + 1)

    with pytest.raises(ProviderFailed):
        fetch(room)

    assert room.quality("BTC/USD", "1h")["sha256"] == before["sha256"]


def test_a_second_call_asks_only_for_what_is_new(room: DataRoom, venue: Venue):
    fetch(room, until=date(2024, 1, 5))
    asked = len(venue.asked)

    report = fetch(room, since=date(2024, 1, 4), until=date(2024, 1, 6))

    assert len(venue.asked) == asked + 1
    assert (report["rows"], report["first"], report["last"]) == (
        120, "2024-01-02T00:00:00Z", "2024-01-06T23:00:00Z"
    )  # fmt: skip


def test_a_history_that_starts_later_than_asked_says_so(room: DataRoom):
    report = fetch(room, since=date(2023, 12, 30))

    assert (report["asked_from"], report["came_from"]) == ("2023-12-30", "2024-01-02T00:00:00Z")


def test_an_answer_that_never_comes_is_a_timeout(room: DataRoom, venue: Venue):
    hanging = threading.Event()
    venue.answer = lambda *_: (hanging.wait(20), (200, "{}"))[1]  # type: ignore[method-assign]

    def impatient(name: str) -> Any:
        exchange = open_exchange(name)
        exchange.urls["api"] = {"public": venue.url, "private": venue.url}
        exchange.timeout = 100
        return exchange

    room._fetching._open_exchange = impatient
    with pytest.raises(ProviderFailed) as caught:
        fetch(room)
    hanging.set()

    assert caught.value.code == "provider_timeout"
    assert room.series() == []


@pytest.mark.parametrize(
    "body", ['{"error":["EGeneral:Internal error"]}', "<html>gone</html>", '{"error":["EQuery:Unknown"]}']
)
def test_an_error_in_the_answer_is_a_failure(room: DataRoom, venue: Venue, body: str):
    venue.failures = [(200, body)] * (RETRIES + 1)

    with pytest.raises(ProviderFailed) as caught:
        fetch(room)

    assert caught.value.code == "provider_failed"


def test_bars_that_break_a_rule_are_not_stored(room: DataRoom, venue: Venue):
    venue.broken_bar = 100

    with pytest.raises(Refused) as caught:
        fetch(room)

    assert caught.value.code == "ohlc_inconsistent"
    assert room.series() == []


def test_what_the_exchange_does_not_have_is_refused_at_once(room: DataRoom, venue: Venue):
    with pytest.raises(Refused) as symbol:
        room.fetch("kraken", "DOGE/EUR", "1h", date(2024, 1, 2))
    with pytest.raises(Refused) as exchange:
        room.fetch("nowhere", "BTC/USD", "1h", date(2024, 1, 2))
    with pytest.raises(Refused) as day:
        fetch(room, since=NOW.date() + timedelta(days=1))
    with pytest.raises(Refused) as empty:
        fetch(room, since=date(2023, 12, 1), until=date(2023, 12, 2))

    assert [caught.value.code for caught in (symbol, exchange, day, empty)] == [
        "symbol_unknown", "invalid_request", "invalid_request", "no_bars"
    ]  # fmt: skip
    assert len(venue.asked) == 1
