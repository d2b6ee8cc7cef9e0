"""Files: how they are laid out and what their clocks mean."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from data_builders import MONDAY, a_file, bars, bring_in, hours

from mintmark.data import DataRoom
from mintmark.data.clocks import read_stamps, to_utc
from mintmark.data.layouts import read_columns
from mintmark.domain import Refused

MT5 = (
    "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
    "2024.01.02\t01:00:00\t1.10\t1.20\t1.00\t1.15\t250\t0\t7\n"
    "2024.01.02\t02:00:00\t1.15\t1.25\t1.05\t1.20\t260\t0\t8\n"
)
HEADER = "timestamp,open,high,low,close,volume\n"


def refusal(content: str | bytes, layout: str = "auto") -> str:
    with pytest.raises(Refused) as caught:
        read_columns(content.encode() if isinstance(content, str) else content, layout)
    return caught.value.code


def test_a_plain_file_is_known_by_its_header_in_any_case_and_order():
    found = read_columns(b"Close,LOW,High,Open,Date,note\n4,1,5,2,2024-01-02,x\n")

    assert found.layout == "plain"
    assert found.frame.row(0, named=True) == {
        "line": 2, "stamp": "2024-01-02", "open": "2", "high": "5", "low": "1", "close": "4"
    }  # fmt: skip


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_plain_file_may_be_split_by_comma_semicolon_or_tab(separator: str):
    text = HEADER + "2024-01-02T00:00:00Z,1,2,1,2,5\n"

    assert read_columns(text.replace(",", separator).encode()).frame["volume"].to_list() == ["5"]


def test_an_mt5_file_gives_ticks_as_volume_and_keeps_its_spread():
    found = read_columns(MT5.encode())

    assert (found.layout, found.volume_kind) == ("mt5", "ticks")
    assert found.frame["volume"].to_list() == ["250", "260"]
    assert found.frame["spread"].to_list() == ["7", "8"]
    assert found.frame["stamp"].to_list() == ["2024.01.02 01:00:00", "2024.01.02 02:00:00"]


def test_an_mt5_file_with_traded_volume_gives_that():
    found = read_columns(MT5.replace("\t260\t0\t", "\t260\t31\t").encode())

    assert found.volume_kind == "shares"
    assert found.frame["volume"].to_list() == ["0", "31"]


def test_an_mt5_file_in_utf_16_is_read():
    assert read_columns(MT5.encode("utf-16")).layout == "mt5"


def test_a_ccxt_file_is_a_json_list_or_headerless_csv_of_six_numbers():
    rows = [[1704067200000, 1, 2, 0.5, 1.5, 10], [1704070800000, 1.5, 2, 1, 1.8, None]]

    as_json = read_columns(json.dumps(rows).encode())
    as_csv = read_columns("\n".join(",".join("" if v is None else str(v) for v in row) for row in rows).encode())

    assert (as_json.layout, as_csv.layout) == ("ccxt", "ccxt")
    assert as_json.frame.equals(as_csv.frame)
    assert as_json.frame["volume"].to_list()[0] == "10"


@pytest.mark.parametrize(
    "content, code",
    [
        ("a,b,c\n1,2,3\n", "layout_unknown"),
        ("date,time,open,high,low,close\n2024-01-02,01:00,1,2,1,2\n", "layout_unknown"),
        ("open,high,low,close\n1,2,1,2\n", "layout_unknown"),
        ("[[1704067200000, 1, 2]]", "layout_unknown"),
        ("[not json", "file_unreadable"),
        ("[]", "no_bars"),
        ("  \n", "no_bars"),
        (b"\xff\xfe\x00", "file_unreadable"),
        (b"PAR1 and then nothing", "file_unreadable"),
        (HEADER + "2024-01-02,1,2,1,2,5,6,7\n", "file_unreadable"),
    ],
)
def test_what_fits_no_layout_is_refused(content: str | bytes, code: str):
    assert refusal(content) == code


def test_a_file_that_fits_two_layouts_is_refused_until_one_is_chosen():
    both = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\ttimestamp\topen\thigh\tlow\tclose\n" + "2024.01.02\t1\t2\t1\t2\t2024-01-02\t1\t2\t1\t2\n"  # fmt: skip # noqa: E501

    assert refusal(both) == "layout_ambiguous"
    assert read_columns(both.encode(), "plain").frame["stamp"].to_list() == ["2024-01-02"]


def test_a_chosen_layout_must_fit():
    assert refusal(MT5, "ccxt") == "layout_unknown"
    assert refusal(MT5, "csv") == "invalid_request"


def stamps(*texts: str | int | date | datetime, zone: str | None = None, daily: bool = False) -> list[datetime | None]:
    return to_utc(read_stamps(pl.Series(texts)), zone, daily=daily).to_list()


def test_an_offset_fixes_the_moment():
    wanted = [datetime(2024, 1, 2, 7, 30, tzinfo=UTC)]

    assert stamps("2024-01-02T09:30:00+02:00") == wanted
    assert stamps("2024-01-02 07:30Z") == wanted
    assert stamps("2024/01/02 07:30:00.000Z") == wanted


def test_a_number_counts_from_1970_in_the_unit_its_size_tells():
    wanted = [datetime(2024, 1, 2, tzinfo=UTC)]

    for unit in (1, 10**3, 10**6, 10**9):
        assert stamps(1_704_153_600 * unit) == wanted
        assert stamps(str(1_704_153_600 * unit)) == wanted


def test_a_clock_without_offset_needs_a_zone():
    with pytest.raises(Refused) as caught:
        stamps("2024-07-01 10:00")

    assert caught.value.code == "timezone_required"
    assert stamps("2024-07-01 10:00", zone="Europe/Berlin") == [datetime(2024, 7, 1, 8, tzinfo=UTC)]


@pytest.mark.parametrize("month, hour", [(1, 15), (7, 14)])
def test_new_york_plus_seven_follows_new_yorks_summer(month: int, hour: int):
    # 17:00 in New York is midnight of this clock, in winter 22:00 UTC and in summer 21:00.
    assert stamps(f"2024-{month:02}-02 17:00", zone="NY+7") == [datetime(2024, month, 2, hour, tzinfo=UTC)]


def test_a_day_without_a_clock_is_the_calendar_date():
    assert stamps("2024-07-01") == [datetime(2024, 7, 1, tzinfo=UTC)]
    assert stamps(date(2024, 7, 1), zone="America/New_York") == [datetime(2024, 7, 1, tzinfo=UTC)]
    assert stamps("2024-07-01 00:00", zone="America/New_York", daily=True) == [datetime(2024, 7, 1, tzinfo=UTC)]


def test_the_hour_a_clock_skips_or_repeats_has_no_moment():
    assert stamps("2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 03:30", zone="Europe/Berlin") == [
        None,
        None,
        datetime(2024, 10, 27, 2, 30, tzinfo=UTC),
    ]


def test_an_unknown_zone_is_refused():
    with pytest.raises(Refused, match="Mars/Olympus"):
        stamps("2024-07-01 10:00", zone="Mars/Olympus")


def test_an_mt5_file_without_a_zone_is_refused_and_with_one_is_stored(room: DataRoom, tmp_path: Path):
    path = tmp_path / "mt5.csv"
    path.write_text(MT5)

    with pytest.raises(Refused) as caught:
        bring_in(room, path, symbol="EURUSD", asset_class="fx")
    report = bring_in(room, path, symbol="EURUSD", asset_class="fx", timezone="NY+7")

    assert caught.value.code == "timezone_required"
    assert (report["first"], report["rows"]) == ("2024-01-01T23:00:00Z", 2)
    assert room.series()[0]["volume_kind"] == "ticks"


def test_an_ambiguous_hour_stops_the_import_until_it_is_dropped(room: DataRoom, tmp_path: Path):
    path = tmp_path / "berlin.csv"
    rows = "".join(f"2024-10-27 {hour:02}:00,1,2,1,2,5\n" for hour in range(8))
    path.write_text(HEADER + rows)

    with pytest.raises(Refused) as caught:
        bring_in(room, path, timezone="Europe/Berlin")
    report = bring_in(room, path, timezone="Europe/Berlin", drop=("clock_ambiguous",))

    assert caught.value.code == "clock_ambiguous"
    assert caught.value.details["problems"][0]["rows"][0]["stamp"] == "2024-10-27 02:00"
    assert report["rows"] == 7
    assert report["dropped"][0]["rows"][0]["line"] == 4


def test_parquet_and_csv_of_the_same_bars_are_the_same_series(room: DataRoom, tmp_path: Path):
    frame = bars(hours(48))

    as_csv = bring_in(room, a_file(tmp_path, frame))
    as_parquet = bring_in(room, a_file(tmp_path, frame, "bars.parquet"))

    assert as_csv["sha256"] == as_parquet["sha256"]
    assert (as_csv["stored"], as_parquet["stored"]) == ("new", "unchanged")
    assert as_csv["first"] == MONDAY.isoformat().replace("+00:00", "Z")


def test_a_mark_before_the_text_and_windows_line_ends_play_no_part():
    text = HEADER + "2024-01-02T00:00:00Z,1,2,1,2,5\n"

    plain = read_columns(text.encode()).frame

    assert read_columns(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()).frame.equals(plain)


def test_text_that_is_not_utf_8_is_unreadable():
    rows = "2024-01-02T00:00:00Z,1,2,1,2,5\n" * 3

    assert refusal((HEADER + rows).encode() + b"2024-01-0\xff,1,2,1,2,5\n") == "file_unreadable"
    assert refusal(b"timest\xffmp" + HEADER[9:].encode() + rows.encode()) == "file_unreadable"
