"""The close of each day of an instrument's own calendar, as the source gave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.data.calendars import session_days
from mintmark.data.series import Series
from mintmark.domain import Timeframe

PLACES = 10
_EPOCH = date(1970, 1, 1).toordinal()
_QUANTUM = Decimal(1).scaleb(-PLACES)

FloatArray = NDArray[np.float64]
DayArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DayCloses:
    """Unadjusted closes of one series, one for each day that has one.

    Shape: ``days`` (since 1970, ascending) and ``closes``: (n_days,).
    """

    series: Series
    calendar: str
    days: DayArray
    closes: FloatArray

    def on(self, day: date) -> float | None:
        """Return the close of exactly ``day``, or None."""
        found = self._at(np.array([day_number(day)]))[0]
        return None if np.isnan(found) else float(found)

    def before(self, day: date) -> tuple[date, float] | None:
        """Return the last day before ``day`` that has a close, and that close."""
        place = int(np.searchsorted(self.days, day_number(day))) - 1
        return (day_of(int(self.days[place])), float(self.closes[place])) if place >= 0 else None

    def in_force(self, days: DayArray) -> FloatArray:
        """Return for each of ``days`` the close of the last scheduled day up to it; nan where that day has none."""
        if not len(days):
            return np.zeros(0)
        return self._at(scheduled(self.calendar, days))

    def _at(self, days: DayArray) -> FloatArray:
        place = np.minimum(np.searchsorted(self.days, days), len(self.days) - 1)
        return np.where(self.days[place] == days, self.closes[place], np.nan)


def day_closes(series: Series, frame: pl.DataFrame, as_of: date) -> DayCloses:
    """Return the last close of each day up to ``as_of`` in ``frame`` (timestamp, close; sorted).

    The day of a bar below a day is that of its session: of New York for ``XNYS``, from 17:00 to 17:00 in New York for
    ``24x5``, of UTC for ``24x7``. Pairs of currencies follow the days of the currency market in any calendar.
    """
    days = _days_of(frame["timestamp"], series)
    ends = np.flatnonzero(np.diff(days, append=days[-1] + 1))
    kept = ends[days[ends] <= day_number(as_of)]
    calendar = "24x5" if series.asset_class == "fx" else series.calendar
    return DayCloses(series, calendar, days[kept], frame["close"].to_numpy()[kept])


def _days_of(stamps: pl.Series, series: Series) -> DayArray:
    if series.timeframe.seconds < Timeframe.D1.seconds and series.calendar != "24x7":
        local = stamps.dt.convert_time_zone("America/New_York").dt.replace_time_zone(None)
        stamps = local.dt.offset_by("7h") if series.calendar == "24x5" else local
    return np.asarray(stamps.dt.date().to_physical().to_numpy(), dtype=np.int64)


def scheduled(calendar: str, days: DayArray) -> DayArray:
    """Return for each of ``days`` the last day up to it on which ``calendar`` trades."""
    # No calendar of the house closes for more than a fortnight.
    sessions = session_days(calendar, day_of(int(days.min()) - 14), day_of(int(days.max())))
    return sessions[np.searchsorted(sessions, days, side="right") - 1]


def exact_close(value: float) -> Decimal:
    """Return ``value`` as the shortest decimal that gives it back, at most 10 places.

    >>> exact_close(645.57), exact_close(0.1 + 0.2)
    (Decimal('645.57'), Decimal('0.3000000000'))
    """
    number = Decimal(repr(float(value)))
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -PLACES:
        return number
    return number.quantize(_QUANTUM, rounding=ROUND_HALF_EVEN)


def day_number(day: date) -> int:
    """Return the days from 1970 to ``day``.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day so many days after 1970."""
    return date.fromordinal(number + _EPOCH)
