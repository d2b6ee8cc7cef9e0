"""What a headline did to an instrument: the return of the first session after it beyond that of the index."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import Undefined, factor_exposures

FloatArray = NDArray[np.float64]
ESTIMATED_OVER: Final = 252
FEWEST_RETURNS: Final = 30
_OPENS: Final = {"EOD": (time(9, 30), ZoneInfo("America/New_York")), "UTC": (time(), UTC)}


@dataclass(frozen=True)
class Surprise:
    """The return of a day less what ``alpha`` and ``beta`` with the index let expect."""

    day: date
    beta: float
    alpha: float
    abnormal: float


def first_session(days: Sequence[date], policy: str, published: datetime) -> int:
    """Return the place in ``days`` of the first session that opens when the headline is known, len(days) for none.

    >>> monday = date(2016, 3, 28)
    >>> first_session([monday], "EOD", datetime(2016, 3, 28, 13, tzinfo=UTC))
    0
    """
    opens, zone = _OPENS[policy]
    return bisect_left(days, published, key=lambda day: datetime.combine(day, opens, zone))


def surprise(days: Sequence[date], place: int, returns: FloatArray, index: FloatArray) -> Surprise:
    """Return what the day at ``place`` brought beyond the index; alpha and beta are those of the 252 days before it.

    Shape: ``returns`` and ``index`` (n_days,), the return from the day before to each of ``days``; NaN where unknown.

    Raises:
        Undefined: ``too_few_returns`` before the day, ``undefined_day``, ``no_variation``.
    Source:
        MacKinlay (1997), Journal of Economic Literature 35(1).
    """
    if np.isnan(returns[place]) or np.isnan(index[place]):
        raise Undefined("undefined_day")
    before = slice(max(0, place - ESTIMATED_OVER), place)
    known = np.isfinite(returns[before]) & np.isfinite(index[before])
    if int(known.sum()) < FEWEST_RETURNS:
        raise Undefined("too_few_returns", observed=int(known.sum()), limit=FEWEST_RETURNS)
    fit = factor_exposures(returns[before][known], index[before][known][:, None], float(ESTIMATED_OVER))
    alpha, beta = fit.intercept, float(fit.betas[0])
    return Surprise(days[place], beta, alpha, float(returns[place] - alpha - beta * index[place]))
