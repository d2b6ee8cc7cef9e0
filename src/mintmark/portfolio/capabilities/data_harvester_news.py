"""Headlines about what is held, and what they did to the value of a portfolio."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from mintmark.domain import Refused
from mintmark.measures import Undefined
from mintmark.portfolio.alerts import moment_of
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.news_impact import ESTIMATED_OVER, Surprise, first_session, surprise
from mintmark.portfolio.returns import base_returns, last_days
from mintmark.portfolio.shapes import GivenValued, Number, of_state

FloatArray = NDArray[np.float64]
_PLACES: Final = Decimal("1e-6")


class Searched(Arguments):
    """The instruments, and how far back from the end of the day of the pack."""

    symbols: list[str] = Field(max_length=1000)
    lookback_hours: Annotated[int, Field(ge=1, le=87_600)] = 24


class Headline(Answer):
    """A headline of the pack and those of the instruments it is about."""

    published: datetime
    title: str
    url: str
    publisher: str
    symbols: list[str]


class Headlines(Answer):
    """The headlines by time."""

    since: datetime
    until: datetime
    items: list[Headline]


class HeadlinesGiven(Arguments):
    """What is held, what ``news.search`` gave, and the least effect that is told."""

    valued: GivenValued
    news: Annotated[Headlines, BeforeValidator(of_state(Headlines))]
    min_impact_bps: Annotated[Number, Field(ge=0)] = Decimal(5)


class NewsEffect(Answer):
    """What a headline did: weight times the return beyond the index, in basis points of the value.

    ``day`` is the first session after it; what cannot be known is None.
    """

    symbol: str
    published: datetime
    title: str
    url: str
    weight: Decimal | None
    day: date | None
    beta: float | None
    abnormal_return: float | None
    impact_bps: Decimal | None


class NewsImpact(Answer):
    """The effects, the largest first and those not known last; ``below`` were smaller than asked for.

    Headlines on one instrument and day tell of one return: it counts once in ``total_bps``.
    """

    benchmark: str | None
    effects: list[NewsEffect]
    below: int
    total_bps: Decimal | None
    largest_symbol: str | None
    largest_bps: Decimal | None


def search(reading: Reading, given: Searched) -> Headlines:
    """Return the headlines of the pack about the instruments; one outside the pack does not exist."""
    until = moment_of(reading.ctx.asof_date)
    since = until - timedelta(hours=given.lookback_hours)
    wanted = set(given.symbols)
    return Headlines(
        since=since,
        until=until,
        items=[
            Headline(
                published=one.published,
                title=one.title,
                url=one.url,
                publisher=one.publisher,
                symbols=sorted(wanted & set(one.symbols)),
            )
            for one in reading.pack.news(given.symbols)
            if since <= one.published < until
        ],
    )


def compute_impact(reading: Reading, given: HeadlinesGiven) -> NewsImpact:
    """Return what each headline did to the value of the portfolio in the first session after it."""
    weights = {one.symbol: one.weight for one in given.valued.positions}
    seen = _Sessions(reading, given.valued.base_currency)
    found: list[tuple[NewsEffect, str | None]] = []
    for item in given.news.items:
        for symbol in item.symbols:
            if symbol in weights:
                found.append(_effect(seen, item, symbol, weights[symbol]))
    known = [one for one, _ in found if one.impact_bps is not None]
    told = [one for one in known if _size(one) >= given.min_impact_bps]
    told.sort(key=lambda one: (-_size(one), one.symbol, one.published, one.url))
    unknown = [(one, reason) for one, reason in found if one.impact_bps is None]
    for place, (_, reason) in enumerate(unknown, len(told)):
        for name in ("beta", "abnormal_return", "impact_bps"):
            reading.notes.undefined(f"effects.{place}.{name}", reason or "undefined_day")
        if reason == "session_ahead":
            reading.notes.undefined(f"effects.{place}.day", reason)
    reading.notes.inputs(len(known), len(found))
    largest = told[0] if told else None
    by_day = {(one.symbol, one.day): one.impact_bps or Decimal(0) for one in known}
    if not known:
        reading.notes.undefined("total_bps", "no_news" if not found else "nothing_measured")
    if largest is None:
        for name in ("largest_symbol", "largest_bps"):
            reading.notes.undefined(name, "no_impact")
    return NewsImpact(
        benchmark=reading.owned.benchmark,
        effects=[*told, *(one for one, _ in unknown)],
        below=len(known) - len(told),
        total_bps=sum(by_day.values(), Decimal(0)) if known else None,
        largest_symbol=None if largest is None else largest.symbol,
        largest_bps=None if largest is None else largest.impact_bps,
    )


def _size(effect: NewsEffect) -> Decimal:
    return abs(effect.impact_bps or Decimal(0))


class _Sessions:
    """Finds the return beyond the index after a headline; each is found once."""

    def __init__(self, reading: Reading, base: str) -> None:
        self._reading, self._base = reading, base
        self._known: dict[tuple[str, date], Surprise | str] = {}

    def after(self, symbol: str, published: datetime) -> Surprise | str:
        """Return it, or the reason why there is none."""
        reading = self._reading
        pack, benchmark, end = reading.pack, reading.owned.benchmark, reading.ctx.asof_date
        days: list[date] = pack.trading_days(published.date() - timedelta(days=1), end)
        place = first_session(days, reading.ctx.policy, published)
        if place == len(days):
            return "session_ahead"
        if benchmark is None:
            return "benchmark_not_set"
        key = (symbol, days[place])
        if key not in self._known:
            try:
                self._known[key] = self._measured(symbol, benchmark, days[place])
            except Undefined as why:
                self._known[key] = why.reason
            except Refused as refused:
                self._known[key] = refused.code
        return self._known[key]

    def _measured(self, symbol: str, benchmark: str, day: date) -> Surprise:
        days = last_days(self._reading.pack, day, ESTIMATED_OVER + 2)
        own, index = (base_returns(self._reading.pack, one, self._base, days) for one in (symbol, benchmark))
        return surprise(days[1:], len(days) - 2, own, index)


def _effect(seen: _Sessions, item: Headline, symbol: str, weight: Decimal | None) -> tuple[NewsEffect, str | None]:
    found = seen.after(symbol, item.published)
    reason = found if isinstance(found, str) else "nav_not_positive" if weight is None else None
    known = None if isinstance(found, str) else found
    impact = None
    if known is not None and weight is not None:
        impact = (weight * Decimal(repr(known.abnormal)) * 10_000).quantize(_PLACES)
    effect = NewsEffect(
        symbol=symbol,
        published=item.published,
        title=item.title,
        url=item.url,
        weight=weight,
        day=None if known is None else known.day,
        beta=None if known is None else known.beta,
        abnormal_return=None if known is None else known.abnormal,
        impact_bps=impact,
    )
    return effect, reason


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("news.search", Searched, Headlines, search, "Headlines about what is held."),
        ("news.compute_portfolio_impact", HeadlinesGiven, NewsImpact, compute_impact, "What headlines did to value."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
