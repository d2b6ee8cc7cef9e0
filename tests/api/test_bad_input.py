"""What is asked in a wrong way is refused by name, and starts nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from doors import SAMPLE, Door, error_of, paths_of

from mintmark.api import create_api
from mintmark.app import App, Settings, open_app


@pytest.fixture(scope="module")
def still(sealed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The door of a house in which every test is refused, so that nothing ever starts."""
    home = tmp_path_factory.mktemp("still") / "home"
    shutil.copytree(sealed_home, home)
    app = open_app(home=home)
    yield Door(create_api(app))
    app.close()


def trigger(door: Door, body: Mapping[str, Any]):
    """Ask for a cycle."""
    return door.post("/api/v1/agent/trigger", json=body)


def nothing_started(door: Door) -> bool:
    """Return whether there is no operation."""
    found: int = door.get("/api/v1/operations").json()["total_count"]
    return found == 0


def with_sample(sealed_home: Path, home: Path, **settings: Any) -> App:
    """Return a house with the sample pack and its own settings."""
    shutil.copytree(sealed_home, home)
    return open_app(Settings(home=home, **settings))


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"breif": "x"}, ["breif"]),
        ({"timeframe": "7m"}, ["timeframe"]),
        ({"random_state": -1}, ["random_state"]),
        ({"random_state": "7"}, ["random_state"]),
        ({"random_state": True}, ["random_state"]),
        ({"brief": "x" * 2001}, ["brief"]),
        ({"gate_policy": "ignore"}, ["gate_policy"]),
        ({"designer": "oracle"}, ["designer"]),
        ({"symbols": []}, ["symbols"]),
        ({"symbols": ["NASDAQ", ""]}, ["symbols.1"]),
        ({"strategy": "../../etc/passwd"}, ["strategy"]),
        ({"pack_id": "newest"}, ["pack_id"]),
        ({"timeframe": "7m", "random_state": -1, "x": 1}, ["random_state", "timeframe", "x"]),
    ],
)
def test_a_trigger_of_the_wrong_shape_names_each_problem(still: Door, body: dict[str, Any], paths: list[str]):
    assert sorted(paths_of(error_of(trigger(still, body), 400))) == paths
    assert nothing_started(still)


@pytest.mark.parametrize(
    "extra", [{"brief": "rsi"}, {"symbols": ["NASDAQ"]}, {"timeframe": "1d"}, {"designer": "algorithm"}]
)
def test_a_strategy_goes_with_no_wish(still: Door, extra: dict[str, Any]):
    body = error_of(trigger(still, {"strategy": "starting_1", **extra}), 422)

    assert body["error"] == "conflicting_fields"
    assert nothing_started(still)


def test_no_pack_is_refused_with_what_to_do(tmp_path: Path):
    app = open_app(home=tmp_path)

    body = error_of(trigger(Door(create_api(app)), {}), 422)

    assert body["error"] == "no_pack"
    assert "mintmark data sample" in body["message"]
    app.close()


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"pack_id": "PP_2001-01-01_NONE_v1"}, 404, "not_found"),
        ({"symbols": ["EURUSD"]}, 422, "no_pack"),
        ({"symbols": ["EURUSD"], "pack_id": SAMPLE}, 422, None),
        ({"timeframe": "1h"}, 422, "no_pack"),
        ({"strategy": "nobody_wrote_me"}, 404, "not_found"),
        ({"timeframe": "1w"}, 202, None),
    ],
)
def test_what_a_trigger_wishes_must_be_there(door: Door, wish: dict[str, Any], status: int, code: str | None):
    answer = trigger(door, wish)

    assert answer.status_code == status, answer.text
    if status != 202:
        assert code in (None, error_of(answer, status)["error"])
        assert nothing_started(door)


def test_a_pack_with_too_few_bars_is_refused_with_what_was_found(tmp_path: Path):
    file = tmp_path / "few.csv"
    rows = (f"2020-01-{day:02d}T00:00:00Z,10,11,9,10,1" for day in range(1, 31))
    file.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]))
    app = open_app(home=tmp_path / "home")
    app.data.import_file(file, symbol="ABC", timeframe="1d", asset_class="crypto", source="test")
    app.data.seal(date(2020, 1, 31), "TEST")

    body = error_of(trigger(Door(create_api(app)), {"symbols": ["ABC"]}), 422)

    assert body["error"] == "not_enough_bars"
    assert (body["details"]["found"], body["details"]["needed"]) == (30, 1000)
    app.close()


def test_a_model_that_would_pass_the_daily_limit_is_budget_exhausted(sealed_home: Path, tmp_path: Path):
    app = with_sample(sealed_home, tmp_path / "home", llm={"daily_limit_usd": "0.10"})
    door = Door(create_api(app))

    body = error_of(trigger(door, {"designer": "model"}), 429)

    assert body["error"] == "budget_exhausted"
    assert (body["details"]["remaining"], body["details"]["needed"]) == ("0.10", "0.15")
    assert set(body["details"]) == {"remaining", "needed", "currency", "resets_at"}
    assert nothing_started(door)
    assert trigger(door, {"designer": "algorithm"}).status_code == 202
    app.close()


def test_more_cycles_than_there_is_capacity_for_are_refused(sealed_home: Path, tmp_path: Path):
    app = with_sample(sealed_home, tmp_path / "home", research={"max_concurrent": 2})
    door = Door(create_api(app))
    accepted = [trigger(door, {"strategy": "starting_1"}).json()["operation_id"] for _ in range(2)]

    body = error_of(trigger(door, {"strategy": "starting_1"}), 409)

    assert (body["error"], body["details"]) == ("at_capacity", {"active_count": 2, "limit": 2})
    several = error_of(door.delete("/api/v1/agent/cancel"), 409)
    assert several["error"] == "several_active"
    assert sorted(several["details"]["operation_ids"]) == sorted(accepted)
    door.delete(f"/api/v1/agent/cancel/{accepted[0]}")
    assert trigger(door, {"strategy": "starting_1"}).status_code == 202
    app.close()


def test_cancelling_no_cycle_says_so(still: Door):
    assert error_of(still.delete("/api/v1/agent/cancel"), 404)["error"] == "no_active_cycle"


def test_a_training_is_no_cycle_to_cancel(door: Door):
    training = door.post("/api/v1/trainings", json={"strategy": "starting_1"}).json()["operation_id"]

    assert error_of(door.delete(f"/api/v1/agent/cancel/{training}"), 409)["error"] == "not_research"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- list\n",
        "just words",
        "a: 1\n" * 20_000,
        "name: !!python/object:os.system x",
        "a: &x 1\nb: *x",
        "a: [",
        "a: \x00",
    ],
)
def test_a_text_that_is_no_plain_mapping_is_unreadable_with_its_place(still: Door, text: str):
    body = error_of(still.post("/api/v1/strategies/validate", json={"yaml": text}), 422)

    assert body["error"] == "strategy_unreadable"
    assert {"line", "column"} <= set(body["details"])


def test_an_invalid_strategy_is_refused_with_all_its_errors(door: Door, app: App):
    file = app.home / "strategies" / "broken.yaml"
    file.parent.mkdir(exist_ok=True)
    text = door.get("/api/v1/strategies/starting_1").json()["data"]["yaml"]
    file.write_text(text.replace("starting_1", "broken").replace("type: rsi", "type: ris") + "\nextra: 1\n")

    body = error_of(trigger(door, {"strategy": "broken"}), 422)

    assert body["error"] == "strategy_invalid"
    assert len(body["details"]["errors"]) >= 1
    assert nothing_started(door)


@pytest.mark.parametrize("path", ["../outside", "/etc", "models/../../x", "a\x00b"])
def test_a_model_outside_the_home_folder_is_refused(still: Door, path: str):
    body = error_of(still.post("/api/v1/backtests", json={"strategy": "starting_1", "model_path": path}), 422)

    assert body["error"] == "path_refused"


def test_days_out_of_order_are_a_bad_value(still: Door):
    wish = {"strategy": "starting_1", "start": "2018-02-01", "end": "2018-01-01"}

    body = error_of(still.post("/api/v1/backtests", json=wish), 422)

    assert (body["error"], body["details"]["field"]) == ("bad_value", "start")


@pytest.mark.parametrize(
    "path", ["/operations/op_nonsense", "/packs/nonsense", "/strategies/No", "/operations?limit=1001"]
)
def test_an_id_or_value_of_the_wrong_shape_is_an_invalid_request(still: Door, path: str):
    assert error_of(still.get(f"/api/v1{path}"), 400)["error"] == "invalid_request"


@pytest.mark.parametrize("path", ["/strategies/..%2F..%2Fetc%2Fpasswd", "/packs/..%2Fx", "/operations/%2e%2e"])
def test_a_path_that_climbs_reaches_nothing(still: Door, path: str):
    assert error_of(still.get(f"/api/v1{path}"), still.get(f"/api/v1{path}").status_code)["error"] in (
        "invalid_request",
        "not_found",
    )
