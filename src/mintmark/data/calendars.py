"""When bars are expected, and how many make a year."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import NANOSECONDS, Refused, Timeframe, moment_of, stamp_of

CALENDARS = ("XNYS", "24x5", "24x7")
USUAL_YEARS = (1960, 2035)

_BARS_PER_YEAR: Mapping[str, Mapping[str, int]] = {
    "XNYS": {"1m": 98_280, "5m": 19_656, "15m": 6_552, "30m": 3_528, "1h": 1_764, "4h": 504, "1d": 252},
    "24x5": {"1m": 374_400, "5m": 74_880, "15m": 24_960, "30m": 12_480, "1h": 6_240, "4h": 1_560, "1d": 260},
    "24x7": {"1m": 525_600, "5m": 105_120, "15m": 35_040, "30m": 17_520, "1h": 8_760, "4h": 2_190, "1d": 365},
}
_NEW_YORK = ZoneInfo("America/New_York")
_DAY = 86_400 * NANOSECONDS
_HOUR = 3_600 * NANOSECONDS
_EPOCH = date(1970, 1, 1).toordinal()

# Venues that trade the 24x5 week pause up to three hours after the day turns at 17:00 in New York,
# and close up to eight hours early before a holiday.
PAUSE_HOURS = 3
EARLY_CLOSE_HOURS = 8

StampArray = NDArray[np.int64]


def bars_per_year(calendar: str, timeframe: Timeframe | str) -> int:
    """Return how many bars of ``timeframe`` make a year of ``calendar``; ``1mo`` stands for a month.

    >>> bars_per_year("XNYS", "1d"), bars_per_year("24x5", "1h"), bars_per_year("24x7", "1w")
    (252, 6240, 52)
    """
    known_calendar(calendar)
    length = str(timeframe)
    found = {"1w": 52, "1mo": 12, **_BARS_PER_YEAR[calendar]}.get(length)
    if found is None:
        raise Refused(f"expected a timeframe, found {length!r}", path="timeframe")
    return found


def known_calendar(calendar: str) -> str:
    """Return ``calendar``, or refuse one that is not in the house."""
    if calendar not in CALENDARS:
        raise Refused(f"expected a calendar of {', '.join(CALENDARS)}, found {calendar!r}", path="calendar")
    return calendar


@dataclass(frozen=True, eq=False)
class Expected:
    """The stretches of time in which a calendar has bars, over the span of one series.

    ``opens`` and ``closes`` are int64 ns, ascending, without overlap; a bar is expected on each
    point of the grid ``first + k * step`` that lies in a stretch. ``turns`` are the moments a
    trading day opens; ``weekends`` and ``holidays`` the UTC noon of each closed day.
    """

    step: int
    first: int
    opens: StampArray
    closes: StampArray
    turns: StampArray
    weekends: StampArray
    holidays: StampArray
    pauses: bool

    def count(self, starts: StampArray | int, stops: StampArray | int) -> StampArray:
        """Return how many bars are expected from each start up to its stop, the stop left out."""
        return self._before(np.asarray(stops)) - self._before(np.asarray(starts))

    def holds(self, stamps: StampArray) -> NDArray[np.bool_]:
        """Return for each stamp whether it lies in a stretch."""
        place = np.searchsorted(self.opens, stamps, side="right") - 1
        return (place >= 0) & (stamps < self.closes[np.maximum(place, 0)])

    def gap_kinds(self, lasts: StampArray, nexts: StampArray) -> NDArray[np.str_]:
        """Return the kind of each gap between the bar at ``lasts`` and the one at ``nexts``.

        ``holiday``, ``weekend`` or ``daily_break`` where the calendar explains all of it, else ``unexpected``.
        """
        starts = lasts + self.step
        holiday = _spans(self.holidays, starts, nexts)
        weekend = _spans(self.weekends, starts, nexts)
        missing = self.count(starts, nexts)
        if self.pauses:
            missing = self._without_pauses(starts, nexts, missing, holiday)
        kinds = np.where(holiday, "holiday", np.where(weekend, "weekend", "daily_break"))
        return np.where(missing > 0, "unexpected", kinds)

    def _without_pauses(
        self, starts: StampArray, nexts: StampArray, missing: StampArray, holiday: NDArray[np.bool_]
    ) -> StampArray:
        opened = self.turns[np.maximum(np.searchsorted(self.turns, nexts, side="right") - 1, 0)]
        crosses = (opened >= starts) & (opened <= nexts)
        late = np.where(crosses & (nexts - opened <= PAUSE_HOURS * _HOUR), self.count(opened, nexts), 0)
        rest = missing - late
        early = holiday & (rest * self.step <= EARLY_CLOSE_HOURS * _HOUR)
        return np.asarray(np.where(early, 0, rest), dtype=np.int64)

    @cached_property
    def _total(self) -> StampArray:
        return np.concatenate([[0], np.cumsum(self._points(self.opens, self.closes))]).astype(np.int64)

    def _points(self, starts: StampArray, stops: StampArray) -> StampArray:
        points = -((self.first - stops) // self.step) + ((self.first - starts) // self.step)
        return np.asarray(np.maximum(points, 0), dtype=np.int64)

    def _before(self, moments: StampArray) -> StampArray:
        place = np.searchsorted(self.opens, moments, side="right")
        at = np.maximum(place - 1, 0)
        inside = self._points(self.opens[at], np.minimum(moments, self.closes[at]))
        return np.asarray(np.where(place == 0, 0, self._total[at] + inside), dtype=np.int64)


def expected(calendar: str, timeframe: Timeframe, first: int, last: int) -> Expected:
    """Return when ``calendar`` has bars of ``timeframe`` from stamp ``first`` to stamp ``last`` (ns)."""
    known_calendar(calendar)
    days = _days(first, last)
    numbers = np.arange(len(days), dtype=np.int64) + days[0].toordinal() - _EPOCH
    # 1970 began on a Thursday.
    weekdays = (numbers + 3) % 7 < 5
    if calendar == "24x7":
        none = np.zeros(len(days), bool)
        return _expected(timeframe, first, _whole(first, last), numbers, none, weekdays | True, False)
    open_days = np.isin(numbers, session_days(calendar, days[0], days[-1]))
    weekends = ~weekdays
    daily = timeframe.nanoseconds >= _DAY
    if timeframe is Timeframe.W1:
        stretches = _whole(first, last)
    elif daily:
        stretches = _dates(numbers, open_days)
    elif calendar == "XNYS":
        stretches = _xnys_hours(days[0], days[-1], timeframe.nanoseconds)
    else:
        stretches = _fx_hours(days, open_days)
    return _expected(
        timeframe, first, stretches, numbers, weekends, open_days | weekends, calendar == "24x5" and not daily
    )


def _expected(
    timeframe: Timeframe,
    first: int,
    stretches: tuple[StampArray, StampArray],
    days: StampArray,
    weekends: NDArray[np.bool_],
    no_holiday: NDArray[np.bool_],
    pauses: bool,
) -> Expected:
    opens, closes = stretches
    # Fifteen hours UTC lies inside a New York session, summer and winter, so a closed day's gap covers it.
    noons = days * _DAY + 15 * _HOUR
    joined = np.concatenate([[True], opens[1:] > closes[:-1]])
    ends = np.concatenate([joined[1:], [True]])
    return Expected(
        step=timeframe.nanoseconds,
        first=first,
        opens=opens[joined],
        closes=closes[ends],
        turns=opens,
        weekends=noons[weekends],
        holidays=noons[~no_holiday],
        pauses=pauses,
    )


def trading_days(calendar: str, first: date, last: date) -> list[date]:
    """Return the days ``calendar`` trades from ``first`` to ``last``, both included."""
    return [date.fromordinal(int(day) + _EPOCH) for day in session_days(calendar, first, last)]


def session_days(calendar: str, first: date, last: date) -> NDArray[np.int64]:
    """Return the days ``calendar`` trades from ``first`` to ``last`` as days since 1970, ascending."""
    start, stop = first.toordinal() - _EPOCH, last.toordinal() - _EPOCH
    if known_calendar(calendar) == "24x7":
        return np.arange(start, stop + 1, dtype=np.int64)
    days = _session_days(calendar, first.year, last.year)
    return days[np.searchsorted(days, start) : np.searchsorted(days, stop, side="right")]


@lru_cache(maxsize=32)
def _session_days(calendar: str, first_year: int, last_year: int) -> NDArray[np.int64]:
    if calendar == "XNYS":
        opens, _ = _xnys_sessions(first_year, last_year)
        return opens // _DAY
    days = np.arange(date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal() + 1) - _EPOCH
    return days[_fx_days([date.fromordinal(int(day) + _EPOCH) for day in days])]


def _spans(moments: StampArray, starts: StampArray, stops: StampArray) -> NDArray[np.bool_]:
    return np.searchsorted(moments, stops) > np.searchsorted(moments, starts)


def _days(first: int, last: int) -> list[date]:
    # A 24x5 day opens on the evening before its date, so one day more stands on either side.
    start = moment_of(first).date() - timedelta(days=1)
    return [start + timedelta(days=n) for n in range((moment_of(last).date() - start).days + 3)]


def _whole(first: int, last: int) -> tuple[StampArray, StampArray]:
    return np.array([first], dtype=np.int64), np.array([last + _DAY * 8], dtype=np.int64)


def _dates(days: StampArray, is_open: NDArray[np.bool_]) -> tuple[StampArray, StampArray]:
    opens = days[is_open] * _DAY
    return opens, opens + _DAY


def _fx_days(days: list[date]) -> NDArray[np.bool_]:
    return np.array([day.weekday() < 5 and (day.month, day.day) not in ((12, 25), (1, 1)) for day in days])


def _fx_hours(days: list[date], is_open: NDArray[np.bool_]) -> tuple[StampArray, StampArray]:
    turns = [stamp_of(datetime.combine(day, time(17), _NEW_YORK)) for day in [days[0] - timedelta(days=1), *days]]
    moments = np.array(turns, dtype=np.int64)
    return moments[:-1][is_open], moments[1:][is_open]


def _xnys_hours(first: date, last: date, step: int) -> tuple[StampArray, StampArray]:
    opens, closes = _xnys_sessions(first.year, last.year)
    # A bar that starts before the bell and ends after it belongs to the session.
    return opens - step + 1, closes


@lru_cache(maxsize=32)
def _xnys_sessions(first_year: int, last_year: int) -> tuple[StampArray, StampArray]:
    # Making the schedule takes as long for one year as for all of them.
    if first_year < USUAL_YEARS[0] or last_year > USUAL_YEARS[1]:
        return _xnys_schedule(first_year, last_year)
    opens, closes = _xnys_schedule(*USUAL_YEARS)
    start, stop = (stamp_of(datetime(year, 1, 1, tzinfo=UTC)) for year in (first_year, last_year + 1))
    inside = slice(int(np.searchsorted(opens, start)), int(np.searchsorted(opens, stop)))
    return opens[inside], closes[inside]


@lru_cache(maxsize=8)
def _xnys_schedule(first_year: int, last_year: int) -> tuple[StampArray, StampArray]:
    import exchange_calendars

    with warnings.catch_warnings():
        # The library reads its own schedule in a way its newest pandas announces to change.
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar(
            "XNYS", start=date(first_year, 1, 1).isoformat(), end=date(last_year, 12, 31).isoformat()
        )
        return np.asarray(calendar.opens_nanos, dtype=np.int64), np.asarray(calendar.closes_nanos, dtype=np.int64)
