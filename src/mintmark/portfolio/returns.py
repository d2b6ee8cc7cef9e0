"""Returns of instruments in the base currency of a portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def last_days(pack: Any, end: date, count: int) -> list[date]:
    """Return the last ``count`` valuation days up to ``end``; fewer where the calendar has no more."""
    days: list[date] = pack.trading_days(end - timedelta(days=2 * count + 10), end)[-count:]
    return days


def base_returns(pack: Any, symbol: str, base: str, days: Sequence[date]) -> FloatArray:
    """Return what holding ``symbol`` brought in ``base`` from each of ``days`` to the next, income in.

    Shape: (n_days - 1,), NaN where a close or rate is missing. Unit: fraction. Refuses: ``price_missing``,
    ``rate_missing``.
    """
    local = pack.total_returns(symbol, days)[1:]
    rates = pack.rate_array(pack.series(symbol).currency, base, days)
    found: FloatArray = (1.0 + local) * rates[1:] / rates[:-1] - 1.0
    return found
