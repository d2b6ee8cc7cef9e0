"""The windows a return is told over: since yesterday, this month, one year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.flows import annualised, linked_return
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]
Days = NDArray[np.datetime64]

WINDOWS = ("1d", "mtd", "qtd", "ytd", "1y", "3y", "5y", "inception")
"""Every window, in the order of the table."""

_YEARS = {"1y": 1, "3y": 3, "5y": 5}


@dataclass(frozen=True)
class TimeWeighted:
    """A time-weighted return since the close of ``opens``; ``annual`` is None under 365 ``days``."""

    twr: float
    annual: float | None
    opens: np.datetime64
    days: int


def time_weighted(dates: Days, returns: FloatArray, window: str) -> TimeWeighted:
    """Return the time-weighted return of ``window`` up to the last of ``dates``.

    Shape: (n_days,) each, ``dates`` in days, ascending; ``returns`` as ``daily_returns`` gives them, the first one of
    the day the history starts on. A window opens at the close of its first day before: of the day before, of the last
    month, quarter or year, of the same date years ago (28 February for the 29th).

    Raises:
        Undefined: ``history_too_short``, where history starts after the window; ``undefined_day``.
    Source:
        CFA Institute (2020), Global Investment Performance Standards, 2.A.
    """
    opens = opening_of(dates, window)
    if dates[0] > opens:
        raise Undefined("history_too_short")
    inside = np.ones(len(dates), dtype=bool) if window == "inception" else dates > opens
    twr, days = linked_return(returns[inside]), int((dates[-1] - opens).astype(np.int64))
    return TimeWeighted(twr, annualised(twr, days) if days >= 365 else None, opens, days)


def opening_of(dates: Days, window: str) -> np.datetime64:
    """Return the day at whose close ``window`` opens.

    Raises:
        Undefined: ``history_too_short``, where there is no day before the last.
        ValueError: a window that is none.

    >>> str(opening_of(np.array(["2015-06-08", "2016-02-29"], "datetime64[D]"), "1y"))
    '2015-02-28'
    """
    last = dates[-1]
    if window == "inception":
        return np.datetime64(dates[0])
    if window == "1d":
        if len(dates) < 2:
            raise Undefined("history_too_short")
        return np.datetime64(dates[-2])
    month = last.astype("datetime64[M]")
    if window in _YEARS:
        return _years_before(last, month, _YEARS[window])
    begins = {
        "mtd": month,
        "qtd": month - month.astype(np.int64) % 3,
        "ytd": last.astype("datetime64[Y]").astype("datetime64[M]"),
    }
    if window not in begins:
        raise ValueError(f"expected one of {', '.join(WINDOWS)}, found {window!r}")
    return np.datetime64(begins[window].astype("datetime64[D]") - 1)


def _years_before(last: np.datetime64, month: np.datetime64, years: int) -> np.datetime64:
    into = (last - month.astype("datetime64[D]")).astype(np.int64)
    before = month - 12 * years
    longest = ((before + 1).astype("datetime64[D]") - before.astype("datetime64[D]")).astype(np.int64) - 1
    return np.datetime64(before.astype("datetime64[D]") + min(into, longest))
