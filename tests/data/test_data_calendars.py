"""Calendars: how many bars make a year, which are expected, why one is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from data_builders import hours

from mintmark.data import bars_per_year, trading_days
from mintmark.data.calendars import CALENDARS, expected
from mintmark.domain import Refused, Timeframe, stamp_of


@pytest.mark.parametrize(
    "calendar, timeframe, wanted",
    [
        ("XNYS", "1d", 252), ("XNYS", "1h", 1_764), ("XNYS", "30m", 3_528), ("XNYS", "1m", 98_280),
        ("24x5", "1d", 260), ("24x5", "1h", 6_240), ("24x5", "30m", 12_480), ("24x5", "1m", 374_400),
        ("24x7", "1d", 365), ("24x7", "1h", 8_760), ("24x7", "30m", 17_520), ("24x7", "1m", 525_600),
        ("XNYS", "1w", 52), ("24x5", "1w", 52), ("24x7", "1mo", 12),
    ],
)  # fmt: skip
def test_the_bars_of_a_year_are_those_of_the_table(calendar: str, timeframe: str, wanted: int):
    assert bars_per_year(calendar, timeframe) == wanted


def test_every_timeframe_has_a_count_in_every_calendar_and_finer_ones_have_more():
    for calendar in CALENDARS:
        counts = [bars_per_year(calendar, timeframe) for timeframe in Timeframe]

        assert counts == sorted(counts, reverse=True)


def test_an_unknown_calendar_or_timeframe_is_refused():
    with pytest.raises(Refused):
        bars_per_year("XLON", "1d")
    with pytest.raises(Refused):
        bars_per_year("XNYS", "2h")


def due(calendar: str, timeframe: str, start: datetime, stop: datetime) -> int:
    first, last = stamp_of(start), stamp_of(stop)
    return int(expected(calendar, Timeframe(timeframe), first, last).count(first, last))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_coins_trade_every_hour():
    assert due("24x7", "1h", utc(2024, 2, 28), utc(2024, 3, 2)) == 72


def test_currencies_trade_from_sunday_to_friday_17_in_new_york():
    week = utc(2024, 1, 8), utc(2024, 1, 15)

    assert due("24x5", "1h", *week) == 120
    assert due("24x5", "1h", utc(2024, 1, 12, 20), utc(2024, 1, 14, 23)) == 3
    # In summer New York closes an hour earlier in UTC.
    assert due("24x5", "1h", utc(2024, 7, 12, 20), utc(2024, 7, 14, 23)) == 3


def test_currencies_rest_at_christmas_and_new_year():
    assert due("24x5", "1d", utc(2023, 12, 25), utc(2024, 1, 6)) == 8
    assert due("24x5", "1h", utc(2024, 12, 23), utc(2024, 12, 28)) == 46 + 48


def test_new_york_trades_its_sessions_and_half_of_them_on_the_day_before_independence():
    day = utc(2024, 7, 2), utc(2024, 7, 3)

    assert due("XNYS", "1m", *day) == 390
    assert due("XNYS", "30m", *day) == 13
    assert due("XNYS", "1h", *day) == 7
    assert due("XNYS", "1m", utc(2024, 7, 3), utc(2024, 7, 4)) == 210
    assert due("XNYS", "1m", utc(2024, 7, 4), utc(2024, 7, 5)) == 0


def test_trading_days_leave_out_weekends_and_holidays():
    found = trading_days("XNYS", date(2018, 12, 3), date(2018, 12, 7))

    # Wednesday the 5th was the day of mourning for a president.
    assert [day.day for day in found] == [3, 4, 6, 7]
    assert len(trading_days("24x7", date(2018, 12, 3), date(2018, 12, 9))) == 7
    assert len(trading_days("24x5", date(2018, 12, 24), date(2018, 12, 30))) == 4


def kind(calendar: str, timeframe: str, last: datetime, following: datetime) -> str:
    first, stop = stamp_of(last - timedelta(days=30)), stamp_of(following + timedelta(days=30))
    hours_of = expected(calendar, Timeframe(timeframe), first, stop)
    return str(hours_of.gap_kinds(np.array([stamp_of(last)]), np.array([stamp_of(following)]))[0])


@pytest.mark.parametrize(
    "calendar, timeframe, last, following, wanted",
    [
        ("24x5", "1h", utc(2024, 1, 12, 21), utc(2024, 1, 14, 22), "weekend"),
        ("24x5", "1h", utc(2024, 1, 12, 21), utc(2024, 1, 15, 0), "weekend"),
        ("24x5", "1h", utc(2024, 1, 12, 21), utc(2024, 1, 15, 2), "unexpected"),
        ("24x5", "1h", utc(2024, 1, 12, 15), utc(2024, 1, 14, 22), "unexpected"),
        ("24x5", "1h", utc(2024, 1, 9, 21), utc(2024, 1, 9, 23), "daily_break"),
        ("24x5", "1h", utc(2024, 1, 9, 9), utc(2024, 1, 9, 11), "unexpected"),
        ("24x5", "1h", utc(2024, 12, 24, 18), utc(2024, 12, 25, 22), "holiday"),
        ("24x5", "1m", utc(2024, 1, 9, 22, 10), utc(2024, 1, 9, 22, 12), "unexpected"),
        ("24x5", "1d", utc(2024, 1, 12), utc(2024, 1, 15), "weekend"),
        ("24x5", "1d", utc(2024, 1, 9), utc(2024, 1, 11), "unexpected"),
        ("XNYS", "1d", utc(2024, 1, 12), utc(2024, 1, 16), "holiday"),
        ("XNYS", "1d", utc(2024, 1, 19), utc(2024, 1, 22), "weekend"),
        ("XNYS", "1h", utc(2024, 1, 9, 20), utc(2024, 1, 10, 14), "daily_break"),
        ("XNYS", "1h", utc(2024, 1, 9, 15), utc(2024, 1, 9, 18), "unexpected"),
        ("XNYS", "1h", utc(2024, 7, 3, 16), utc(2024, 7, 5, 13), "holiday"),
        ("24x7", "1h", utc(2024, 1, 13, 9), utc(2024, 1, 13, 11), "unexpected"),
    ],
)
def test_a_gap_has_the_kind_its_calendar_gives_it(
    calendar: str, timeframe: str, last: datetime, following: datetime, wanted: str
):
    assert kind(calendar, timeframe, last, following) == wanted


def test_counting_agrees_with_looking_at_each_stamp():
    stamps = np.array([stamp_of(moment) for moment in hours(24 * 400, utc(2023, 11, 1))])
    for calendar in CALENDARS:
        found = expected(calendar, Timeframe.H1, int(stamps[0]), int(stamps[-1]))

        inside = found.holds(stamps)
        counts = found.count(int(stamps[0]), stamps)

        assert np.array_equal(counts, np.concatenate([[0], np.cumsum(inside)[:-1]]))
        assert 0 < inside.sum() <= len(stamps)
