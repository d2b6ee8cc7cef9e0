"""One holding: what it is, what it earned, how it moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Money, Refusal, Refused
from mintmark.measures import Undefined, annual_volatility, beta, deepest_drawdown, growth_index, latest
from mintmark.portfolio.capabilities.financial_analyst_attribution import Effects, effects_of, linked_of
from mintmark.portfolio.capabilities.financial_analyst_performance import FEWEST_RETURNS, Fall
from mintmark.portfolio.capability import Answer, Arguments, Capability, Notes, Reading
from mintmark.portfolio.history import history_of
from mintmark.portfolio.question import security_id
from mintmark.portfolio.securities import symbol_of

FloatArray = NDArray[np.float64]


class SecurityGiven(Arguments):
    """One instrument."""

    security_id: UUID


class LookedBack(SecurityGiven):
    """One instrument over the last valuation days."""

    lookback_days: int = 252


class Listed(SecurityGiven):
    """One instrument, and how many lines are wanted."""

    limit: int = 50


class Compared(LookedBack):
    """One instrument, and how many others to put beside it."""

    count: int = 5


class OpenLot(Answer):
    """Units bought together, with their cost and its rate."""

    lot_id: str
    acquired: date
    units: Decimal
    cost: Money
    fx: Decimal | None


class Details(Answer):
    """What is held of an instrument, and at which close."""

    symbol: str
    security_id: str
    asset_class: str
    units: Decimal
    price: Money
    price_date: date
    value_base: Money
    cost_base: Money
    unrealized: Money
    realized: Money
    lots: list[OpenLot]


class PositionReturn(Answer):
    """Total return of the instrument over the days, in its own currency and in base; ``price`` without dividends."""

    opens: date
    days: int
    local: float | None
    base: float | None
    price: float | None


class Contribution(Answer):
    """What the position added to the portfolio's return, and its share of it."""

    contribution: float
    portfolio: float
    share: float | None


class PositionRisk(Answer):
    """How the instrument moves in base currency."""

    annual_volatility: float | None
    beta: float | None
    max_drawdown: Fall | None
    benchmark: str | None


class Transaction(Answer):
    """One entry about the instrument, to be found in the ledger under its id and hash."""

    date: date
    kind: str
    entry_id: str
    entry_hash: str
    units: Decimal | None
    price: Money | None
    fx: Decimal | None
    narration: str


class Transactions(Answer):
    transactions: list[Transaction]


class Comparable(Answer):
    """Another instrument of the pack that moved alike."""

    symbol: str
    security_id: str
    correlation: float
    total_return: float


class Comparables(Answer):
    comparables: list[Comparable]


def details(reading: Reading, given: SecurityGiven) -> Details:
    """Return the open lots of an instrument and their worth; refuses ``instrument_not_found``."""
    symbol, owned, ctx = symbol_of(reading.pack, given.security_id), reading.owned, reading.ctx
    base = owned.base_currency
    held = [one for one in reading.ledger.positions(owned.code, ctx.asof_date) if one.symbol == symbol]
    close = reading.pack.close(symbol)
    units = sum((one.units for one in held), Decimal(0))
    cost = sum((one.cost_base for one in held), Decimal(0))
    worth = reading.pack.convert(units * close.amount, close.currency, base)
    realized = [
        one.gain for one in reading.ledger.realized(owned.code, date.min, ctx.asof_date) if one.symbol == symbol
    ]
    return Details(
        symbol=symbol,
        security_id=str(given.security_id),
        asset_class=reading.pack.series(symbol).asset_class,
        units=units,
        price=Money(close.amount, close.currency),
        price_date=close.day,
        value_base=Money(worth, base),
        cost_base=Money(cost, base),
        unrealized=Money(worth - cost, base),
        realized=Money(sum(realized, Decimal(0)), base),
        lots=[
            OpenLot(
                lot_id=lot.id, acquired=lot.acquired, units=lot.units, cost=Money(lot.cost, lot.currency), fx=lot.fx
            )
            for one in held
            for lot in one.lots
        ],
    )


def position_return(reading: Reading, given: LookedBack) -> PositionReturn | Refusal:
    """Return the total return of the instrument over the last days."""
    symbol = symbol_of(reading.pack, given.security_id)
    days = _days(reading, symbol, given.lookback_days)
    local, base = _returns(reading, symbol, days)
    closes = reading.pack.close_array(symbol, days)
    whole = bool(len(local)) and not np.isnan(base).any()
    if not whole:
        for name in ("local", "base", "price"):
            reading.notes.undefined(name, "price_missing")
    return PositionReturn(
        opens=days[0],
        days=len(days) - 1,
        local=float(np.prod(1.0 + local) - 1.0) if whole else None,
        base=float(np.prod(1.0 + base) - 1.0) if whole else None,
        price=float(closes[-1] * _kept(reading, symbol, days) / closes[0] - 1.0) if whole else None,
    )


def contribution(reading: Reading, given: LookedBack) -> Contribution | Refusal:
    """Return what the position added to the return of the portfolio."""
    effects = _effects(reading, given)
    if isinstance(effects, Refusal):
        return effects
    own, portfolio = effects
    if portfolio == 0.0:
        reading.notes.undefined("share", "no_return")
    share = None if portfolio == 0.0 else own.total / portfolio
    return Contribution(contribution=own.total, portfolio=portfolio, share=share)


def currency_attribution(reading: Reading, given: LookedBack) -> Effects | Refusal:
    """Return the contribution of the position by price, currency, income, trading and costs."""
    effects = _effects(reading, given)
    return effects if isinstance(effects, Refusal) else effects[0]


def risk(reading: Reading, given: LookedBack) -> PositionRisk:
    """Return how the instrument moves in base currency."""
    symbol = symbol_of(reading.pack, given.security_id)
    days = _days(reading, symbol, given.lookback_days)
    returns = _returns(reading, symbol, days)[1]
    notes, per_year = reading.notes, reading.pack.days_per_year
    volatility = _or_none(notes, "annual_volatility", lambda: annual_volatility(_enough(returns), per_year))
    return PositionRisk(
        annual_volatility=volatility,
        beta=_beta(reading, returns, days),
        max_drawdown=_fall(notes, returns, days),
        benchmark=reading.owned.benchmark,
    )


def transactions(reading: Reading, given: Listed) -> Transactions:
    """Return the last entries about an instrument, newest first."""
    symbol, code = symbol_of(reading.pack, given.security_id), reading.owned.code
    entries = reading.ledger.entries(code, None, reading.ctx.asof_date)
    about = [one for one in entries if symbol in (one.meta.get("symbol"), one.meta.get("into"))]
    return Transactions(transactions=[_transaction(one) for one in reversed(about[-given.limit :])])


def comparables(reading: Reading, given: Compared) -> Comparables:
    """Return the instruments of the pack whose returns in base went most alike."""
    symbol = symbol_of(reading.pack, given.security_id)
    days = _days(reading, symbol, given.lookback_days)
    mine = _returns(reading, symbol, days)[1]
    found = []
    for other in reading.pack.symbols():
        try:
            if other == symbol or reading.pack.series(other).asset_class == "fx":
                continue
            theirs = _returns(reading, other, days)[1]
        except Refused:
            continue
        if len(theirs) < FEWEST_RETURNS or np.isnan(theirs + mine).any() or not (np.ptp(theirs) and np.ptp(mine)):
            continue
        total = float(np.prod(1.0 + theirs) - 1.0)
        alike = float(np.corrcoef(mine, theirs)[0, 1])
        found.append(
            Comparable(symbol=other, security_id=str(security_id(other)), correlation=alike, total_return=total)
        )
    if not found:
        reading.notes.undefined("comparables", "no_comparable_history")
    return Comparables(comparables=sorted(found, key=lambda one: (-one.correlation, one.symbol))[: given.count])


def _days(reading: Reading, symbol: str, count: int) -> list[date]:
    """Return the last valuation days with a close of the instrument and a rate, and the one before them."""
    end = reading.ctx.asof_date
    start = date.fromordinal(max(1, end.toordinal() - 2 * count - 20))
    days: list[date] = reading.pack.trading_days(start, end)
    currency = reading.pack.series(symbol).currency
    worth = reading.pack.close_array(symbol, days) * reading.pack.rate_array(
        currency, reading.owned.base_currency, days
    )
    known = [day for day, one in zip(days, worth.tolist(), strict=True) if one == one]
    return known[-(count + 1) :]


def _returns(reading: Reading, symbol: str, days: list[date]) -> tuple[FloatArray, FloatArray]:
    """Return the total returns between the days in the instrument's own currency and in base."""
    local = reading.pack.total_returns(symbol, days)[1:]
    rates = reading.pack.rate_array(reading.pack.series(symbol).currency, reading.owned.base_currency, days)
    return local, (1.0 + local) * rates[1:] / rates[:-1] - 1.0


def _kept(reading: Reading, symbol: str, days: list[date]) -> float:
    """Return how many shares one share became by splits over the days."""
    found = 1.0
    for action in reading.pack.actions(symbol):
        if action.kind == "split" and days[0] < action.ex_date <= days[-1]:
            found *= float(action.value)
    return found


def _effects(reading: Reading, given: LookedBack) -> tuple[Effects, float] | Refusal:
    symbol = symbol_of(reading.pack, given.security_id)
    history = history_of(reading)
    try:
        linked = linked_of(history, max(0, len(history.days) - given.lookback_days))
    except Undefined as undefined:
        message = f"the parts of the return cannot be told: {undefined.reason}"
        return Refusal(undefined.reason, message, observed=undefined.observed, limit=undefined.limit)
    columns = [column for column, line in enumerate(history.lines) if line.symbol == symbol]
    return effects_of(linked[:, columns].sum(axis=1)), float(linked.sum())


def _transaction(entry: Any) -> Transaction:
    meta = entry.meta
    price = Money(Decimal(meta["price"]), meta["currency"]) if "price" in meta and "currency" in meta else None
    return Transaction(
        date=entry.date,
        kind=entry.kind,
        entry_id=entry.id,
        entry_hash=entry.hash,
        units=Decimal(meta["units"]) if "units" in meta else None,
        price=price,
        fx=Decimal(meta["fx"]) if "fx" in meta else None,
        narration=entry.narration,
    )


def _beta(reading: Reading, returns: FloatArray, days: list[date]) -> float | None:
    """Return the beta of returns in base to the benchmark's."""
    benchmark = reading.owned.benchmark
    if benchmark is None:
        reading.notes.undefined("beta", "benchmark_not_set")
        return None
    try:
        market = _returns(reading, benchmark, days)[1]
    except Refused as refused:
        reading.notes.undefined("beta", refused.code)
        return None
    return _or_none(reading.notes, "beta", lambda: beta(_enough(returns), _enough(market)))


def _fall(notes: Notes, returns: FloatArray, days: list[date]) -> Fall | None:
    try:
        found = deepest_drawdown(growth_index(returns))
    except Undefined as undefined:
        notes.undefined("max_drawdown", undefined.reason)
        return None
    places = (found.peak, found.trough, found.recovery)
    peak, trough, recovery = (None if at is None else days[at] for at in places)
    return Fall(depth=found.depth, peak=peak, trough=trough, recovery=recovery)


def _enough(returns: FloatArray) -> FloatArray:
    return latest(returns, len(returns), FEWEST_RETURNS)


def _or_none(notes: Notes, path: str, formula: Any) -> float | None:
    try:
        return float(formula())
    except Undefined as undefined:
        notes.undefined(path, undefined.reason)
        return None


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("position.details", SecurityGiven, Details, details, "Open lots of an instrument and their worth."),
        ("position.return", LookedBack, PositionReturn, position_return, "Total return of an instrument."),
        ("position.contribution", LookedBack, Contribution, contribution, "What a position added to the return."),
        (
            "position.currency_attribution",
            LookedBack,
            Effects,
            currency_attribution,
            "The contribution by price, currency, income, trading and costs.",
        ),
        ("position.risk", LookedBack, PositionRisk, risk, "How an instrument moves."),
        ("position.transactions", Listed, Transactions, transactions, "The last entries about an instrument."),
        ("position.comparables", Compared, Comparables, comparables, "Instruments that moved alike."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
