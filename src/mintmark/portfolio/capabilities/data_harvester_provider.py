"""What providers brought, as the pack holds it; nothing is fetched while a question is answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from mintmark.domain import Money, Refusal, Refused
from mintmark.portfolio.capabilities.data_harvester_news import Headline
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.company import fiscal_years
from mintmark.portfolio.statements import rating_inputs

Symbol = Annotated[str, StringConstraints(min_length=1, max_length=32)]
FUNDAMENTALS = "mintmark data import-fundamentals FILE, or mintmark data harvest fmp fundamentals"


class SymbolGiven(Arguments):
    """One instrument."""

    symbol: Symbol


class SeriesGiven(Arguments):
    """One macro series, and how many of its last values."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    count: Annotated[int, Field(ge=1, le=1000)] = 12


class NewsGiven(Arguments):
    """One instrument, and how many of its last headlines."""

    symbol: Symbol
    count: Annotated[int, Field(ge=1, le=1000)] = 50


class Quote(Answer):
    """The close in force, and the one before it."""

    symbol: str
    price: Money
    day: date
    previous: Decimal | None


class Figure(Answer):
    """One reported figure."""

    period_end: date
    frequency: str
    item: str
    value: Decimal
    unit: str
    released: date


class Figures(Answer):
    symbol: str
    figures: list[Figure]


class Ratios(Answer):
    """What the annual statements make of themselves; None where they lack something."""

    symbol: str
    first_year: int
    last_year: int
    ratios: dict[str, Decimal | None]


class News(Answer):
    symbol: str
    items: list[Headline]


class MacroValue(Answer):
    """The value of a period and the day it was known."""

    period: date
    value: float
    released: date


class MacroValues(Answer):
    name: str
    revised: bool
    values: list[MacroValue]


def fetch_quote(reading: Reading, given: SymbolGiven) -> Quote | Refusal:
    """Return the close of the pack; refuses ``instrument_not_found`` and ``price_missing``."""
    try:
        close = reading.pack.close(given.symbol)
        before = reading.pack.close_before(given.symbol)
    except Refused as refused:
        return _missing(reading, refused.code, given.symbol, "mintmark data import FILE --symbol " + given.symbol)
    if before is None:
        reading.notes.undefined("previous", "history_too_short")
    price = Money(close.amount, close.currency)
    return Quote(symbol=given.symbol, price=price, day=close.day, previous=None if before is None else before[1])


def fetch_fundamentals(reading: Reading, given: SymbolGiven) -> Figures | Refusal:
    """Return the reported figures of the pack; refuses ``fundamentals_missing``."""
    figures = [
        Figure(
            period_end=one.period_end,
            frequency=one.frequency,
            item=one.item,
            value=one.value,
            unit=one.unit,
            released=one.released,
        )
        for one in reading.pack.fundamentals(given.symbol)
    ]
    if not figures:
        return _missing(reading, "fundamentals_missing", given.symbol, FUNDAMENTALS)
    return Figures(symbol=given.symbol, figures=figures)


def fetch_ratios(reading: Reading, given: SymbolGiven) -> Ratios | Refusal:
    """Return the ratios that companies are rated by; refuses ``fundamentals_missing``."""
    years, currency = fiscal_years(reading.pack.fundamentals(given.symbol))
    if not years or currency is None:
        return _missing(reading, "fundamentals_missing", given.symbol, FUNDAMENTALS)
    try:
        to_usd = reading.pack.convert(Decimal(1), currency, "USD")
    except Refused:
        to_usd = None
    ratios = rating_inputs(years, to_usd)
    for name, value in ratios.items():
        if value is None:
            reading.notes.undefined(f"ratios.{name}", "statements_incomplete")
    reading.notes.inputs(sum(value is not None for value in ratios.values()), len(ratios))
    return Ratios(symbol=given.symbol, first_year=years[0].year, last_year=years[-1].year, ratios=ratios)


def fetch_news(reading: Reading, given: NewsGiven) -> News | Refusal:
    """Return the last headlines of the pack about an instrument; refuses ``news_missing``."""
    found = reading.pack.news([given.symbol])[-given.count :]
    if not found:
        return _missing(reading, "news_missing", given.symbol, "mintmark data import-news FILE --source NAME")
    items = [
        Headline(
            published=one.published,
            title=one.title,
            url=one.url,
            publisher=one.publisher,
            symbols=sorted(one.symbols),
        )
        for one in found
    ]
    return News(symbol=given.symbol, items=items)


def fetch_macro(reading: Reading, given: SeriesGiven) -> MacroValues | Refusal:
    """Return the last values of a macro series known on the day of the pack; refuses ``macro_unknown``."""
    try:
        series = reading.pack.macro(given.name)
    except Refused as refused:
        return _missing(reading, refused.code, given.name, f"mintmark data harvest fred macro {given.name}")
    last = slice(-given.count, None)
    periods = series.stamps[last].astype("datetime64[ns]").astype("datetime64[D]").tolist()
    known = series.known_at[last].astype("datetime64[ns]").astype("datetime64[D]").tolist()
    values = [
        MacroValue(period=period, value=value, released=released)
        for period, value, released in zip(periods, series.values[last].tolist(), known, strict=True)
    ]
    return MacroValues(name=given.name, revised=reading.pack.revised(given.name), values=values)


def _missing(reading: Reading, code: str, what: str, command: str) -> Refusal:
    message = f"{reading.ctx.pricing_pack_id} holds nothing of {what[:64]}: {command}"
    return Refusal(code, message, details={"item": what[:64], "import": command})


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("provider.fetch_quote", SymbolGiven, Quote, fetch_quote, "The close of an instrument in the pack."),
        ("provider.fetch_fundamentals", SymbolGiven, Figures, fetch_fundamentals, "Reported figures in the pack."),
        ("provider.fetch_ratios", SymbolGiven, Ratios, fetch_ratios, "Ratios of the statements in the pack."),
        ("provider.fetch_news", NewsGiven, News, fetch_news, "Headlines about an instrument in the pack."),
        ("provider.fetch_macro", SeriesGiven, MacroValues, fetch_macro, "Values of a macro series in the pack."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
