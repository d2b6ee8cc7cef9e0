"""The return of a bill over each valuation day, from the first series of the pack that covers them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refused
from mintmark.measures import Undefined

FloatArray = NDArray[np.float64]
YIELDS: Final = ("DGS3MO", "DTB3")
MONTHLY_RETURNS: Final = ("RF",)
_LONGEST_GAP_DAYS: Final = 10


def risk_free(pack: Any, days: Sequence[date]) -> tuple[str, FloatArray]:
    """Return the name of the series taken, and the riskless return of each of ``days``.

    Shape: (n_days,). Unit: fraction a day. A yearly yield y gives (1 + y)^(1/A) - 1 with A days a year; the return of
    a month is spread evenly, compounded, over its valuation days. The yield in force is the last one of the day or
    before, at most ten days old.

    Raises:
        Undefined: ``rf_missing``, where no series of the pack covers every day.
    """
    dates = np.array(days, dtype="datetime64[D]")
    for name in (*YIELDS, *MONTHLY_RETURNS):
        try:
            series = pack.macro(name)
        except Refused:
            continue
        periods = series.stamps.astype("datetime64[ns]").astype("datetime64[D]")
        found = (
            _of_yields(periods, series.values, dates, pack.days_per_year)
            if name in YIELDS
            else _of_months(periods, series.values, dates)
        )
        if not np.isnan(found).any():
            return name, found
    raise Undefined("rf_missing")


def _of_yields(
    periods: NDArray[np.datetime64], values: FloatArray, dates: NDArray[np.datetime64], per_year: int
) -> FloatArray:
    place = np.searchsorted(periods, dates, side="right") - 1
    age = (dates - periods[np.maximum(place, 0)]).astype(np.int64)
    there = (place >= 0) & (age <= _LONGEST_GAP_DAYS)
    return np.where(there, np.expm1(np.log1p(values[np.maximum(place, 0)]) / per_year), np.nan)


def _of_months(periods: NDArray[np.datetime64], values: FloatArray, dates: NDArray[np.datetime64]) -> FloatArray:
    months = dates.astype("datetime64[M]")
    held, counts = np.unique(months, return_counts=True)
    by_month = dict(zip(periods.astype("datetime64[M]").tolist(), values.tolist(), strict=True))
    shares = {
        month: np.expm1(np.log1p(by_month[month]) / count)
        for month, count in zip(held.tolist(), counts.tolist(), strict=True)
        if month in by_month
    }
    return np.array([shares.get(month, np.nan) for month in months.tolist()])
