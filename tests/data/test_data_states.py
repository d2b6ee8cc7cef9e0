"""Packs on their way: warming, fresh, in error, superseded, and who may answer from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from data_builders import FixedClock, a_file, bars, bring_in
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mintmark.data import PREWARM_STEPS, DataRoom, Needs, PackState, gate, warnings_of
from mintmark.data.calendars import trading_days
from mintmark.data.packs import ready_at
from mintmark.domain import Refused
from mintmark.store import Blobs, Database

OCTOBER = date(2025, 10, 21)
CUTOFF = datetime(2025, 10, 22, 4, 5, tzinfo=UTC)


class House:
    """A data room on either database, and its clock."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = FixedClock(CUTOFF)
        self.database = database
        self.folder = folder
        self.room = DataRoom(database, Blobs(folder / "blobs", database), self.clock)

    def bring(self, symbol: str, last: date = OCTOBER, *, kind: str = "equity", final: float | None = None) -> None:
        days = trading_days("24x5" if kind == "fx" else "XNYS", last - timedelta(days=30), last)
        stamps = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
        level = 1.1 if kind == "fx" else 100.0
        closes = [level * (1 + n % 5 / 1000) for n in range(len(stamps))]
        if final is not None:
            closes[-1] = final
        frame = bars(stamps, closes).with_columns(
            high=pl.max_horizontal("open", "close"), low=pl.min_horizontal("open", "close")
        )
        path = a_file(self.folder, frame)
        bring_in(self.room, path, symbol=symbol, timeframe="1d", asset_class=kind, source="file:test")

    def ready(self, pack_id: str) -> None:
        """Do for a pack what is done before it may become fresh."""
        self.room.states.reconciled(pack_id, passed=True)
        for step in PREWARM_STEPS:
            self.room.states.prewarmed(pack_id, step)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    """A house on each database."""
    return House(database, tmp_path)


@pytest.fixture
def small(store: Database, tmp_path: Path) -> House:
    """A house on SQLite, where the database plays no part."""
    return House(store, tmp_path)


SPY = Needs(base="USD", symbols=frozenset({"SPY"}))
SPY_AND_EURO = Needs(base="USD", symbols=frozenset({"SPY"}), currencies=frozenset({"EUR"}))


def test_a_pack_that_began_to_warm_at_five_past_midnight_is_expected_at_twenty_past(small: House):
    small.bring("SPY")
    pack = small.room.build(OCTOBER, "EOD", [SPY])["pack_id"]
    small.clock.moment = CUTOFF + timedelta(minutes=1)

    state = small.room.states.choose("EOD")
    refusal = gate(state, require_fresh=True)

    assert pack == "PP_2025-10-21_EOD_v1"
    assert refusal is not None
    assert refusal.code == "pricing_pack_warming"
    assert refusal.details["estimated_ready"] == "2025-10-22T04:20:00Z"
    assert refusal.details["retry_after"] == 840
    assert (refusal.details["status"], refusal.details["missing"]) == ("warming", [])
    assert small.room.states.health().health() == {
        "status": "warming", "pack_id": pack, "asof_date": "2025-10-21", "is_fresh": False, "prewarm_done": False,
        "reconciliation_passed": False, "updated_at": "2025-10-22T04:05:00Z", "missing": [],
        "estimated_ready": "2025-10-22T04:20:00Z", "error_message": None,
    }  # fmt: skip
    assert gate(state, require_fresh=False) is None
    assert [warning["code"] for warning in warnings_of(state)] == ["pack_not_fresh"]


def test_once_five_packs_warmed_up_their_median_is_expected_and_once_that_is_past_a_minute():
    took = [timedelta(minutes=minutes) for minutes in (4, 30, 6, 5, 90, 1, 1, 1)]

    assert ready_at(CUTOFF, CUTOFF, took) == CUTOFF + timedelta(minutes=6)
    assert ready_at(CUTOFF, CUTOFF, took[:4]) == CUTOFF + timedelta(minutes=15)
    late = CUTOFF + timedelta(hours=2)
    assert ready_at(CUTOFF, late, took) == late + timedelta(seconds=60)


def test_the_warm_ups_that_count_are_the_last_five_of_the_policy(small: House):
    small.bring("SPY")
    days = trading_days("XNYS", OCTOBER - timedelta(days=9), OCTOBER)
    for minutes, day in zip((50, 7, 8, 9, 10, 11), days[:6], strict=True):
        pack = small.room.build(day, "EOD", [SPY])["pack_id"]
        small.ready(pack)
        small.clock.moment += timedelta(minutes=minutes)
        small.room.states.mark_fresh(pack, [SPY])
        assert gate(small.room.states.choose("EOD", pack)) is None
    began = small.clock.moment
    pack = small.room.build(days[6], "EOD", [SPY])["pack_id"]

    assert small.room.states.choose("EOD", pack).estimated_ready == began + timedelta(minutes=9)
    assert small.room.states.choose("EOD", pack).last_fresh_pack_id == f"PP_{days[5]}_EOD_v1"


def test_a_failed_reconciliation_stops_every_answer_until_one_passes(house: House):
    house.bring("SPY")
    pack = house.room.build(OCTOBER, "EOD", [SPY])["pack_id"]

    failed = house.room.states.reconciled(
        pack, passed=False, failure="valuation_mismatch", error_bps=Decimal("1.0001"), message="NAV differs"
    )

    for fresh in (True, False):
        refusal = gate(failed, require_fresh=fresh)
        assert refusal is not None
        assert refusal.code == "pricing_pack_error"
        assert refusal.details == {"pack_id": pack, "failure": "valuation_mismatch", "error_bps": "1.0001"}
    health = house.room.states.health().health()
    assert (health["status"], health["error_message"]) == ("error", "NAV differs")
    house.ready(pack)
    assert house.room.states.choose("EOD").status == "warming"
    assert house.room.states.mark_fresh(pack, [SPY]).health()["is_fresh"]


def test_a_date_takes_the_live_pack_of_that_day_and_of_no_other(house: House):
    house.bring("SPY", date(2014, 6, 9))
    for day in (6, 9):
        pack = house.room.build(date(2014, 6, day), "EOD", [SPY])["pack_id"]
        house.ready(pack)
        house.room.states.mark_fresh(pack, [SPY])

    choose = house.room.states.choose
    assert choose("EOD", asof=date(2014, 6, 6)).pack_id == "PP_2014-06-06_EOD_v1"
    assert choose("EOD").pack_id == "PP_2014-06-09_EOD_v1"
    with pytest.raises(Refused) as caught:
        choose("EOD", asof=date(2014, 6, 7))
    assert caught.value.code == "pricing_pack_not_found"
    assert (caught.value.details["before"], caught.value.details["after"]) == ("2014-06-06", "2014-06-09")
    with pytest.raises(Refused) as caught:
        choose("EOD", "PP_2014-06-06_EOD_v1", date(2014, 6, 9))
    assert caught.value.code == "invalid_asof_date"
    with pytest.raises(Refused) as caught:
        choose("EOD", "PP_2014-06-06_EOD_v2")
    assert caught.value.code == "pricing_pack_not_found"


def test_an_empty_store_has_no_pricing_pack(small: House):
    for ask in (lambda: small.room.states.choose("EOD"), lambda: small.room.states.health()):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.code == "no_pricing_pack"


def test_a_pack_without_a_needed_rate_stays_warming_and_values_whom_it_can(house: House):
    house.bring("SPY")
    built = house.room.build(OCTOBER, "EOD", [SPY, SPY_AND_EURO])
    house.ready(built["pack_id"])

    with pytest.raises(Refused) as caught:
        house.room.states.mark_fresh(built["pack_id"], [SPY, SPY_AND_EURO])

    assert (built["status"], built["missing"]) == ("warming", ["EURUSD"])
    assert (caught.value.code, caught.value.details["missing"]) == ("pack_incomplete", ["EURUSD"])
    state = house.room.states.choose("EOD")
    assert (state.status, state.missing, gate(state, require_fresh=False)) == ("warming", ("EURUSD",), None)
    worth = house.room.opened(built["pack_id"]).valuation()
    assert worth.convert(10 * worth.close("SPY").amount, "USD", "USD") > 0
    with pytest.raises(Refused) as caught:
        worth.convert(Decimal(100), "EUR", "USD")
    assert caught.value.code == "rate_missing"


def test_a_pack_becomes_fresh_only_when_all_is_done(small: House):
    small.bring("SPY")
    pack = small.room.build(OCTOBER, "EOD", [SPY])["pack_id"]
    codes = []

    def why() -> None:
        with pytest.raises(Refused) as caught:
            small.room.states.mark_fresh(pack, [SPY])
        codes.append(caught.value.code)

    why()
    small.room.states.reconciled(pack, passed=True)
    why()
    for step in PREWARM_STEPS:
        small.room.states.prewarmed(pack, step)

    assert small.room.states.mark_fresh(pack, [SPY]).status == "fresh"
    assert codes == ["pack_not_reconciled", "pack_not_prewarmed"]
    told = [event["event"] for event in small.room.states.events(pack)]
    assert told == ["warming", "judged", "reconciliation_passed", *["prewarmed"] * 3, "fresh"]
    assert small.room.states.mark_fresh(pack, [SPY]).status == "fresh"
    assert len(small.room.states.events(pack)) == len(told)


def test_a_close_that_jumped_holds_the_pack_until_somebody_has_looked(house: House):
    house.bring("SPY", final=180.0)
    built = house.room.build(OCTOBER, "EOD", [SPY])
    house.ready(built["pack_id"])

    with pytest.raises(Refused) as caught:
        house.room.states.mark_fresh(built["pack_id"], [SPY])
    house.room.states.confirm(built["pack_id"], "SPY", "the merger was announced that day", actor="ada")

    assert caught.value.code == "pack_on_hold"
    assert [(hold["code"], hold["symbol"]) for hold in built["holds"]] == [("jump_unexplained", "SPY")]
    assert house.room.states.mark_fresh(built["pack_id"], [SPY]).status == "fresh"
    (told,) = [event for event in house.room.states.events(built["pack_id"]) if event["event"] == "confirmed"]
    assert (told["actor"], told["record"]["reason"]) == ("ada", "the merger was announced that day")
    with pytest.raises(Refused) as caught:
        house.room.states.confirm(built["pack_id"], "QQQ", "nothing", actor="ada")
    assert caught.value.code == "hold_not_found"


def test_a_jump_that_a_split_explains_holds_nothing(small: House):
    small.bring("SPY", final=50.1)
    (small.folder / "a.csv").write_text(f"symbol,ex_date,kind,split_ratio,dividend\nSPY,{OCTOBER},split,2,\n")
    small.room.actions(small.folder / "a.csv")

    assert small.room.build(OCTOBER, "EOD", [SPY])["holds"] == []


@pytest.mark.parametrize(
    ("gap_bps", "holds", "warns"), [(5, [], []), (50, [], ["EURGBP"]), (150, ["EURGBP"], [])], ids=str
)
def test_a_cross_far_from_its_dollar_rates_warns_and_further_holds(
    small: House, gap_bps: int, holds: list[str], warns: list[str]
):
    small.bring("EURUSD", kind="fx", final=1.2)
    small.bring("GBPUSD", kind="fx", final=1.25)
    small.bring("EURGBP", kind="fx", final=0.96 * (1 + gap_bps / 10_000))

    built = small.room.build(OCTOBER, "EOD")

    assert [hold["symbol"] for hold in built["holds"]] == holds
    state: PackState = small.room.states.choose("EOD")
    assert [one["symbol"] for one in state.warned] == warns


def test_a_restated_close_is_a_new_version_and_the_old_one_keeps_its_number(house: House):
    day = date(2016, 3, 31)
    ibm = Needs(base="USD", symbols=frozenset({"IBM"}))
    house.bring("IBM", day, final=151.45)
    first = house.room.build(day, "EOD", [ibm])
    house.ready(first["pack_id"])
    house.room.states.mark_fresh(first["pack_id"], [ibm])
    again = house.room.build(day, "EOD", [ibm])
    house.bring("IBM", day, final=151.54)
    with pytest.raises(Refused) as caught:
        house.room.build(day, "EOD", [ibm])

    second = house.room.restate(
        day, "EOD", reason="price_correction", text="the exchange corrected the close", actor="ada", needs=[ibm]
    )

    assert (again["pack_id"], again["new"]) == (first["pack_id"], False)
    assert caught.value.code == "restatement_reason_required"
    assert second["pack_id"] == "PP_2016-03-31_EOD_v2"
    pinned, dated = house.room.states.choose("EOD", first["pack_id"]), house.room.states.choose("EOD", asof=day)
    assert (pinned.status, pinned.superseded_by, dated.status) == ("superseded", second["pack_id"], "warming")
    worth = [10 * house.room.opened(one.pack_id).valuation().close("IBM").amount for one in (pinned, dated)]
    assert worth == [Decimal("1514.50"), Decimal("1515.40")]
    assert [warning["code"] for warning in warnings_of(pinned)] == ["pack_superseded"]
    assert gate(pinned) is None
    house.ready(second["pack_id"])
    house.room.states.mark_fresh(second["pack_id"], [ibm])
    assert [w["code"] for w in warnings_of(house.room.states.choose("EOD"))] == ["pack_restated"]
    assert sum(pack["superseded_by"] is None for pack in house.room.packs()) == 1
    with pytest.raises(Refused) as caught:
        house.room.restate(day, "EOD", reason="because", text="so", actor="ada")
    assert caught.value.code == "restatement_reason_required"


SEALED = (
    "UPDATE packs SET pack_sha256 = 'x'",
    "UPDATE packs SET as_of = '2020-01-01'",
    "DELETE FROM packs",
    "UPDATE pack_series SET symbol = 'x'",
    "DELETE FROM pack_series",
    "UPDATE pack_events SET actor = 'x'",
    "DELETE FROM pack_events",
)


def test_sealed_rows_refuse_to_be_changed_by_any_statement(house: House):
    house.bring("SPY")
    pack = house.room.build(OCTOBER, "EOD", [SPY])
    before = house.room.manifest(pack["pack_id"])

    for statement in SEALED:
        with pytest.raises(DBAPIError, match="is sealed"), house.database.write() as connection:
            connection.execute(text(statement))

    assert house.room.manifest(pack["pack_id"]) == before


def test_a_pack_is_superseded_once(house: House):
    house.bring("SPY")
    pack = house.room.build(OCTOBER, "EOD", [SPY])["pack_id"]
    house.bring("SPY", final=101.0)
    house.room.restate(OCTOBER, "EOD", reason="price_correction", text="late print", actor="ada")

    with pytest.raises(DBAPIError, match="is sealed"), house.database.write() as connection:
        connection.execute(text(f"UPDATE packs SET superseded_by = NULL WHERE pack_id = '{pack}'"))
