"""Bars, equity and reports as a client gets them."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from doors import SAMPLE, UNKNOWN, Door

from mintmark.api import create_api
from mintmark.app import App, pictures
from mintmark.domain import Refused


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


@pytest.mark.parametrize("what", ["sheet", "rows?table=trades", "map?metric=sharpe_ratio"])
def test_the_sheet_and_the_tables_of_an_unknown_operation_are_not_found(shared: Door, what: str):
    answer = shared.get(f"/api/v1/operations/{UNKNOWN}/{what}")

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def a_house(**files: bytes) -> Any:
    """Return an app whose one operation stored ``files``."""
    result = {f"{name}_path": f"results/{name}.parquet" for name in files}
    research = SimpleNamespace(file=lambda path: files[path.split("/")[1].split(".")[0]])
    return SimpleNamespace(operations=SimpleNamespace(get=lambda _: {"result_summary": result}), research=research)


def a_table(**columns: list[Any]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


def test_rows_come_in_the_order_asked_for_with_what_has_no_value_last():
    trades = a_table(net_profit=[1.0, None, 3.0], entry_stamp=[0, 10**9, 2 * 10**9], exit_reason=[0, 1, 2])
    app = a_house(trades=trades)

    down = pictures.rows(app, UNKNOWN, "trades", "net_profit", True, 2, 0)["data"]
    last = pictures.rows(app, UNKNOWN, "trades", "net_profit", False, 2, 2)["data"]

    assert down["columns"] == ["net_profit", "entry_stamp", "exit_reason"]
    assert [row[:2] for row in down["rows"]] == [[3.0, "1970-01-01T00:00:02Z"], [1.0, "1970-01-01T00:00:00Z"]]
    assert (down["rows"][0][2], down["rows"][1][2]) == ("target", "signal")
    assert ([row[0] for row in last["rows"]], last["total"]) == ([None], 3)


def test_a_column_or_table_that_is_not_there_is_refused():
    app = a_house(trades=a_table(net_profit=[1.0]))

    for table, sort, code in (("trades", "fame", "unknown_name"), ("runs", None, "not_found")):
        with pytest.raises(Refused) as refused:
            pictures.rows(app, UNKNOWN, table, sort, True, 10, 0)
        assert refused.value.code == code


def test_a_map_is_drawn_of_the_table_of_a_sweep():
    columns = {"number": [0, 1], "fast": [5, 10], "slow": [40, 40], "sharpe_ratio": [0.1, 0.2], "code": [None, None]}

    body = pictures.sweep_map(a_house(table=a_table(**columns)), UNKNOWN, "sharpe_ratio", None, None)["data"]

    assert (body["values"], body["best"], body["tries"]) == ([[0.1, 0.2]], [0, 1], 2)
