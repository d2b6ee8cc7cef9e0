"""Results that one capability gives and another takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from mintmark.domain import Money
from mintmark.portfolio.capability import Answer

One = TypeVar("One", bound=Answer)


class Holding(Answer):
    """Open units of one instrument; ``cost_base`` at the rates of the lots."""

    symbol: str
    security_id: str
    units: Decimal
    cost: Money
    cost_base: Money
    lots: int
    margin: bool


class Owed(Answer):
    """Dividends accrued and not yet paid."""

    symbol: str
    amount: Money


class Holdings(Answer):
    """What the ledger holds of a portfolio at the end of a day."""

    portfolio: str
    base_currency: str
    asof: date
    symbols: list[str]
    positions: list[Holding]
    cash: list[Money]
    receivables: list[Owed]
    margin: list[Money]
    unsettled: list[Money]


class PricedHolding(Answer):
    """A holding at its close: ``value`` in the instrument's currency, ``value_base`` converted by the pack."""

    symbol: str
    security_id: str
    units: Decimal
    price: Money
    price_date: date
    value: Money
    value_base: Money
    weight: Decimal | None
    cost_base: Money
    unrealized: Money
    margin: bool


class PricedMoney(Answer):
    """Cash, a receivable or a balance on margin in its own currency and in base."""

    kind: str
    symbol: str | None
    amount: Money
    value_base: Money
    weight: Decimal | None


class Valued(Answer):
    """A portfolio valued by one pack; weights are fractions of ``nav``, null where that is not above zero."""

    base_currency: str
    asof: date
    nav: Money
    invested: Money
    cash: Money
    positions: list[PricedHolding]
    money: list[PricedMoney]


class NavHistory(Answer):
    """The daily values of a portfolio since its first entry, as floats in base; a return is None where none exists.

    ``lookback_days`` is how many of the last days the question is about.
    """

    base_currency: str
    bars_per_year: int
    lookback_days: int
    dates: list[date]
    nav: list[float | None]
    inflows: list[float | None]
    outflows: list[float | None]
    returns: list[float | None]


def of_state(shape: type[One]) -> Callable[[Any], Any]:
    """Return what makes the plain values of a state this shape again."""

    def read(value: Any) -> Any:
        return shape.model_validate(value, strict=False) if isinstance(value, dict) else value

    return read


GivenHoldings = Annotated[Holdings, BeforeValidator(of_state(Holdings))]
GivenValued = Annotated[Valued, BeforeValidator(of_state(Valued))]
GivenHistory = Annotated[NavHistory, BeforeValidator(of_state(NavHistory))]


def _shortest(value: Any) -> Any:
    # The shortest text of a number is what a person would write.
    return Decimal(repr(value)) if isinstance(value, float) else value


Number = Annotated[Decimal, BeforeValidator(_shortest)]
"""A rate or a measure, exact; a float counts as its shortest text."""
