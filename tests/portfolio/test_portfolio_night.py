"""The night: seven steps, stopped and gone on with, killed and repeated, and what workers start by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from portfolio_house import HandClock
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete

from mintmark.app import App, answers, ledger_answers, local_owner, open_app
from mintmark.app.nights import night_of
from mintmark.domain import Refused
from mintmark.ledger import Draft
from mintmark.portfolio import Executed, NewAlert, NewPortfolio, Night, NightBlocked, NightHouse, Question
from mintmark.portfolio.nights import STEPS, last_day
from mintmark.portfolio.operations.ahead_rows import rows as prewarmed
from mintmark.portfolio.operations.night_room import night_id

DAY = date(2024, 3, 15)
NOON = datetime(2024, 3, 16, 12, tzinfo=UTC)
PACK = "PP_2024-03-15_EOD_v1"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class House:
    """Two portfolios in USD, one of cash alone, an alert on ACME, and what the executor was asked at night."""

    app: App
    breaks: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, actor: Any, question: Question, request_id: str) -> Mapping[str, Any]:
        step = request_id.rpartition(":")[2]
        self.asked.append((step, question.pattern_id))
        if step in self.breaks:
            raise RuntimeError("secret: SELECT * FROM users")
        return self.app.portfolio.ask_ahead(actor, question, request_id)

    def night(self, at: Any = lambda _: None) -> Night:
        app = self.app
        return Night(NightHouse(app.database, app.clock, app.data, app.ledger, app.alerts, self.ask), at)

    def run(self, run_id: str = "op_1") -> dict[str, Any]:
        return self.night().run("EOD", DAY, run_id)

    def state(self) -> Any:
        return self.app.data.states.choose("EOD", PACK)

    def spoken(self) -> list[str]:
        return sorted(one["alert_id"] for one in self.app.alerts.notifications(local_owner()))

    def statement(self, nav: str) -> None:
        given = {"as_of": DAY.isoformat(), "cash": {"USD": "100000"}, "nav": nav}
        self.app.nights.take_statement(local_owner(), "CASH", given)


def days() -> list[datetime]:
    start = datetime(2024, 1, 2, tzinfo=UTC)
    return [day for n in range(74) if (day := start + timedelta(days=n)).weekday() < 5]


def draft(code: str, kind: Any, day: str, **meta: Any) -> Draft:
    return Draft(code, kind, date.fromisoformat(day), meta)


@pytest.fixture
def house(tmp_path: Path) -> Any:
    app = open_app(home=tmp_path / "home", clock=HandClock(NOON))
    closes = 100.0 + np.arange(len(days())) * 0.25
    frame = pl.DataFrame({"timestamp": days(), "open": closes, "high": closes + 1, "low": closes - 1, "close": closes})
    path = tmp_path / "acme.csv"
    frame.with_columns(volume=1000.0).write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    app.data.import_file(path, symbol="ACME", timeframe="1d", asset_class="equity", source="file:test", timezone="UTC")
    actor = local_owner()
    for code in ("CASH", "GROWTH"):
        app.portfolio.create(actor, NewPortfolio(code, "USD"))
        app.ledger.post([draft(code, "deposit", "2024-01-03", amount="100000", currency="USD")])
    bought = {"symbol": "ACME", "units": "100", "price": "100", "currency": "USD"}
    app.ledger.post([draft("GROWTH", "trade", "2024-01-04", **bought)])
    condition = {"type": "price", "entity": "ACME", "metric": "close", "op": ">", "value": "110"}
    app.alerts.create(actor, NewAlert("High", condition, text="Sell some"))
    yield House(app)
    app.close()


def plain(report: Mapping[str, Any]) -> Any:
    """Return a report without its times."""
    steps = [{k: v for k, v in step.items() if k not in ("started_at", "duration_s")} for step in report["steps"]]
    return {**report, "steps": steps}


def rows_of(house: House) -> Any:
    """Return all a night leaves: steps, prewarmed rows, state, alerts, notifications."""
    from sqlalchemy import text

    with house.app.database.read() as connection:
        ahead = connection.execute(
            text("SELECT portfolio_id, capability, answer FROM portfolio_prewarmed ORDER BY 1, 2, 3")
        ).all()
        spoken = connection.execute(text("SELECT notification_id, title, body FROM portfolio_notifications")).all()
        alert = connection.execute(text("SELECT held, seen, fired, last FROM portfolio_alerts")).all()
    state = house.state()
    return [row[1:] for row in ahead], spoken[0].title, len(spoken), alert, state.status, sorted(state.prewarmed)


def test_a_night_seals_reconciles_prewarms_and_makes_the_pack_fresh(house: House):
    report = house.run()

    assert [(one["name"], one["status"]) for one in report["steps"]] == [(name, "done") for name in STEPS]
    assert (report["pack_id"], report["blocked_at"], report["run_id"]) == (PACK, None, "op_1")
    assert house.state().status == "fresh"
    assert len(house.spoken()) == 1
    assert report["steps"][4]["details"]["refusals"] == {"GROWTH": "fundamentals_missing"}


def test_what_a_night_took_and_how_it_went_is_measured_by_labels_that_are_bounded(house: House):
    house.statement("100010")
    house.breaks = {"prewarm_factors"}
    with pytest.raises(NightBlocked):
        house.run()
    house.breaks = set()
    house.run()
    ledger_answers.verify(house.app, None)

    found = measured(house.app)

    steps = {
        (labels["step"], labels["outcome"]): value for labels, value in found["mintmark_nightly_step_seconds_count"]
    }
    assert steps == {**{(name, "done"): 1.0 for name in STEPS}, ("prewarm_factors", "blocked"): 1.0}
    assert found["mintmark_pack_build_seconds_count"] == [({"policy": "EOD"}, 1.0)]
    assert found["mintmark_reconciliation_error_bps"] == [({"policy": "EOD"}, 1.0)]
    assert found["mintmark_alerts_total"] == [({"outcome": "fired", "type": "price"}, 1.0)]
    assert found["mintmark_ledger_verify_seconds_count"] == [({}, 1.0)]


def measured(app: App) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Return every sample of ``/metrics`` by its name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answers.metrics(app).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_a_refusal_of_one_item_does_not_block(house: House):
    report = house.run()

    ratings = report["steps"][4]
    assert (ratings["status"], ratings["done"], ratings["refused"]) == ("done", 1, 1)


def test_a_statement_one_bp_off_passes_and_a_cent_more_makes_the_pack_an_error(house: House):
    house.statement("100010.01")

    with pytest.raises(NightBlocked) as blocked:
        house.run()
    report = blocked.value.report
    failed = house.state()
    house.statement("100010")
    again = house.run("op_2")

    assert report["blocked_at"] == "reconcile_ledger"
    assert [one["status"] for one in report["steps"]] == ["done", "blocked", *["not_run"] * 5]
    assert (failed.status, failed.reconciliation, failed.failure) == ("error", "failed", "valuation_mismatch")
    assert Decimal(failed.error_bps) == Decimal("1.001")
    assert (again["blocked_at"], house.state().status) == (None, "fresh")


def test_a_fault_in_step_4_leaves_the_pack_warming_and_a_second_run_goes_on_there(house: House):
    house.breaks = {"prewarm_factors"}
    with pytest.raises(NightBlocked) as blocked:
        house.run()
    report, warming, told = blocked.value.report, house.state().status, house.spoken()
    house.breaks, house.asked = set(), []

    again = house.run("op_2")

    assert (report["blocked_at"], warming) == ("prewarm_factors", "warming")
    assert "secret" not in str(report)
    assert told == [f"system:night:EOD:{DAY}:prewarm_factors"]
    assert "compute_daily_metrics" not in {step for step, _ in house.asked}
    assert [one["started_at"] for one in again["steps"][:3]] == [one["started_at"] for one in report["steps"][:3]]
    assert house.state().status == "fresh"


def test_a_night_that_stops_twice_at_one_step_tells_the_admins_once(house: House):
    house.breaks = {"prewarm_factors"}
    for run in ("op_1", "op_2"):
        with pytest.raises(NightBlocked):
            house.run(run)

    assert len(house.spoken()) == 1


def test_a_fault_while_alerts_are_looked_at_leaves_the_pack_fresh_and_is_done_again_alone(house: House):
    evaluate = house.app.alerts.evaluate

    def broken(*_: Any) -> Any:
        raise RuntimeError

    house.app.alerts.evaluate = broken  # type: ignore[method-assign]
    with pytest.raises(NightBlocked) as blocked:
        house.run()
    fresh = house.state().status
    house.app.alerts.evaluate, house.asked = evaluate, []  # type: ignore[method-assign]
    again = house.run("op_2")

    assert (blocked.value.report["blocked_at"], fresh) == (None, "fresh")
    assert blocked.value.report["steps"][6]["status"] == "failed"
    assert again["steps"][6]["status"] == "done"
    assert {step for step, _ in house.asked} <= {""}


@pytest.mark.long
def test_a_night_killed_in_each_step_in_turn_comes_to_the_same_end(house: House):
    points = [f"{name}.{where}" for name in STEPS for where in ("begin", "worked", "end")]
    points.append("evaluate_alerts.spoken")
    killed: list[str] = []

    def kill(point: str) -> None:
        if point not in killed:
            killed.append(point)
            raise Killed(point)

    while len(killed) < len(points):
        with pytest.raises(Killed):
            house.night(kill).run("EOD", DAY, "op_1")
    report = house.night(kill).run("EOD", DAY, "op_1")

    assert sorted(killed) == sorted(points)
    undisturbed = rows_of(house)
    assert [one["status"] for one in report["steps"]] == ["done"] * 7
    assert (house.state().status, len(house.spoken())) == ("fresh", 1)
    assert plain(house.run())["steps"][:6] == plain(report)["steps"][:6]
    again = rows_of(house)
    assert (again[:3], again[4:]) == (undisturbed[:3], undisturbed[4:])


def test_a_day_without_trading_is_recorded_as_skipped(house: House):
    house.app.clock.moment = NOON + timedelta(days=1)  # type: ignore[misc]

    report = house.night().run("EOD", date(2024, 3, 16), "op_1")

    assert report["skipped"] == "not_a_trading_day"
    assert [one["status"] for one in report["steps"]] == ["not_run"] * 7
    assert house.app.nights.reports("EOD", date(2024, 3, 16))[0]["skipped"] == "not_a_trading_day"


def test_a_night_that_has_not_come_is_refused(house: House):
    with pytest.raises(Refused) as refused:
        house.night().run("EOD", date(2024, 3, 18), "op_1")

    assert refused.value.code == "as_of_in_future"


def test_a_pack_that_lacks_a_close_stays_warming_and_is_named(house: House):
    house.app.portfolio.create(local_owner(), NewPortfolio("EURO", "EUR"))
    house.app.ledger.post([draft("EURO", "deposit", "2024-01-03", amount="5", currency="USD", fx="0.9")])

    with pytest.raises(NightBlocked) as blocked:
        house.run()

    assert blocked.value.report["blocked_at"] == "mark_fresh"
    assert blocked.value.report["steps"][5]["details"]["missing"] == ["EURUSD"]
    assert house.state().status == "warming"


def test_answers_after_a_night_and_after_a_later_entry_are_those_without_a_night_to_the_byte(house: House):
    actor = local_owner()
    question = Question("portfolio_overview", portfolio_id=house.app.portfolio.portfolio(actor, "GROWTH").portfolio_id)

    def asked() -> Executed:
        return house.app.portfolio.execute(actor, question, request_id="0" * 8)

    house.run()
    warm = asked()
    house.app.ledger.post([draft("GROWTH", "deposit", "2024-03-14", amount="500", currency="USD")])
    later = asked()
    with house.app.database.write() as connection:
        kept = connection.execute(delete(prewarmed)).rowcount
    later_cold = asked()
    cold = house.app.portfolio.execute(
        actor, replace(question, ledger_commit_hash=warm.body["metadata"]["ledger_commit_hash"]), request_id="0" * 8
    )

    assert kept >= 7
    assert warm.result_bytes != later.result_bytes
    for ahead, computed in ((warm, cold), (later, later_cold)):
        assert ahead.result_bytes == computed.result_bytes
        for name in ("undefined", "refusals", "warnings"):
            assert ahead.body[name] == computed.body[name]
        assert ahead.body["metadata"]["sources"] == computed.body["metadata"]["sources"]


def test_what_was_computed_ahead_answers_while_its_row_stands_and_not_after(house: House):
    actor = local_owner()
    question = Question("portfolio_overview", portfolio_id=house.app.portfolio.portfolio(actor, "GROWTH").portfolio_id)

    def computed() -> set[str]:
        body = house.app.portfolio.execute(actor, question, request_id="0" * 8).body
        return {step["capability"] for step in body["metadata"]["trace"]["steps"] if step["duration_ms"] > 0}

    house.run()
    asked = [computed(), computed()]
    with house.app.database.write() as connection:
        connection.execute(delete(prewarmed))
    afterwards = computed()

    assert asked == [set(), set()]
    assert {"pricing.apply_pack", "portfolio.nav_history", "charts.overview"} <= afterwards


@pytest.mark.parametrize(
    ("policy", "now", "day"),
    [
        ("EOD", datetime(2025, 10, 22, 4, 4, 59, tzinfo=UTC), date(2025, 10, 20)),
        ("EOD", datetime(2025, 10, 22, 4, 5, tzinfo=UTC), date(2025, 10, 21)),
        ("EOD", datetime(2026, 1, 10, 5, 5, tzinfo=UTC), date(2026, 1, 9)),
        ("UTC", datetime(2025, 10, 22, 0, 9, 59, tzinfo=UTC), date(2025, 10, 20)),
        ("UTC", datetime(2025, 10, 22, 0, 10, tzinfo=UTC), date(2025, 10, 21)),
    ],
)
def test_a_night_is_for_the_day_that_just_ended(policy: str, now: datetime, day: date):
    assert last_day(policy, now) == day


def test_workers_start_the_night_of_a_day_once_and_by_hand_it_is_the_same(house: House):
    clock: Any = house.app.clock
    clock.moment = datetime(2024, 3, 17, 4, 4, tzinfo=UTC)
    early = house.app.nights.turn()
    clock.moment = datetime(2024, 3, 19, 4, 5, tzinfo=UTC)

    started = [house.app.nights.turn() for _ in range(2)]
    by_hand = house.app.nights.trigger("EOD")

    assert early == []
    assert started == [[night_id("EOD", date(2024, 3, 18))], []]
    assert by_hand["operation_id"] == started[0][0]
    assert by_hand["message"] == "running"


def test_the_wired_night_runs(house: House):
    report = night_of(house.app).run("EOD", DAY, "op_1")

    assert report["blocked_at"] is None
