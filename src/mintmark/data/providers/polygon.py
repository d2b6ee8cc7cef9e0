"""Unadjusted daily bars, splits and dividends of Polygon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BaseModel, Field

from mintmark.data.actions import Action
from mintmark.data.clocks import UTC_STAMPS
from mintmark.data.providers.door import ProviderAccess, ProviderDoor, invalid, validated
from mintmark.domain import Refused

NAME = "polygon"
BASE_URL = "https://api.polygon.io/"
PER_MINUTE = 5.0
RIGHTS = "polygon"
MOST_PAGES = 200
_NEW_YORK = ZoneInfo("America/New_York")


class _Bar(BaseModel):
    t: int
    o: float = Field(gt=0, allow_inf_nan=False)
    h: float = Field(gt=0, allow_inf_nan=False)
    l: float = Field(gt=0, allow_inf_nan=False)  # noqa: E741
    c: float = Field(gt=0, allow_inf_nan=False)
    v: float = Field(ge=0, allow_inf_nan=False)


class _Split(BaseModel):
    execution_date: date
    split_from: Decimal = Field(gt=0)
    split_to: Decimal = Field(gt=0)


class _Dividend(BaseModel):
    cash_amount: Decimal = Field(gt=0)
    currency: str | None = None
    ex_dividend_date: date
    declaration_date: date | None = None
    pay_date: date | None = None


Shape = TypeVar("Shape", bound=BaseModel)


def access(key: str, base_url: str = BASE_URL, per_minute: float = PER_MINUTE, **more: Any) -> ProviderAccess:
    """Return how Polygon is reached with ``key``; ``per_minute`` follows from the plan."""
    return ProviderAccess(NAME, base_url, key, "Authorization", "bearer", per_minute, **more)


async def daily_bars(door: ProviderDoor, ticker: str, first: date, last: date) -> pl.DataFrame:
    """Return unadjusted daily bars: line, stamp, timestamp (New York's date at 00:00), prices, volume.

    Refuses: ``no_bars``. Raises: ``provider_answer_invalid``, and as ``ProviderDoor.get``.
    """
    path = f"v2/aggs/ticker/{ticker}/range/1/day/{first}/{last}"
    asked = {"adjusted": "false", "sort": "asc", "limit": "50000"}
    rows: list[Any] = []
    async for page in _pages(door, path, asked, _Bar):
        rows += page
    if not rows:
        raise Refused(f"polygon has no bars of {ticker} from {first} to {last}", code="no_bars", symbol=ticker)
    days = [datetime.fromtimestamp(row.t / 1000, _NEW_YORK).date() for row in rows]
    stamps = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    columns = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
    prices = [
        pl.Series(name, [getattr(row, short) for row in rows], dtype=pl.Float64) for name, short in columns.items()
    ]
    written = pl.Series("stamp", [day.isoformat() for day in days], dtype=pl.String)
    frame = pl.DataFrame([written, pl.Series("timestamp", stamps, dtype=UTC_STAMPS), *prices])
    return frame.with_row_index("line", 1)


async def actions(door: ProviderDoor, ticker: str, symbol: str) -> list[Action]:
    """Return the splits and dividends of ``ticker``, each with its days, under ``symbol``.

    Refuses: ``pay_date_missing`` for a dividend without one. Raises: as ``daily_bars``.
    """
    found = []
    async for splits in _pages(door, "v3/reference/splits", {"ticker": ticker, "limit": "1000"}, _Split):
        found += [Action(symbol, one.execution_date, "split", one.split_to / one.split_from, NAME) for one in splits]
    async for dividends in _pages(door, "v3/reference/dividends", {"ticker": ticker, "limit": "1000"}, _Dividend):
        found += [_paid(one, symbol) for one in dividends]
    return sorted(found, key=lambda one: (one.ex_date, one.kind))


def _paid(one: _Dividend, symbol: str) -> Action:
    if one.pay_date is None:
        message = f"polygon names no pay date of the dividend of {symbol} on {one.ex_dividend_date}"
        raise Refused(message, code="pay_date_missing", symbol=symbol, ex_date=one.ex_dividend_date.isoformat())
    ex = one.ex_dividend_date
    announced = None if one.declaration_date is None else min(one.declaration_date, ex)
    return Action(symbol, ex, "dividend", one.cash_amount, NAME, max(one.pay_date, ex), announced)


async def _pages(
    door: ProviderDoor, path: str, asked: dict[str, str], shape: type[Shape]
) -> AsyncIterator[list[Shape]]:
    for _ in range(MOST_PAGES):
        answer = await door.get(path, asked)
        if not isinstance(answer, dict) or answer.get("status") not in ("OK", "DELAYED"):
            raise invalid(NAME, "an answer that is not OK")
        if answer.get("adjusted") is True:
            raise invalid(NAME, "adjusted prices where unadjusted ones were asked for")
        yield list(validated(NAME, shape, answer.get("results") or []))
        following = answer.get("next_url")
        if not following:
            return
        parts = urlsplit(str(following))
        if parts.netloc != urlsplit(door.access.base_url).netloc:
            raise invalid(NAME, "a next page on another host")
        path, asked = parts.path.lstrip("/"), dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    raise invalid(NAME, f"more than {MOST_PAGES} pages")
