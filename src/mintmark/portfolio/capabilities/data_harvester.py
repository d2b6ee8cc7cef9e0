"""The agent that reads what a pack holds of companies, news and series."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from mintmark.domain import Refusal, Refused
from mintmark.portfolio.capabilities import data_harvester_news, data_harvester_provider
from mintmark.portfolio.capability import Agent, Answer, Arguments, Capability, Reading
from mintmark.portfolio.company import fiscal_years
from mintmark.portfolio.question import security_id
from mintmark.portfolio.securities import symbol_of
from mintmark.portfolio.statements import rating_inputs


class SecurityGiven(Arguments):
    """One instrument."""

    security_id: UUID


class Statements(Answer):
    """The fiscal years of a company, and every input of its ratings; None where the statements lack it."""

    symbol: str
    security_id: str
    currency: str
    first_year: int
    last_year: int
    inputs: dict[str, Decimal | None]


def load(reading: Reading, given: SecurityGiven) -> Statements | Refusal:
    """Return what the pack holds of a company's statements; refuses ``fundamentals_missing``."""
    return statements_of(reading, symbol_of(reading.pack, given.security_id))


def statements_of(reading: Reading, symbol: str) -> Statements | Refusal:
    """Return the statements of ``symbol``; refuses ``fundamentals_missing``, naming the import that brings them."""
    years, currency = fiscal_years(reading.pack.fundamentals(symbol))
    if not years or currency is None:
        message = (
            f"{reading.ctx.pricing_pack_id} holds no annual statements of {symbol}: mintmark data import-fundamentals"
        )
        return Refusal("fundamentals_missing", message, details={"symbol": symbol})
    inputs = rating_inputs(years, _to_usd(reading, currency))
    reading.notes.inputs(sum(value is not None for value in inputs.values()), len(inputs))
    for name, value in inputs.items():
        if value is None:
            reading.notes.undefined(f"inputs.{name}", "statements_incomplete")
    return Statements(
        symbol=symbol,
        security_id=str(security_id(symbol)),
        currency=currency,
        first_year=years[0].year,
        last_year=years[-1].year,
        inputs=inputs,
    )


def _to_usd(reading: Reading, currency: str) -> Decimal | None:
    try:
        found: Decimal = reading.pack.convert(Decimal(1), currency, "USD")
    except Refused:
        return None
    return found


AGENT = Agent(
    "data_harvester",
    (
        Capability(
            "fundamentals.load", SecurityGiven, Statements, load, "Statements of a company as the pack holds them."
        ),
        *data_harvester_news.capabilities(),
        *data_harvester_provider.capabilities(),
    ),
    timeout=10.0,
)
