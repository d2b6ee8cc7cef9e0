"""What is held as risk sees it: one line an instrument, its returns in its own money and in base."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintmark.portfolio.scenarios import Exposed
from mintmark.portfolio.shapes import Valued

FloatArray = NDArray[np.float64]
Days = NDArray[np.datetime64]
FIVE_YEARS: Final = 1_260
"""Trading days looked back on where betas and depths are estimated."""


class Held(NamedTuple):
    """All of one instrument: its value in base currency, negative for a short, and its own currency."""

    symbol: str
    value: Decimal
    currency: str


def held_of(valued: Valued) -> tuple[Held, ...]:
    """Return what is held by instrument; what is on margin and what is not are one."""
    found: dict[str, Held] = {}
    for one in valued.positions:
        before = found.get(one.symbol)
        value = one.value_base.amount + (before.value if before else Decimal(0))
        found[one.symbol] = Held(one.symbol, value, one.price.currency)
    return tuple(found.values())


def money_of(valued: Valued) -> tuple[Exposed, ...]:
    """Return cash, receivables and balances on margin as a scenario sees them: no factor moves them."""
    return tuple(
        Exposed(
            ":".join(filter(None, (one.kind, one.amount.currency, one.symbol))),
            one.value_base.amount,
            one.amount.currency,
            {},
        )
        for one in valued.money
    )


def last_days(pack: Any, end: date, count: int) -> list[date]:
    """Return the last ``count`` trading days of the policy up to ``end``."""
    found: list[date] = pack.trading_days(end - timedelta(days=count * 3 // 2 + 30), end)[-count:]
    return found


def in_base(pack: Any, symbol: str, base: str, days: Sequence[date]) -> FloatArray:
    """Return what holding ``symbol`` brought in ``base`` since the day before. Shape: (n_days,), nan first."""
    local = pack.total_returns(symbol, days)
    rates = pack.rate_array(pack.series(symbol).currency, base, days)
    found = np.full(len(days), np.nan)
    found[1:] = (1.0 + local[1:]) * rates[1:] / rates[:-1] - 1.0
    return found


def as_held(pack: Any, valued: Valued, days: Sequence[date]) -> FloatArray:
    """Return the daily returns of the portfolio as it stands, in base, its weights of today held; cash earns nothing.

    Shape: (n_days,), nan first and wherever a holding has none. The net value must be above zero.
    """
    found = np.zeros(len(days))
    found[:1] = np.nan
    for one in held_of(valued):
        found += float(one.value / valued.nav.amount) * in_base(pack, one.symbol, valued.base_currency, days)
    return found


def grown(returns: FloatArray) -> float | None:
    """Return what daily ``returns`` after the first compound to; None where one is missing."""
    total = float(np.prod(1.0 + returns[1:]) - 1.0)
    return None if np.isnan(total) else total
