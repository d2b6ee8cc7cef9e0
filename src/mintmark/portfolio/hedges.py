"""What would soften a scenario: instruments of a list, and forwards on foreign currencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import Undefined, hedge_ratio
from mintmark.portfolio.costs import trade_cost
from mintmark.portfolio.scenarios import Exposed

FloatArray = NDArray[np.float64]

MOST_COST_SHARE = Decimal("0.002")
"""What a hedge may cost of the net asset value: 20 bp."""
_TEN_PLACES = Decimal("1e-10")


@dataclass(frozen=True)
class Hedge:
    """A hedge: what to hold of it in base currency (negative is sold), its cost, and the scenario with it."""

    kind: str
    symbol: str
    notional: Decimal
    ratio: Decimal
    cost: Decimal
    change: Decimal
    total_after: Decimal


@dataclass(frozen=True)
class Hedges:
    """Hedges that lessen the loss, best first, and why each other one is none."""

    hedges: tuple[Hedge, ...]
    dropped: Mapping[str, str]


@dataclass(frozen=True)
class HedgeList:
    """The instruments a house may hedge with."""

    symbols: tuple[str, ...]


def suggest_hedges(
    total: Decimal,
    nav: Decimal,
    *,
    returns: FloatArray,
    instruments: Mapping[str, tuple[FloatArray, Decimal | None]],
    foreign: Mapping[str, tuple[Decimal, Decimal | None]],
) -> Hedges:
    """Return what lessens the loss of a scenario that changes a portfolio by ``total``, with it run again after each.

    ``returns`` (n_periods,) of the portfolio, and for each instrument its own of the same periods, all in base
    currency, beside what the scenario does to one unit of base currency in it. ``foreign``: exposure to each currency
    in base currency and what the scenario does to that currency, hedged by selling all of it forward. What is not
    known of one is None. No option is priced. A hedge that costs over 20 bp is dropped. A portfolio worth nothing has
    no hedge.
    """
    if nav <= 0:
        return Hedges((), dict.fromkeys((*instruments, *foreign), "no_equity"))
    found: list[Hedge] = []
    dropped: dict[str, str] = {}
    for symbol, (own, fraction) in instruments.items():
        try:
            ratio = Decimal(format(hedge_ratio(returns, own), ".12f"))
        except Undefined as why:
            dropped[symbol] = why.reason
            continue
        _weigh("instrument", symbol, ratio, fraction, total, nav, found, dropped)
    for currency, (exposure, fraction) in foreign.items():
        _weigh("fx_forward", currency, -exposure / nav, fraction, total, nav, found, dropped)
    return Hedges(tuple(sorted(found, key=lambda one: (-one.total_after, one.symbol))), dropped)


def _weigh(
    kind: str, symbol: str, ratio: Decimal, fraction: Decimal | None, total: Decimal, nav: Decimal,
    found: list[Hedge], dropped: dict[str, str],
) -> None:  # fmt: skip
    if fraction is None:
        dropped[symbol] = "no_betas" if kind == "instrument" else "rate_missing"
        return
    notional = (ratio * nav).quantize(_TEN_PLACES)
    cost, change = trade_cost(notional), (notional * fraction).quantize(_TEN_PLACES)
    if cost > MOST_COST_SHARE * nav:
        dropped[symbol] = "hedge_too_costly"
    elif change - cost <= 0:
        dropped[symbol] = "no_relief"
    else:
        found.append(Hedge(kind, symbol, notional, ratio, cost, change, total + change - cost))


def foreign_exposure(positions: Sequence[Exposed], base: str) -> dict[str, Decimal]:
    """Return the value held in each currency but ``base``, by currency."""
    held: dict[str, Decimal] = {}
    for one in positions:
        if one.currency != base:
            held[one.currency] = held.get(one.currency, Decimal(0)) + one.value
    return dict(sorted(held.items()))
