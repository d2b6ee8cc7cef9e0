"""Fundamentals and news: facts about companies, each with the day it became known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from mintmark.data.rows import Row, read_rows
from mintmark.data.series import known_symbol
from mintmark.domain import Refused, from_iso, iso, plain_decimal

QUARTERLY_RELEASE_DAYS = 30
_ITEM = re.compile(r"[a-z][a-z0-9_]{1,63}")

Frequency = Literal["annual", "quarterly"]


@dataclass(frozen=True)
class Fundamental:
    """One reported figure: an item of the period that ended on ``period_end``, known from ``released`` on.

    ``unit`` is a currency, ``shares``, ``fraction`` or money per share such as ``USD/share``.
    """

    symbol: str
    period_end: date
    frequency: Frequency
    item: str
    value: Decimal
    unit: str
    released: date

    def as_json(self) -> dict[str, Any]:
        return {
            "symbol": self.symbol,
            "period_end": self.period_end.isoformat(),
            "frequency": self.frequency,
            "item": self.item,
            "value": plain_decimal(self.value),
            "unit": self.unit,
            "released": self.released.isoformat(),
        }


@dataclass(frozen=True)
class NewsItem:
    """One headline: where it stands, when it was published, whom it is about. Its text is not kept."""

    published: datetime
    title: str
    url: str
    publisher: str
    symbols: tuple[str, ...]

    @property
    def released(self) -> date:
        """The day it became known, UTC."""
        return self.published.date()

    def as_json(self) -> dict[str, Any]:
        return {
            "published": iso(self.published),
            "title": self.title,
            "url": self.url,
            "publisher": self.publisher,
            "symbols": list(self.symbols),
        }


def fundamental_from(given: Mapping[str, Any]) -> Fundamental:
    """Return the figure ``as_json`` wrote."""
    end, released = (date.fromisoformat(given[name]) for name in ("period_end", "released"))
    value = Decimal(given["value"])
    return Fundamental(given["symbol"], end, given["frequency"], given["item"], value, given["unit"], released)


def news_from(given: Mapping[str, Any]) -> NewsItem:
    """Return the headline ``as_json`` wrote."""
    published = from_iso(given["published"])
    return NewsItem(published, given["title"], given["url"], given["publisher"], tuple(given["symbols"]))


def read_fundamentals(content: bytes, currency: str, scale: Decimal = Decimal(1)) -> list[Fundamental]:
    """Return the figures of a file: symbol, period_end, frequency, item, value, perhaps unit and released.

    A value without a unit is money in ``currency``; money is multiplied by ``scale``. Quarterly figures without a day
    of release count as known 30 days after their period; annual ones must say it.

    Raises:
        Refused: ``layout_unknown``; ``wrong_type`` naming line and column; ``release_required``;
            ``duplicate_figure`` for an item that stands twice for one period and release.
    """
    found: dict[tuple[Any, ...], Fundamental] = {}
    for row in read_rows(content, ("symbol", "period_end", "frequency", "item", "value")):
        one = _fundamental(row, currency, scale)
        key = (one.symbol, one.period_end, one.frequency, one.item, one.released)
        if key in found:
            message = f"{one.symbol} has {one.item} of {one.period_end} twice (line {row.line})"
            raise Refused(message, code="duplicate_figure", line=row.line)
        found[key] = one
    return [found[key] for key in sorted(found)]


def _fundamental(row: Row, currency: str, scale: Decimal) -> Fundamental:
    frequency, item = row.text("frequency"), row.text("item")
    if frequency not in ("annual", "quarterly"):
        raise row.wrong("frequency", "annual or quarterly", frequency)
    if not _ITEM.fullmatch(item):
        raise row.wrong("item", "an item such as net_income", item)
    unit = row.text("unit") or currency
    value = row.number("value") * (scale if unit == currency else 1)
    end = row.day("period_end")
    released = _released(row, end, frequency)
    return Fundamental(known_symbol(row.text("symbol")), end, frequency, item, value, unit, released)  # type: ignore[arg-type]


def _released(row: Row, end: date, frequency: str) -> date:
    if row.text("released"):
        day = row.day("released")
        if day < end:
            raise row.wrong("released", f"a day from {end} on", day.isoformat())
        return day
    if frequency == "annual":
        message = f"expected the day of release of an annual figure in line {row.line}: no rule gives it"
        raise Refused(message, code="release_required", line=row.line)
    return end + timedelta(days=QUARTERLY_RELEASE_DAYS)


def read_news(content: bytes) -> list[NewsItem]:
    """Return the headlines of a file: published, title, url, publisher, symbols; other columns are not kept.

    Raises:
        Refused: ``layout_unknown``; ``wrong_type`` naming line and column.
    """
    found = {}
    for row in read_rows(content, ("published", "title", "url", "publisher", "symbols")):
        one = _headline(row)
        found[(one.published, one.url, one.title)] = one
    return [found[key] for key in sorted(found)]


def _headline(row: Row) -> NewsItem:
    text = row.text("published")
    try:
        published = from_iso(text)
    except ValueError:
        raise row.wrong("published", "a time such as 2020-03-16T13:30:00Z", text) from None
    for name in ("title", "url"):
        if not row.text(name) or len(row.text(name)) > 2000 or not row.text(name).isprintable():
            raise row.wrong(name, "1 to 2000 letters on one line", row.text(name))
    if not row.text("url").startswith(("https://", "http://")):
        raise row.wrong("url", "an address of the web", row.text("url"))
    symbols = tuple(known_symbol(one) for one in row.values("symbols"))
    return NewsItem(published, row.text("title"), row.text("url"), row.text("publisher"), symbols)
