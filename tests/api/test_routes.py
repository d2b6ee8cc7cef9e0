"""Every route answers in its shape, with what the house holds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from doors import SAMPLE, UNKNOWN, Door, error_of
from sqlalchemy import insert, update

from mintmark.api import create_api, shapes
from mintmark.app import App
from mintmark.runtime import child_id
from mintmark.runtime.tables import operations

CHILDREN = {
    "agent_design": "design",
    "training": "training",
    "backtesting": "backtesting",
    "agent_assessment": "assessment",
}


def cycle(door: Door, **body: Any) -> dict[str, Any]:
    """Start a cycle and return what the trigger said."""
    answer = door.post("/api/v1/agent/trigger", json=body or {"strategy": "starting_1"})
    assert answer.status_code == 202, answer.text
    said: dict[str, Any] = answer.json()
    return said


def data(door: Door, path: str, **query: Any) -> Any:
    """Return what lies under ``data`` of a GET that answers."""
    answer = door.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()["data"]


def test_a_trigger_is_accepted_and_says_who_waits(door: Door):
    said = cycle(door, brief="rsi on NASDAQ", gate_policy="assess", random_state=3)

    shapes.Triggered.model_validate(said)
    assert said["operation_id"].startswith("op_agent_research_")
    assert (said["triggered"], said["designer"], said["pack_id"]) == (True, "algorithm", SAMPLE)
    assert said["waiting_for_worker"] is True
    stored = data(door, f"/operations/{said['operation_id']}")["metadata"]["parameters"]
    assert (stored["brief"], stored["gate_policy"], stored["random_state"]) == ("rsi on NASDAQ", "assess", 3)


def test_a_list_shows_the_figures_of_a_result_and_only_the_whole_operation_the_rest(app: App, door: Door):
    started = cycle(door)["operation_id"]
    result = {"sharpe_ratio": 1.5, "walk_forward": {"folds": [1, 2]}, "mark": {"pack_id": SAMPLE}}
    metadata = {"symbols": ["NASDAQ"], "parameters": {"phase": "assessing", "text": "long", "backtest_result": result}}
    with app.operations.database.write() as connection:
        connection.execute(update(operations).where(operations.c.operation_id == started).values(metadata=metadata))

    listed, whole = data(door, "/operations")[0], data(door, f"/operations/{started}")

    parameters = {"phase": "assessing", "backtest_result": {"sharpe_ratio": 1.5}}
    assert listed["metadata"] == {"symbols": ["NASDAQ"], "parameters": parameters}
    assert whole["metadata"] == metadata


def test_a_trigger_needs_no_body(door: Door):
    answer = door.post("/api/v1/agent/trigger")

    assert answer.status_code == 202


def test_status_is_idle_with_nothing_and_tells_the_budget(door: Door):
    said = door.get("/api/v1/agent/status").json()

    shapes.AgentStatus.model_validate(said)
    assert said["status"] == "idle"
    assert said["operation_id"] is said["phase"] is said["last_cycle"] is None
    assert said["active_researches"] == []
    assert set(said["workers"]) == set(CHILDREN)
    assert said["budget"] == {"currency": "USD", "daily_limit": "5.00", "remaining": "5.00"}
    assert said["capacity"] == {"active": 0, "limit": 1}


def test_status_tells_the_active_cycle_and_after_its_end_the_last(door: Door):
    identity = cycle(door)["operation_id"]
    active = door.get("/api/v1/agent/status").json()
    door.delete("/api/v1/agent/cancel")
    idle = door.get("/api/v1/agent/status").json()

    shapes.AgentStatus.model_validate(active)
    shapes.AgentStatus.model_validate(idle)
    assert (active["status"], active["operation_id"], active["strategy_name"]) == ("active", identity, "starting_1")
    assert [one["operation_id"] for one in active["active_researches"]] == [identity]
    assert active["capacity"]["active"] == 1
    assert idle["status"] == "idle"
    assert (idle["last_cycle"]["operation_id"], idle["last_cycle"]["outcome"]) == (identity, "cancelled")


def test_the_budget_has_the_fields_of_a_day(door: Door):
    said = door.get("/api/v1/agent/budget").json()

    shapes.Budget.model_validate(said)
    assert (said["daily_limit"], said["cycles_affordable"], said["budget_disabled"]) == ("5.00", 33, False)


def test_cancel_is_the_same_by_every_route(door: Door):
    for path in ("/operations/{id}", "/agent/cancel/{id}", "/agent/cancel"):
        identity = cycle(door)["operation_id"]

        said = door.delete(f"/api/v1{path.replace('{id}', identity)}").json()
        again = door.delete(f"/api/v1/operations/{identity}")

        shapes.Cancelled.model_validate(said)
        assert said["data"]["operation_id"] == identity
        assert error_of(again, 409)["error"] == "not_cancellable"


def test_a_cancel_keeps_its_reason(door: Door):
    identity = cycle(door)["operation_id"]

    door.ask("DELETE", f"/api/v1/operations/{identity}", json={"reason": "enough"})

    assert data(door, f"/operations/{identity}")["cancel_reason"] == "enough"


def test_a_resume_goes_on_and_happens_once(door: Door):
    identity = cycle(door)["operation_id"]
    door.delete("/api/v1/agent/cancel")

    said = door.post(f"/api/v1/operations/{identity}/resume").json()
    again = door.post(f"/api/v1/operations/{identity}/resume")

    shapes.Resumed.model_validate(said)
    assert said["data"]["status"] == "resuming"
    assert error_of(again, 409)["error"] == "not_resumable"


def test_operations_are_listed_newest_first_and_filtered(door: Door):
    first = cycle(door)["operation_id"]
    door.delete("/api/v1/agent/cancel")
    second = door.post("/api/v1/trainings", json={"strategy": "starting_2"}).json()["operation_id"]

    everything = door.get("/api/v1/operations").json()
    trainings = door.get("/api/v1/operations", params={"operation_type": "training"}).json()
    cancelled = door.get("/api/v1/operations", params={"status": "cancelled"}).json()
    active = door.get("/api/v1/operations", params={"active_only": "true"}).json()
    paged = door.get("/api/v1/operations", params={"limit": 1, "offset": 1}).json()

    shapes.Operations.model_validate(everything)
    assert [one["operation_id"] for one in everything["data"]] == [second, first]
    assert (everything["total_count"], everything["active_count"]) == (2, 1)
    assert [one["operation_id"] for one in trainings["data"]] == [second]
    assert [one["operation_id"] for one in cancelled["data"]] == [first]
    assert [one["operation_id"] for one in active["data"]] == [second]
    assert [one["operation_id"] for one in paged["data"]] == [first]
    assert (paged["total_count"], paged["limit"], paged["offset"]) == (2, 1, 1)


def test_an_operation_is_shown_with_every_field(door: Door):
    identity = cycle(door)["operation_id"]

    said = data(door, f"/operations/{identity}")

    shapes.Operation.model_validate(said)
    assert (said["operation_type"], said["status"]) == ("agent_research", "pending")


@pytest.mark.parametrize("part", ["children", "gates", "events", "metrics"])
def test_the_parts_of_an_operation_are_lists(door: Door, part: str):
    identity = cycle(door)["operation_id"]

    found = data(door, f"/operations/{identity}/{part}")

    assert [event["to"] for event in found] == (["pending"] if part == "events" else [])


def test_training_rounds_are_given_after_the_one_asked(door: Door, app: App):
    from mintmark.store import metadata

    identity = door.post("/api/v1/trainings", json={"strategy": "starting_1"}).json()["operation_id"]
    rounds = [{"round": number, "train_loss": 1.0 / (number + 1)} for number in range(4)]
    with app.database.write() as connection:
        rows = [{"operation_id": identity, "round": one["round"], "row": one} for one in rounds]
        connection.execute(insert(metadata.tables["rounds"]), rows)

    assert data(door, f"/operations/{identity}/metrics") == rounds
    assert data(door, f"/operations/{identity}/metrics", after=1) == rounds[2:]


def test_a_child_is_found_under_its_parent(door: Door, app: App):
    identity = cycle(door)["operation_id"]
    with app.operations.writing() as connection:
        child = app.operations.start_child(connection, identity, "training", metadata={"symbols": ["NASDAQ"]})

    found = data(door, f"/operations/{identity}/children")

    shapes.Children.model_validate({"success": True, "data": found})
    assert [one["operation_id"] for one in found] == [child] == [child_id(identity, "training")]
    assert door.get("/api/v1/operations", params={"parent": identity}).json()["total_count"] == 1


@pytest.mark.parametrize("part", ["", "/children", "/gates", "/events", "/metrics"])
def test_an_unknown_operation_is_not_found(door: Door, part: str):
    assert error_of(door.get(f"/api/v1/operations/{UNKNOWN}{part}"), 404)["error"] == "not_found"


def test_the_starting_strategies_are_listed_and_shown(door: Door):
    lines = data(door, "/strategies")
    one = data(door, "/strategies/starting_1")

    shapes.Strategies.model_validate({"success": True, "data": lines})
    shapes.OneStrategy.model_validate({"success": True, "data": one})
    assert {f"starting_{number}" for number in range(1, 9)} <= {line["name"] for line in lines}
    assert one["hash"] == next(line["hash"] for line in lines if line["name"] == "starting_1")
    assert one["spec"]["universe"]["symbols"] == ["NASDAQ"]
    assert one["approved"] is False


def test_a_text_is_validated_whether_it_is_right_or_wrong(door: Door):
    text = data(door, "/strategies/starting_1")["yaml"]

    right = door.post("/api/v1/strategies/validate", json={"yaml": text, "pack_id": SAMPLE}).json()
    wrong = door.post("/api/v1/strategies/validate", json={"yaml": text.replace("type: rsi", "type: ris")})

    shapes.Validation.model_validate(right)
    shapes.Validation.model_validate(wrong.json())
    assert (right["valid"], right["errors"]) == (True, [])
    assert (wrong.status_code, wrong.json()["valid"]) == (200, False)


def test_a_training_is_accepted(door: Door):
    answer = door.post("/api/v1/trainings", json={"strategy": "starting_1", "random_state": 11})

    assert answer.status_code == 202
    shapes.Started.model_validate(answer.json())
    stored = data(door, f"/operations/{answer.json()['operation_id']}")
    assert (stored["operation_type"], stored["metadata"]["parameters"]["random_state"]) == ("training", 11)


def test_a_sweep_is_accepted_and_one_too_large_is_refused_with_its_count(door: Door):
    wish = {"strategy": "sma_cross", "symbol": "NASDAQ", "grid": "fast=5:30,slow=40:80"}

    accepted = door.post("/api/v1/sweeps", json=wish)
    refused = error_of(door.post("/api/v1/sweeps", json={**wish, "grid": "fast=1:10001,slow=1:1001"}), 422)

    assert (accepted.status_code, accepted.json()["combinations"]) == (202, 1_000)
    started = data(door, f"/operations/{accepted.json()['operation_id']}")
    assert (started["operation_type"], started["status"]) == ("sweeping", "pending")
    assert (refused["error"], refused["details"]["observed"]) == ("grid_too_large", 10_000_000)


def test_a_grid_of_a_million_combinations_is_accepted(door: Door):
    wish = {"strategy": "sma_cross", "symbol": "NASDAQ", "grid": "fast=1:1001,slow=1001:2001"}

    accepted = door.post("/api/v1/sweeps", json=wish)

    assert (accepted.status_code, accepted.json()["combinations"]) == (202, 1_000_000)


def test_a_cross_validation_is_started_with_its_plan_and_refused_with_too_few_bars(door: Door):
    wish = {"strategy": "sma_cross", "symbol": "NASDAQ", "grid": "fast=5|10,slow=40|60"}

    accepted = door.post("/api/v1/crossvalidations", json={**wish, "purge": 20})
    refused = error_of(door.post("/api/v1/crossvalidations", json={**wish, "purge": 600}), 422)

    assert (accepted.status_code, accepted.json()["combinations"]) == (202, 4)
    started = data(door, f"/operations/{accepted.json()['operation_id']}")
    plan = {"folds": 10, "test_folds": 2, "purge": 20, "embargo": None, "metric": "sharpe_ratio"}
    assert (started["operation_type"], started["metadata"]["parameters"]["plan"]) == ("crossvalidation", plan)
    assert refused["error"] == "not_enough_bars"
    assert refused["details"]["needed"] > refused["details"]["found"]


def test_a_test_of_the_gates_is_accepted_with_the_sizes_asked_for_and_without_a_body(door: Door):
    accepted = [door.post("/api/v1/selftests", json={"cycles": 3, "sizes": [0.4, 1]}), door.post("/api/v1/selftests")]
    refused = error_of(door.post("/api/v1/selftests", json={"sizes": [0.4, 0.4]}), 422)

    assert [answer.status_code for answer in accepted] == [202, 202]
    asked, usual = (data(door, f"/operations/{answer.json()['operation_id']}") for answer in accepted)
    assert (asked["operation_type"], asked["metadata"]["symbols"]) == ("selftest", ["NASDAQ", "SP500"])
    assert (asked["metadata"]["parameters"]["cycles"], asked["metadata"]["parameters"]["sizes"]) == (3, [0.4, 1.0])
    assert (usual["metadata"]["parameters"]["cycles"], usual["metadata"]["parameters"]["sizes"]) == (200, [0.8])
    assert (refused["error"], refused["details"]["field"]) == ("bad_value", "sizes")


def test_a_monte_carlo_test_is_accepted_and_one_of_too_few_runs_is_refused(door: Door):
    wish = {"strategy": "sma_cross", "symbol": "NASDAQ", "method": "block_bootstrap"}

    accepted = door.post("/api/v1/montecarlo", json=wish)
    refused = error_of(door.post("/api/v1/montecarlo", json={**wish, "runs": 99}), 422)
    unknown = error_of(door.post("/api/v1/montecarlo", json={**wish, "metric": "luck"}), 422)

    assert accepted.status_code == 202
    started = data(door, f"/operations/{accepted.json()['operation_id']}")
    assert (started["operation_type"], started["metadata"]["parameters"]["runs"]) == ("montecarlo", 1_000)
    assert (refused["error"], refused["details"]) == ("bad_value", {"field": "runs", "value": "99"})
    assert (unknown["error"], unknown["details"]["name"]) == ("unknown_name", "luck")


def test_a_backtest_of_the_rule_takes_its_averages_and_refuses_others_with_what_is_allowed(door: Door):
    wish = {"strategy": "sma_cross", "symbol": "NASDAQ"}

    accepted = door.post("/api/v1/backtests", json={**wish, "set": "fast=5,slow=40"})
    refused = error_of(door.post("/api/v1/backtests", json={**wish, "set": "medium=5"}), 422)

    assert accepted.status_code == 202
    started = data(door, f"/operations/{accepted.json()['operation_id']}")
    assert (started["operation_type"], started["status"]) == ("backtesting", "pending")
    assert started["metadata"]["parameters"]["values"] == {"fast": 5, "slow": 40}
    assert (refused["error"], refused["details"]["allowed"]) == ("unknown_name", ["fast", "slow"])


def test_a_backtest_needs_a_model(door: Door):
    assert error_of(door.post("/api/v1/backtests", json={"strategy": "starting_1"}), 422)["error"] == "model_missing"


def test_a_walk_forward_is_started_with_its_plan_and_refused_before_it_is(door: Door):
    asked = {
        "strategy": "sma_cross",
        "symbol": "NASDAQ",
        "grid": "fast=5|10,slow=40|60",
        "mode": "anchored",
        "purge": 5,
    }

    refused = error_of(door.post("/api/v1/walkforwards", json={**asked, "metric": "luck"}), 422)
    started = door.post("/api/v1/walkforwards", json=asked)

    assert (refused["error"], refused["details"]["found"]) == ("unknown_name", "luck")
    assert started.status_code == 202
    assert (started.json()["success"], started.json()["combinations"]) == (True, 4)
    shown = data(door, f"/operations/{started.json()['operation_id']}")
    plan = {"mode": "anchored", "is_bars": 500, "oos_bars": 100, "purge": 5, "metric": "sharpe_ratio"}
    assert (shown["operation_type"], shown["metadata"]["parameters"]["plan"]) == ("walkforward", plan)


def test_packs_are_listed_shown_and_judged(door: Door):
    lines, manifest = data(door, "/packs"), data(door, f"/packs/{SAMPLE}")
    quality = data(door, f"/packs/{SAMPLE}/quality")

    shapes.Packs.model_validate({"success": True, "data": lines})
    assert [line["pack_id"] for line in lines] == [SAMPLE]
    assert manifest["pack_sha256"] == lines[0]["pack_sha256"]
    assert {(one["symbol"], one["rows"]) for one in quality} == {("SP500", 5031), ("NASDAQ", 5031)}


def test_workers_are_none_before_one_has_started(door: Door):
    assert data(door, "/workers") == []


def test_health_says_that_the_database_answers(door: Door):
    said = door.get("/health").json()

    shapes.Health.model_validate(said)
    assert (said["status"], said["store"], said["workers_live"]) == ("ok", "sqlite", 0)


def test_metrics_are_in_the_text_format_of_prometheus(door: Door):
    cycle(door)

    answer = door.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'mintmark_operations_active{type="agent_research"} 1.0' in answer.text


def test_reading_changes_nothing(door: Door, app: App):
    cycle(door)
    before = _everything(app)

    for path in ("/agent/status", "/agent/budget", "/operations", "/strategies", "/packs", "/workers"):
        door.get(f"/api/v1{path}")
    door.get("/health")
    door.get("/metrics")

    assert _everything(app) == before


def _everything(app: App) -> Mapping[str, int]:
    from mintmark.store import metadata

    with app.database.read() as connection:
        return {name: len(connection.execute(table.select()).all()) for name, table in metadata.tables.items()}


def test_the_api_executes_no_work(door: Door):
    identity = cycle(door)["operation_id"]

    time.sleep(1.0)

    assert data(door, f"/operations/{identity}")["status"] == "pending"
    assert door.get("/api/v1/agent/status").json()["active_researches"][0]["waiting_for_worker"] is True


def test_an_application_may_be_made_twice(app: App):
    assert Door(create_api(app)).get("/health").json() == Door(create_api(app)).get("/health").json()
