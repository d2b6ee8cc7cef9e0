"""Rows a series may not hold, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from data_builders import MONDAY, NOW, a_file, bars, bring_in, hours, judged

from mintmark.data import DataRoom
from mintmark.data.rules import DROPPABLE, judge, typed
from mintmark.domain import Refused, Timeframe

NAN = float("nan")


def codes(frame: pl.DataFrame, timeframe: str = "1h") -> dict[str, int]:
    return {problem.code: problem.count for problem in judge(judged(frame), Timeframe(timeframe), NOW)}


def at(place: int, value: float, otherwise: list[float]) -> list[float]:
    return [value if n == place else old for n, old in enumerate(otherwise)]


def column(name: str, place: int, value: float) -> pl.DataFrame:
    frame = bars(hours(10))
    return frame.with_columns(pl.Series(name, at(place, value, frame[name].to_list())))


def test_good_bars_break_no_rule():
    assert codes(bars(hours(48))) == {}


@pytest.mark.parametrize(
    "name, value, code",
    [
        ("high", 1.0, "ohlc_inconsistent"),
        ("low", 500.0, "ohlc_inconsistent"),
        ("volume", -1.0, "volume_negative"),
        ("volume", NAN, "not_finite"),
        ("open", float("inf"), "not_finite"),
    ],
)
def test_a_value_out_of_place_is_named(name: str, value: float, code: str):
    assert code in codes(column(name, 3, value))


def test_a_price_at_zero_is_not_positive():
    assert codes(column("low", 3, 0.0)) == {"price_not_positive": 1}


def test_a_high_equal_to_the_close_is_consistent():
    stamps = hours(3)

    assert codes(bars(stamps, open=[5, 5, 5], close=[5, 5, 5], high=[5, 5, 5], low=[5, 5, 5])) == {}


def test_rows_out_of_order_and_rows_twice_are_told_apart():
    stamps = hours(6)

    assert codes(bars([*stamps[:3], stamps[4], stamps[3], stamps[5]])) == {"not_monotonic": 1}
    assert codes(bars([*stamps[:3], stamps[2], *stamps[3:]])) == {"duplicate_bar": 1}


def test_a_step_below_the_timeframe_is_off_the_grid():
    stamps = hours(6)

    assert codes(bars([*stamps, stamps[-1] + timedelta(minutes=30)])) == {"off_grid": 1}


def test_another_timeframe_is_named():
    problems = judge(judged(bars(hours(6))), Timeframe.M30, NOW)

    assert [problem.code for problem in problems] == ["timeframe_mismatch"]
    assert problems[0].rows == ({"observed": "1h", "declared": "30m"},)


def test_a_hole_over_60_days_splits_a_series_and_one_of_60_does_not():
    first = hours(5)

    assert codes(bars([*first, *hours(5, first[-1] + timedelta(days=60))])) == {}
    assert codes(bars([*first, *hours(5, first[-1] + timedelta(days=60, hours=1))])) == {"hole_splits_series": 1}


def test_a_stamp_later_than_now_is_from_the_future():
    assert codes(bars(hours(3, NOW - timedelta(hours=2)))) == {}
    assert codes(bars(hours(3, NOW - timedelta(hours=1)))) == {"from_the_future": 1}


def test_a_column_of_words_is_refused_with_its_first_row():
    frame = pl.DataFrame({"line": [2, 3], "open": [" 1.5", "many"]})

    with pytest.raises(Refused) as caught:
        typed(frame)

    assert caught.value.code == "wrong_type"
    assert caught.value.details == {"column": "open", "line": 3, "value": "many"}


def test_all_broken_rules_are_counted_and_at_most_twenty_rows_listed(room: DataRoom, tmp_path: Path):
    frame = bars(hours(40), high=[1.0] * 40, volume=[-1.0] * 40)

    with pytest.raises(Refused) as caught:
        bring_in(room, a_file(tmp_path, frame))

    problems = {problem["code"]: problem for problem in caught.value.details["problems"]}
    assert {code: found["count"] for code, found in problems.items()} == {
        "ohlc_inconsistent": 40,
        "volume_negative": 40,
    }
    assert len(problems["ohlc_inconsistent"]["rows"]) == 20
    assert problems["ohlc_inconsistent"]["rows"][0]["line"] == 2
    assert problems["ohlc_inconsistent"]["rows"][0]["high"] == 1.0


def test_a_refused_file_leaves_nothing_and_dropping_its_row_stores_the_rest(room: DataRoom, tmp_path: Path):
    path = a_file(tmp_path, column("high", 3, 1.0))

    with pytest.raises(Refused) as caught:
        bring_in(room, path)
    left = (room.series(), list((tmp_path / "home" / "blobs").glob("*/*")))
    report = bring_in(room, path, drop=("ohlc_inconsistent",))
    pack = room.seal(MONDAY.date() + timedelta(days=1), "TEST")["pack_id"]

    assert caught.value.code == "ohlc_inconsistent"
    assert caught.value.details["problems"][0]["rows"][0]["line"] == 5
    assert left == ([], [])
    assert report["rows"] == 9
    assert report["dropped"][0]["count"] == 1
    assert report["dropped"][0]["rows"][0]["line"] == 5
    assert room.manifest(pack)["series"][0]["quality"]["dropped"] == report["dropped"]


def test_of_duplicates_the_first_stays(room: DataRoom, tmp_path: Path):
    stamps = hours(6)
    frame = bars([*stamps[:3], stamps[2], *stamps[3:]], close=[100, 101, 102, 999, 103, 104, 105])
    frame = frame.with_columns(open=pl.lit(100.0), high=pl.lit(1000.0), low=pl.lit(1.0))

    report = bring_in(room, a_file(tmp_path, frame), drop=("duplicate_bar",))
    pack = room.open(room.seal(MONDAY.date(), "TEST")["pack_id"])

    assert report["dropped"][0]["rows"][0]["close"] == 999.0
    assert pack.bars("COIN").close.tolist() == [100, 101, 102, 103, 104, 105]


def test_every_row_dropped_is_kept_in_the_report(room: DataRoom, tmp_path: Path):
    stamps = hours(90)
    frame = bars(stamps).with_columns(high=pl.when(pl.int_range(pl.len()) % 4 == 1).then(1.0).otherwise(500.0))

    with pytest.raises(Refused) as caught:
        bring_in(room, a_file(tmp_path, frame))
    report = bring_in(room, a_file(tmp_path, frame), drop=("ohlc_inconsistent",))

    assert len(caught.value.details["problems"][0]["rows"]) == 20
    assert [row["line"] for row in report["dropped"][0]["rows"]] == [3 + 4 * n for n in range(23)]


def test_only_rules_about_single_rows_may_be_dropped(room: DataRoom, tmp_path: Path):
    with pytest.raises(Refused, match=", ".join(DROPPABLE)):
        bring_in(room, a_file(tmp_path, bars(hours(5))), drop=("not_monotonic",))


def test_from_takes_the_part_after_a_hole(room: DataRoom, tmp_path: Path):
    later = MONDAY + timedelta(days=100)
    path = a_file(tmp_path, bars([*hours(5), *hours(24, later)]))

    with pytest.raises(Refused) as caught:
        bring_in(room, path)
    report = bring_in(room, path, start=later.date())

    assert caught.value.code == "hole_splits_series"
    assert (report["rows"], report["first"]) == (24, "2024-04-17T00:00:00Z")


@pytest.mark.parametrize(
    "options",
    [
        {"symbol": "no spaces"},
        {"timeframe": "7m"},
        {"asset_class": "bond"},
        {"calendar": "XLON"},
        {"source": ""},
        {"currency": "U$"},
        {"price_basis": "guessed"},
    ],
)
def test_a_declaration_out_of_place_is_an_invalid_request(room: DataRoom, tmp_path: Path, options: dict[str, str]):
    path = a_file(tmp_path, bars(hours(5)))

    with pytest.raises(Refused) as caught:
        bring_in(room, path, **options)

    assert caught.value.code == "invalid_request"


def test_a_missing_file_is_named(room: DataRoom, tmp_path: Path):
    with pytest.raises(Refused, match=r"nothing\.csv") as caught:
        bring_in(room, tmp_path / "nothing.csv")

    assert caught.value.code == "not_found"


def test_a_series_whose_volume_is_zero_everywhere_has_no_volume(room: DataRoom, tmp_path: Path):
    report = bring_in(room, a_file(tmp_path, bars(hours(5), volume=[0.0] * 5)))
    pack = room.open(room.seal(MONDAY.date(), "TEST")["pack_id"])

    assert report["zero_volume"] == 5
    assert [warning["code"] for warning in report["warnings"]] == ["volume_unknown"]
    assert not pack.volume_known("COIN")
    assert pack.bars("COIN").volume is None


def test_a_gap_inside_the_calendar_is_warned_of_with_its_place(room: DataRoom, tmp_path: Path):
    stamps = hours(48)
    report = bring_in(room, a_file(tmp_path, bars([*stamps[:10], *stamps[12:]])))

    warning = next(warning for warning in report["warnings"] if warning["code"] == "gap_unexpected")
    assert warning["gaps"] == [{"after": "2024-01-08T09:00:00Z", "before": "2024-01-08T12:00:00Z"}]
    assert (report["gaps_total"], report["missing_bars_total"], report["longest_gap_hours"]) == (1, 2, 3.0)
    assert report["completeness"] == pytest.approx(46 / 48)


def test_an_instrument_file_changes_what_trading_costs(room: DataRoom, tmp_path: Path):
    file = tmp_path / "gold.yaml"
    file.write_text("tick: 0.1\nshortable: false\ncosts: {fee_bps: 1.5}\n")

    bring_in(room, a_file(tmp_path, bars(hours(5))), symbol="GOLD", asset_class="commodity", instrument_file=file)
    pack = room.open(room.seal(MONDAY.date(), "TEST")["pack_id"])

    instrument = pack.instrument("GOLD")
    assert (str(instrument.tick), instrument.shortable, str(instrument.costs.fee_bps)) == ("0.1", False, "1.5")
    assert str(instrument.contract_size) == "1"
    assert pack.cost_profile("GOLD") == "file:gold.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "tics: 1\n",
        "- 1\n",
        "tick: [\n",
        "symbol: OTHER\n",
        "tick: cheap\n",
        "tick: -1\n",
        "leverage: 0\n",
        "size_max: 0.0000001\n",
        "shortable: perhaps\n",
        "stops_level: 1.5\n",
        "trade_mode: half\n",
        "rollover_time: 17:00\n",
        "rollover_zone: Mars\n",
        "calendar: XLON\n",
        "costs: {fee_bps: .nan}\n",
        "costs: {slippage: lots}\n",
        "costs: 3\n",
        "costs: {fees: 1}\n",
    ],
)
def test_a_wrong_instrument_file_is_refused(room: DataRoom, tmp_path: Path, text: str):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)

    with pytest.raises(Refused) as caught:
        bring_in(room, a_file(tmp_path, bars(hours(5))), instrument_file=file)

    assert caught.value.code == "invalid_request"
