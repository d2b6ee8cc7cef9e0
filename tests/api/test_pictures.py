"""Bars, equity and reports as a client gets them."""

from __future__ import annotations

import pytest
from doors import SAMPLE, UNKNOWN, Door

from mintmark.api import create_api
from mintmark.app import App


@pytest.fixture
def shared(shared_app: App) -> Door:
    return Door(create_api(shared_app))


def test_bars_are_thinned_to_what_was_asked(shared: Door):
    body = shared.get(f"/api/v1/packs/{SAMPLE}/bars?symbol=NASDAQ&timeframe=1d&points=100").json()["data"]

    assert body["total"] == 5031
    assert body["downsampled"] is True
    assert {len(body[name]) for name in ("stamps", "open", "high", "low", "close", "volume")} == {100}
    assert body["stamps"][0] == "1999-01-04T00:00:00Z"
    assert body["stamps"][-1] == "2018-12-31T00:00:00Z"


def test_a_span_that_fits_is_given_bar_by_bar(shared: Door):
    span = "start=2018-12-01T00:00:00Z&end=2018-12-31T00:00:00Z"
    body = shared.get(f"/api/v1/packs/{SAMPLE}/bars?symbol=SP500&timeframe=1d&{span}").json()["data"]

    assert body["downsampled"] is False
    assert body["total"] == len(body["stamps"]) == 18
    assert body["stamps"][-1] == "2018-12-28T00:00:00Z"


def test_an_empty_span_has_no_bars(shared: Door):
    span = "start=2031-01-01T00:00:00Z"
    body = shared.get(f"/api/v1/packs/{SAMPLE}/bars?symbol=SP500&timeframe=1d&{span}").json()["data"]

    assert body["total"] == 0
    assert body["close"] == []


def test_coarser_bars_are_built_from_the_base_series(shared: Door):
    body = shared.get(f"/api/v1/packs/{SAMPLE}/bars?symbol=SP500&timeframe=1w").json()["data"]

    assert 1000 < body["total"] < 1100


@pytest.mark.parametrize(
    "query, status, code",
    [
        ("symbol=XYZ&timeframe=1d", 422, "symbol_unknown"),
        ("symbol=SP500&timeframe=1h", 422, "timeframe_unknown"),
        ("symbol=SP500&timeframe=7m", 400, "invalid_request"),
        ("symbol=SP500&timeframe=1d&points=2", 400, "invalid_request"),
        ("symbol=SP500&timeframe=1d&start=2018-12-01T00:00:00", 400, "invalid_request"),
    ],
)
def test_bars_that_cannot_be_given_are_refused(shared: Door, query: str, status: int, code: str):
    answer = shared.get(f"/api/v1/packs/{SAMPLE}/bars?{query}")

    assert answer.status_code == status
    assert answer.json()["error"] == code


@pytest.mark.parametrize("what", ["equity", "report"])
def test_what_an_unknown_operation_drew_is_not_found(shared: Door, what: str):
    answer = shared.get(f"/api/v1/operations/{UNKNOWN}/{what}")

    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


@pytest.mark.parametrize("what", ["equity", "report"])
def test_a_cycle_without_a_backtest_has_nothing_to_draw(door: Door, what: str):
    started = door.post("/api/v1/agent/trigger", json={"strategy": "starting_1"}).json()["operation_id"]

    answer = door.get(f"/api/v1/operations/{started}/{what}")

    assert answer.status_code == 404
    assert started in answer.json()["message"]
