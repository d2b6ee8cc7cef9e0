"""What is held, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from mintmark.domain import Money
from mintmark.portfolio.capability import Arguments, Capability, Reading
from mintmark.portfolio.history import tell_assumed
from mintmark.portfolio.question import security_id
from mintmark.portfolio.shapes import GivenHoldings, Holding, Holdings, Owed, PricedHolding, PricedMoney, Valued

_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_PLACES: Final = Decimal(1).scaleb(-10)


class NoArguments(Arguments):
    """Nothing: the portfolio and the day are those of the question."""


class PositionsGiven(Arguments):
    """What ``ledger.positions`` gave."""

    positions: GivenHoldings


def positions(reading: Reading, _given: NoArguments) -> Holdings:
    """Return what the ledger holds at the end of the day of the pack."""
    owned, day, ledger = reading.owned, reading.ctx.asof_date, reading.ledger
    tell_assumed(reading)
    found = [
        Holding(
            symbol=one.symbol,
            security_id=str(security_id(one.symbol)),
            units=one.units,
            cost=Money(one.cost, one.currency),
            cost_base=Money(one.cost_base, owned.base_currency),
            lots=len(one.lots),
            margin=one.margin,
        )
        for one in ledger.positions(owned.code, day)
    ]
    receivables = ledger.receivables(owned.code, day).items()
    return Holdings(
        portfolio=owned.code,
        base_currency=owned.base_currency,
        asof=day,
        symbols=sorted({one.symbol for one in found}),
        positions=found,
        cash=_moneys(ledger.cash(owned.code, day)),
        receivables=[Owed(symbol=symbol, amount=Money(amount, ccy)) for (symbol, ccy), amount in receivables],
        margin=_moneys(ledger.margin(owned.code, day)),
        unsettled=_moneys(ledger.unsettled(owned.code, day)),
    )


def apply_pack(reading: Reading, given: PositionsGiven) -> Valued:
    """Return the holdings at the closes and rates of the pack; refuses ``price_missing`` and ``rate_missing``."""
    held, base = given.positions, given.positions.base_currency
    priced = [_priced(reading, one, base) for one in held.positions]
    money = [
        *(_in_base(reading, "cash", None, amount, base) for amount in held.cash),
        *(_in_base(reading, "receivable", one.symbol, one.amount, base) for one in held.receivables),
        *(_in_base(reading, "margin", None, amount, base) for amount in held.margin),
    ]
    reading.notes.inputs(len(priced) + len(money), len(priced) + len(money))
    invested = _sum(one.value_base.amount for one in priced)
    nav = _WIDE.add(invested, _sum(one.value_base.amount for one in money))
    cash = _sum(one.value_base.amount for one in money if one.kind == "cash")
    for one in held.cash:
        if one.amount < 0:
            reading.notes.warn("negative_cash", f"cash in {one.currency} is below zero")
    if nav <= 0:
        reading.notes.undefined("positions.weight", "nav_not_positive")
    return Valued(
        base_currency=base,
        asof=held.asof,
        nav=Money(nav, base),
        invested=Money(invested, base),
        cash=Money(cash, base),
        positions=[one.model_copy(update={"weight": _weight(one.value_base, nav)}) for one in priced],
        money=[one.model_copy(update={"weight": _weight(one.value_base, nav)}) for one in money],
    )


def _priced(reading: Reading, one: Holding, base: str) -> PricedHolding:
    close = reading.pack.close(one.symbol)
    value = _WIDE.multiply(one.units, close.amount)
    worth = reading.pack.convert(value, close.currency, base)
    return PricedHolding(
        symbol=one.symbol,
        security_id=one.security_id,
        units=one.units,
        price=Money(close.amount, close.currency),
        price_date=close.day,
        value=Money(value, close.currency),
        value_base=Money(worth, base),
        weight=None,
        cost_base=one.cost_base,
        unrealized=Money(_WIDE.subtract(worth, one.cost_base.amount), base),
        margin=one.margin,
    )


def _in_base(reading: Reading, kind: str, symbol: str | None, amount: Money, base: str) -> PricedMoney:
    worth = Money(reading.pack.convert(amount.amount, amount.currency, base), base)
    return PricedMoney(kind=kind, symbol=symbol, amount=amount, value_base=worth, weight=None)


def _weight(value: Money, nav: Decimal) -> Decimal | None:
    return None if nav <= 0 else _WIDE.divide(value.amount, nav).quantize(_PLACES, context=_WIDE)


def _moneys(amounts: Mapping[str, Decimal]) -> list[Money]:
    return [Money(amount, currency) for currency, amount in sorted(amounts.items())]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = _WIDE.add(total, amount)
    return total


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("ledger.positions", NoArguments, Holdings, positions, "What the ledger holds: units, cash, receivables."),
        (
            "pricing.apply_pack",
            PositionsGiven,
            Valued,
            apply_pack,
            "Value holdings by the closes and rates of the pack.",
        ),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
