"""Bad input of a simulation: the command line, HTTP and Python refuse it by the same name, and nothing is started."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from doors import Door, error_of

import mintmark
from mintmark.api import create_api
from mintmark.app import App, open_app
from mintmark.cli.program import run
from mintmark.domain import Refused
from mintmark.simulation import Account

FIRST = date(2024, 1, 1)
BARS = 60
SPLIT_DAY = FIRST + timedelta(days=30)
OPTIONS = {
    "symbol": "--symbol", "set": "--set", "initial_capital": "--capital", "price_basis": "--price-basis",
    "max_bar_participation": "--max-bar-participation", "start": "--start",
}  # fmt: skip


def prices(close: np.ndarray[Any, Any]) -> pl.DataFrame:
    """Return daily bars that open and close at ``close``."""
    stamps = [f"{FIRST + timedelta(days=at)}T00:00:00Z" for at in range(len(close))]
    return pl.DataFrame(
        {"timestamp": stamps, "open": close, "high": close + 1.0, "low": close - 1.0, "close": close}
    ).with_columns(volume=pl.lit(1_000.0))


def split_in_half() -> np.ndarray[Any, Any]:
    """Return prices that fall to a half in the middle, as a split of 2 for 1 leaves them."""
    return np.concatenate([100.0 + np.arange(30) % 5, 50.0 + np.arange(30) % 5])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A house whose one pack has a calm series and three with something wrong."""
    folder = tmp_path_factory.mktemp("wrong")
    app = open_app(home=folder / "home")
    calm, dry = prices(100.0 + np.arange(BARS) % 7), prices(100.0 + np.arange(BARS) % 7).drop("volume")
    for symbol, frame, asset_class, basis in (
        ("CALM", calm, "equity", "raw"), ("DRY", dry, "equity", "raw"), ("EURGBP", calm, "fx", "raw"),
        ("HALF", prices(split_in_half()), "equity", "adjusted"),
    ):  # fmt: skip
        frame.write_csv(folder / f"{symbol}.csv")
        app.data.import_file(
            folder / f"{symbol}.csv", symbol=symbol, timeframe="1d", asset_class=asset_class, source="test",
            price_basis=basis, calendar="24x7", currency="GBP" if symbol == "EURGBP" else "USD",
        )  # fmt: skip
    app.data.seal(FIRST + timedelta(days=BARS), "TEST")
    (folder / "actions.csv").write_text(
        f"symbol,ex_date,kind,split_ratio,dividend\nHALF,{SPLIT_DAY},split,2,\nNEW,{SPLIT_DAY},split,2,\n"
    )
    app.data.actions(folder / "actions.csv")
    yield app
    app.close()


def by_command(app: App, given: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> tuple[int, Any]:
    """Return exit code and document of the command line."""
    monkeypatch.setenv("MINTMARK_HOME", str(app.home))
    words = [word for name, value in given.items() for word in (OPTIONS[name], value)]
    capsys.readouterr()
    code = run(["backtest", "sma_cross", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def by_python(app: App, given: dict[str, str]) -> str:
    """Return the code with which Python refuses."""
    share, capital = given.get("max_bar_participation"), Decimal(given.get("initial_capital", "100000"))
    account = Account("USD", capital, None, None if share is None else Decimal(share))
    grid = given.get("set", "fast=2,slow=3")
    with pytest.raises(Refused) as refused:
        mintmark.sweep(given.get("symbol"), "sma_cross", grid, account=account, start=given.get("start"), home=app.home)
    return refused.value.code


@pytest.mark.parametrize(
    ("given", "code", "details"),
    [
        ({"symbol": "NONE"}, "no_pack", {"symbols": ["NONE"], "held": ["CALM 1d", "DRY 1d", "EURGBP 1d", "HALF 1d"]}),
        ({}, "symbol_required", {"held": ["CALM", "DRY", "EURGBP", "HALF"]}),
        ({"symbol": "HALF"}, "unadjusted_split", {"symbol": "HALF", "ex_date": str(SPLIT_DAY), "split": "2"}),
        ({"symbol": "EURGBP"}, "missing_rate", {"pair": "GBP/USD"}),
        ({"symbol": "DRY", "max_bar_participation": "0.1"}, "volume_unknown", {"symbol": "DRY"}),
        ({"symbol": "CALM", "max_bar_participation": "0"}, "bad_value", {"field": "max_bar_participation"}),
        ({"symbol": "CALM", "max_bar_participation": "1.01"}, "bad_value", {"value": "1.01"}),
        ({"symbol": "CALM", "initial_capital": "0"}, "bad_value", {"field": "initial_capital", "value": "0"}),
        ({"symbol": "CALM", "initial_capital": "-5"}, "bad_value", {"field": "initial_capital", "value": "-5"}),
        ({"symbol": "CALM", "start": "2024-02-29"}, "not_enough_bars", {"found": 1, "needed": 2}),
        ({"symbol": "CALM", "set": "speed=2"}, "unknown_name", {"allowed": ["fast", "slow"]}),
    ],
)
def test_every_door_refuses_it_by_the_same_name(
    house: App, given: dict[str, str], code: str, details: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    door = Door(create_api(house))

    left, told = by_command(house, given, monkeypatch, capsys)
    body = error_of(door.post("/api/v1/backtests", json={"strategy": "sma_cross", **given}), 422)

    assert (left, told["error"], body["error"], by_python(house, given)) == (3, code, code, code)
    for found in (told["details"], body["details"]):
        assert {name: found[name] for name in details} == details
    assert door.get("/api/v1/operations").json()["total_count"] == 0


def test_a_grid_of_ten_million_is_refused_with_its_count(house: App, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    grid, door = "fast=1:10001,slow=1:1001", Door(create_api(house))
    monkeypatch.setenv("MINTMARK_HOME", str(house.home))

    left = run(["sweep", "sma_cross", "--symbol", "CALM", "--grid", grid, "--json"])
    told = json.loads(capsys.readouterr().out)
    body = error_of(door.post("/api/v1/sweeps", json={"strategy": "sma_cross", "symbol": "CALM", "grid": grid}), 422)
    with pytest.raises(Refused) as refused:
        mintmark.sweep("CALM", "sma_cross", grid, home=house.home)

    assert (left, told["error"], body["error"], refused.value.code) == (3, *["grid_too_large"] * 3)
    for details in (told["details"], body["details"], refused.value.details):
        assert (details["observed"], details["limit"]) == (10_000_000, 1_000_000)
    assert door.get("/api/v1/operations").json()["total_count"] == 0


def test_bars_handed_in_that_still_move_by_a_known_split_are_refused(house: App):
    given: dict[str, Any] = {"symbol": "NEW", "instrument": "equity", "home": house.home}
    frame = prices(split_in_half()).with_columns(pl.col("timestamp").str.to_datetime(time_zone="UTC"))

    with pytest.raises(Refused) as refused:
        mintmark.backtest(frame, lambda _: np.zeros(BARS), **given)

    assert (refused.value.code, refused.value.details["found"]) == ("unadjusted_split", pytest.approx(104 / 50))


def test_no_cycle_and_no_training_begins_on_prices_that_still_move_by_a_known_split(house: App):
    door = Door(create_api(house))
    starting = door.get("/api/v1/strategies/starting_1").json()["data"]["yaml"]
    saved = re.sub(r"symbols: .*", "symbols: [HALF]", starting).replace("starting_1", "halved")
    (house.home / "strategies").mkdir(exist_ok=True)
    (house.home / "strategies" / "halved.yaml").write_text(saved)

    triggered = error_of(door.post("/api/v1/agent/trigger", json={"symbols": ["HALF"]}), 422)
    trained = error_of(door.post("/api/v1/trainings", json={"strategy": "halved"}), 422)

    for refused in (triggered, trained):
        assert (refused["error"], refused["details"]["symbol"]) == ("unadjusted_split", "HALF")
    assert door.get("/api/v1/operations").json()["total_count"] == 0


def test_a_price_basis_that_is_none_is_refused(house: App, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    given = {"symbol": "CALM", "price_basis": "ask"}

    left, told = by_command(house, given, monkeypatch, capsys)
    body = error_of(Door(create_api(house)).post("/api/v1/backtests", json={"strategy": "sma_cross", **given}), 400)

    assert (left, told["error"], body["error"]) == (3, "invalid_request", "invalid_request")
    assert [problem["path"] for problem in body["details"]["problems"]] == ["price_basis"]


def test_what_is_asked_of_volume_and_price_goes_with_the_operation(door: Door, app: App):
    wish = {"strategy": "sma_cross", "symbol": "NASDAQ", "price_basis": "bid", "max_bar_participation": "0.05"}

    started = door.post("/api/v1/backtests", json=wish).json()["operation_id"]

    kept = app.operations.get(started)["metadata"]["parameters"]
    assert kept["terms"] == {"price_basis": "bid", "max_bar_participation": "0.05"}
