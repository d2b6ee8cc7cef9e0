"""Trades that would bring a portfolio to its policies, and what they would do; the desk alone trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mintmark.domain import Money, Refusal
from mintmark.measures import Undefined
from mintmark.portfolio.capabilities.ratings import Badges
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.optimizer import LOOKBACK, Held, Proposal, Trade
from mintmark.portfolio.optimizer import analyze_impact as impact_of
from mintmark.portfolio.optimizer import propose_trades as proposed
from mintmark.portfolio.policies import Constraints, Figures, Operator, Policy, Rule
from mintmark.portfolio.returns import base_returns, last_days
from mintmark.portfolio.risk_free import risk_free
from mintmark.portfolio.shapes import GivenValued, Number, PricedHolding, Valued, of_state

FloatArray = NDArray[np.float64]
Method = Literal["min_tracking_error", "min_variance", "risk_parity", "max_sharpe", "min_cvar"]
_PLACES = Decimal("1e-10")
Fraction = Annotated[Number, Field(ge=0, le=1)]


class RuleGiven(Arguments):
    """Which holdings are meant: by ``weight``, by ``rating``, or by one of the ratings it is the mean of."""

    metric: Literal["weight", "rating", "dividend_safety", "moat_strength", "resilience"]
    op: Operator
    value: Number


class ActionGiven(Arguments):
    """What follows: a cap for each of them, or a least weight for all together."""

    cap_weight: Fraction | None = None
    min_weight_total: Fraction | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> ActionGiven:
        if (self.cap_weight is None) == (self.min_weight_total is None):
            raise ValueError("expected cap_weight or min_weight_total, one of them")
        return self


class PolicyGiven(Arguments):
    """A policy; without a name it is called by its rule."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    rule: RuleGiven
    action: ActionGiven

    def policy(self) -> Policy:
        """Return it as the optimizer has it."""
        rule = Rule(self.rule.metric, self.rule.op, self.rule.value)
        name = self.name or f"{rule.metric} {rule.op} {rule.value:f}"
        return Policy(name, rule, self.action.cap_weight, self.action.min_weight_total)


class ConstraintsGiven(Arguments):
    """What the proposed weights keep, as fractions of the value; ``min_trade_value`` in base currency."""

    max_te: Fraction = Decimal("0.02")
    max_turnover: Fraction = Decimal("0.10")
    max_single_position: Fraction = Decimal("0.20")
    max_sector: Fraction = Decimal("0.30")
    min_trade_value: Annotated[Number, Field(ge=0)] = Decimal(500)
    invested: Annotated[Number, Field(gt=0, le=1)] | None = None


class Wishes(Arguments):
    """What is held, its ratings where there are any, and what it should look like."""

    valued: GivenValued
    ratings: Annotated[Badges | None, BeforeValidator(of_state(Badges))] = None
    policies: list[PolicyGiven] = Field(default_factory=list, max_length=100)
    constraints: ConstraintsGiven = Field(default_factory=ConstraintsGiven)
    method: Method = "min_tracking_error"


class ProposedTrade(Answer):
    """A proposal, not an order."""

    symbol: str
    side: str
    units: Decimal
    notional: Money
    cost: Money


class ProposedWeight(Answer):
    """The weight of a holding as it is, as it was wished for, and after the trades."""

    symbol: str
    before: Decimal
    wished: Decimal
    after: Decimal


class ProposedTrades(Answer):
    """All trades with their cost; ``unmet`` names the policies they do not meet yet."""

    method: str
    trades: list[ProposedTrade]
    weights: list[ProposedWeight]
    turnover_needed: float
    turnover: float
    cost: Money
    unmet: list[str]


class TradesGiven(Arguments):
    """What is held and what ``optimizer.propose_trades`` gave."""

    valued: GivenValued
    proposal: Annotated[ProposedTrades, BeforeValidator(of_state(ProposedTrades))]


class TradesImpact(Answer):
    """Yearly volatility before and after, how far apart the two portfolios are, and the cost."""

    volatility_before: float
    volatility_after: float
    tracking_error: float
    turnover: float
    cost: Money
    cost_bps: Decimal


def propose_trades(reading: Reading, given: Wishes) -> ProposedTrades | Refusal:
    """Return the trades that bring the portfolio nearest to its policies; refuses ``optimizer_infeasible``.

    Only what is held is traded, in whole units. Also refuses ``optimizer_failed``, ``history_too_short`` and, for
    max_sharpe, ``rf_missing``.
    """
    valued = given.valued
    held, cash = _held(valued)
    days = last_days(reading.pack, valued.asof, LOOKBACK + 1)
    riskless = 0.0
    if given.method == "max_sharpe":
        try:
            riskless = float(risk_free(reading.pack, days)[1][1:].mean())
        except Undefined as why:
            return Refusal(why.reason, "max_sharpe asks for the return of a bill, and the pack holds none")
    found = proposed(
        held,
        cash,
        [one.policy() for one in given.policies],
        Constraints(**dict(given.constraints)),
        _figures(valued, given.ratings),
        _returns(reading, valued, LOOKBACK),
        method=given.method,
        periods_per_year=float(reading.pack.days_per_year),
        risk_free=riskless,
    )
    if isinstance(found, Refusal):
        return found
    for code, message in found.warnings:
        reading.notes.warn(code, message)
    reading.notes.inputs(len(held), len(held))
    return _told(found, valued.base_currency)


def analyze_impact(reading: Reading, given: TradesGiven) -> TradesImpact | Refusal:
    """Return what the trades would do to risk over the last 252 days, and what they cost."""
    valued = given.valued
    held, cash = _held(valued)
    trades = [
        Trade(one.symbol, "buy" if one.side == "buy" else "sell", one.units, one.notional.amount, one.cost.amount)
        for one in given.proposal.trades
    ]
    per_year = float(reading.pack.days_per_year)
    found = impact_of(held, cash, trades, _returns(reading, valued, LOOKBACK), per_year)
    if isinstance(found, Refusal):
        return found
    return TradesImpact(
        volatility_before=found.volatility_before,
        volatility_after=found.volatility_after,
        tracking_error=found.tracking_error,
        turnover=found.turnover,
        cost=Money(found.cost, valued.base_currency),
        cost_bps=found.cost_bps,
    )


def _held(valued: Valued) -> tuple[list[Held], Decimal]:
    """Return the holdings with the price of one in base currency, and what else the portfolio is worth."""
    held = [Held(one.symbol, one.units, _price(one)) for one in valued.positions]
    return held, valued.nav.amount - sum((one.value for one in held), Decimal(0))


def _price(one: PricedHolding) -> Decimal:
    return (one.value_base.amount / one.units).quantize(_PLACES)


def _returns(reading: Reading, valued: Valued, count: int) -> FloatArray:
    days = last_days(reading.pack, valued.asof, count + 1)
    columns = [base_returns(reading.pack, one.symbol, valued.base_currency, days) for one in valued.positions]
    return np.column_stack(columns) if columns else np.empty((len(days) - 1, 0))


def _figures(valued: Valued, ratings: Badges | None) -> Figures:
    found: dict[str, dict[str, Decimal | None]] = {one.symbol: {"weight": one.weight} for one in valued.positions}
    for badge in () if ratings is None else ratings.badges:
        if badge.symbol in found:
            found[badge.symbol].update({**badge.ratings, "rating": badge.rating})
    return Figures(found, {})


def _told(found: Proposal, base: str) -> ProposedTrades:
    return ProposedTrades(
        method=found.method,
        trades=[
            ProposedTrade(
                symbol=one.symbol,
                side=one.side,
                units=one.units,
                notional=Money(one.notional, base),
                cost=Money(one.cost, base),
            )
            for one in found.trades
        ],
        weights=[
            ProposedWeight(symbol=symbol, before=before, wished=found.wished[symbol], after=found.after[symbol])
            for symbol, before in found.before.items()
        ],
        turnover_needed=found.turnover_needed,
        turnover=found.turnover,
        cost=Money(found.cost, base),
        unmet=list(found.unmet),
    )


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("optimizer.propose_trades", Wishes, ProposedTrades, propose_trades, "Trades that meet the policies."),
        ("optimizer.analyze_impact", TradesGiven, TradesImpact, analyze_impact, "What the trades do to risk."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
