"""From policies to proposed trades: the nearest weights that keep them, in whole lots, at their cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal
from mintmark.measures import (
    Undefined,
    allocate,
    annual_volatility,
    capped_turnover,
    tracking_error,
    turnover,
    within_limits,
)
from mintmark.portfolio.costs import trade_cost
from mintmark.portfolio.policies import Constraints, Figures, Policy, limits_of, taken_by, unmet

FloatArray = NDArray[np.float64]
LOOKBACK = 252
_WEIGHT_PLACES = Decimal("1e-10")
_MESSAGES = {
    "optimizer_infeasible": "no weights keep all policies and constraints",
    "optimizer_failed": "the solver found no weights; none are made up",
}


@dataclass(frozen=True)
class Held:
    """A holding: units, price of one in base currency, and the least number of units that is traded."""

    symbol: str
    units: Decimal
    price: Decimal
    lot_size: Decimal = Decimal(1)

    @property
    def value(self) -> Decimal:
        return self.units * self.price


@dataclass(frozen=True)
class Trade:
    """A proposal, not an order: units to buy or sell, what they are worth and cost in base currency."""

    symbol: str
    side: Literal["buy", "sell"]
    units: Decimal
    notional: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Proposal:
    """The trades, the weights of the net asset value before, wished for and after them, and what it takes.

    ``turnover_needed`` is that of the wished weights; ``warnings`` pairs codes with what they are about.
    """

    method: str
    trades: tuple[Trade, ...]
    before: Mapping[str, Decimal]
    wished: Mapping[str, Decimal]
    after: Mapping[str, Decimal]
    turnover_needed: float
    turnover: float
    cost: Decimal
    unmet: tuple[str, ...]
    warnings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Impact:
    """Yearly volatility before and after, how far apart the two portfolios are, and the cost in basis points."""

    volatility_before: float
    volatility_after: float
    tracking_error: float
    turnover: float
    cost: Decimal
    cost_bps: Decimal


def propose_trades(
    held: Sequence[Held],
    cash: Decimal,
    policies: Sequence[Policy],
    constraints: Constraints,
    figures: Figures,
    returns: FloatArray,
    *,
    method: str = "min_tracking_error",
    periods_per_year: float = 252.0,
    risk_free: float = 0.0,
) -> Proposal | Refusal:
    """Return what to trade so that the portfolio keeps ``policies``, or why nothing can be proposed.

    Shape: ``returns`` (252, n_holdings) in base currency, NaN where a holding has no history. ``risk_free`` is a return
    per period. Over the turnover cap all trades are scaled alike. Trades under the least value are left out.
    """
    refusal = _check(held, cash, returns)
    if refusal is not None:
        return refusal
    nav = cash + sum((one.value for one in held), Decimal(0))
    before = np.array([float(one.value / nav) for one in held])
    invested = float(before.sum() if constraints.invested is None else constraints.invested)
    symbols = [one.symbol for one in held]
    if not 0.0 < invested <= 1.0:
        return Refusal("optimizer_infeasible", "expected a share to invest above 0, at most 1", observed=invested)
    limits = limits_of(symbols, policies, constraints, figures, invested)
    wished = before
    # What keeps everything already is nearest to itself; a solver would stir it by a hair.
    if method != "min_tracking_error" or not within_limits(before / invested, limits):
        try:
            wished = invested * allocate(
                method, returns, limits, returns @ before / invested, periods_per_year=periods_per_year,
                max_tracking_error=float(constraints.max_te) / invested, risk_free=risk_free,
            )  # fmt: skip
        except Undefined as why:
            return Refusal(why.reason, _MESSAGES[why.reason], observed=why.observed, limit=why.limit)
    scaled, needed = capped_turnover(before, wished, float(constraints.max_turnover))
    trades = trades_to(held, scaled - before, nav, constraints.min_trade_value)
    after = _after(held, trades, nav)
    left = unmet({symbol: float(weight) for symbol, weight in after.items()}, policies, figures)
    return Proposal(
        method, trades, _named(symbols, before), _named(symbols, wished), after, needed,
        turnover(before, np.array([float(weight) for weight in after.values()])),
        sum((trade.cost for trade in trades), Decimal(0)), left,
        _warnings(needed, constraints, left, policies, symbols, figures),
    )  # fmt: skip


def trades_to(held: Sequence[Held], moves: FloatArray, nav: Decimal, min_trade_value: Decimal) -> tuple[Trade, ...]:
    """Return the trades that move weights by ``moves`` (n_holdings,), whole lots towards nothing.

    A position that is to be left is sold to the last unit, whatever its lot.
    """
    found = []
    for one, move in zip(held, moves, strict=True):
        weight = Decimal(format(float(move), ".12f"))
        wanted = weight * nav / one.price
        units = (wanted / one.lot_size).quantize(Decimal(1), rounding=ROUND_DOWN) * one.lot_size
        if weight < 0 and one.value + weight * nav < one.price * one.lot_size / 2:
            units = -one.units
        units = max(units, -one.units)
        notional = units * one.price
        if units and abs(notional) >= min_trade_value:
            side: Literal["buy", "sell"] = "buy" if units > 0 else "sell"
            found.append(Trade(one.symbol, side, abs(units), abs(notional), trade_cost(notional)))
    return tuple(found)


def analyze_impact(
    held: Sequence[Held], cash: Decimal, trades: Sequence[Trade], returns: FloatArray, periods_per_year: float = 252.0
) -> Impact | Refusal:
    """Return what ``trades`` do to the risk of the portfolio over ``returns`` (n_periods, n_holdings)."""
    refusal = _check(held, cash, returns, least=2)
    if refusal is not None:
        return refusal
    nav = cash + sum((one.value for one in held), Decimal(0))
    before = np.array([float(one.value / nav) for one in held])
    after = np.array([float(weight) for weight in _after(held, trades, nav).values()])
    cost = sum((trade.cost for trade in trades), Decimal(0))
    return Impact(
        annual_volatility(returns @ before, periods_per_year),
        annual_volatility(returns @ after, periods_per_year),
        tracking_error(returns @ after, returns @ before, periods_per_year),
        turnover(before, after),
        cost,
        (cost / nav * 10_000).quantize(_WEIGHT_PLACES),
    )


def _check(held: Sequence[Held], cash: Decimal, returns: FloatArray, least: int = LOOKBACK) -> Refusal | None:
    if not held or cash + sum((one.value for one in held), Decimal(0)) <= 0 or any(one.units < 0 for one in held):
        return Refusal("optimizer_infeasible", "expected a portfolio of long positions worth something")
    gaps = np.isnan(returns).sum(axis=0).tolist()
    short = [one.symbol for one, count in zip(held, gaps, strict=True) if count]
    if len(returns) < least or short:
        return Refusal(
            "history_too_short",
            f"expected {least} returns of each holding, found {len(returns)}, gaps in {', '.join(short) or 'none'}",
            observed=len(returns),
            limit=least,
            details={"symbols": short},
        )
    return None


def _after(held: Sequence[Held], trades: Sequence[Trade], nav: Decimal) -> dict[str, Decimal]:
    moved = {trade.symbol: trade.notional if trade.side == "buy" else -trade.notional for trade in trades}
    return {
        one.symbol: ((one.value + moved.get(one.symbol, Decimal(0))) / nav).quantize(
            _WEIGHT_PLACES, rounding=ROUND_HALF_EVEN
        )
        for one in held
    }


def _named(symbols: Sequence[str], weights: FloatArray) -> dict[str, Decimal]:
    return {symbol: Decimal(format(float(weight), ".10f")) for symbol, weight in zip(symbols, weights, strict=True)}


def _warnings(
    needed: float, constraints: Constraints, left: tuple[str, ...], policies: Sequence[Policy],
    symbols: Sequence[str], figures: Figures,
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    found = []
    if needed > float(constraints.max_turnover):
        waiting = f"; not yet met: {', '.join(left)}" if left else ""
        found.append(("turnover_capped", f"{needed:.4f} needed, {constraints.max_turnover} allowed{waiting}"))
    for policy in policies:
        missing = taken_by(policy.rule, symbols, figures)[1]
        if missing:
            found.append(("metric_missing", f"{policy.name}: no {policy.rule.metric} of {', '.join(missing)}"))
    return tuple(found)
