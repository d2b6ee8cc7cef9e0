"""Statements, ratios, profiles and quotes of Financial Modeling Prep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mintmark.data.documents import QUARTERLY_RELEASE_DAYS, Frequency, Fundamental
from mintmark.data.providers.door import ProviderAccess, ProviderDoor, invalid, validated
from mintmark.domain import Refused

NAME = "fmp"
BASE_URL = "https://financialmodelingprep.com/api/"
PER_MINUTE = 120.0
RIGHTS = "fmp"
SYMBOLS_A_CALL = 100

# Our item for each field of a statement; payments are given as negative numbers there, as positive ones here.
_STATEMENTS: Mapping[str, Mapping[str, str]] = {
    "income-statement": {
        "revenue": "revenue",
        "grossProfit": "gross_profit",
        "operatingIncome": "operating_income",
        "interestExpense": "interest_expense",
        "netIncome": "net_income",
    },
    "balance-sheet-statement": {
        "cashAndShortTermInvestments": "cash",
        "totalDebt": "total_debt",
        "totalStockholdersEquity": "equity",
        "totalCurrentAssets": "current_assets",
        "totalCurrentLiabilities": "current_liabilities",
        "goodwillAndIntangibleAssets": "intangibles",
        "totalAssets": "total_assets",
    },
    "cash-flow-statement": {
        "dividendsPaid": "-dividends_paid",
        "operatingCashFlow": "operating_cash_flow",
        "capitalExpenditure": "-capital_expenditure",
    },
}
_RATIOS: Mapping[str, str] = {
    "currentRatio": "current_ratio",
    "payoutRatio": "payout_ratio",
    "grossProfitMargin": "gross_margin",
    "returnOnEquity": "return_on_equity",
    "debtEquityRatio": "debt_to_equity",
    "interestCoverage": "interest_cover",
}


class _Statement(BaseModel):
    model_config = ConfigDict(extra="allow")

    day: date = Field(alias="date")
    symbol: str
    reportedCurrency: str = Field("", max_length=10)  # noqa: N815
    # The provider's own spelling.
    fillingDate: date | None = None  # noqa: N815
    period: str


class Profile(BaseModel):
    """What a company is."""

    symbol: str
    companyName: str  # noqa: N815
    currency: str
    sector: str | None = None
    industry: str | None = None
    exchangeShortName: str | None = None  # noqa: N815


class Quote(BaseModel):
    """The last price of a symbol and its time (seconds since 1970)."""

    symbol: str
    price: Decimal = Field(gt=0)
    timestamp: int


def access(key: str, base_url: str = BASE_URL, per_minute: float = PER_MINUTE, **more: Any) -> ProviderAccess:
    """Return how Financial Modeling Prep is reached with ``key``."""
    return ProviderAccess(NAME, base_url, key, "apikey", "parameter", per_minute, **more)


async def fundamentals(door: ProviderDoor, ticker: str, symbol: str, frequency: Frequency) -> list[Fundamental]:
    """Return the three statements and the ratios of ``ticker`` as figures of ``symbol``.

    Refuses: ``no_values`` where a statement is empty, ``release_required`` for an annual one without its filing day.
    Raises: ``provider_answer_invalid``, and as ``ProviderDoor.get``.
    """
    asked = {"period": "annual" if frequency == "annual" else "quarter", "limit": "40"}
    found: list[Fundamental] = []
    released: dict[date, date] = {}
    for kind, items in _STATEMENTS.items():
        rows = validated(NAME, _Statement, await door.get(f"v3/{kind}/{ticker}", asked))
        if not rows:
            raise Refused(f"fmp has no {kind} of {ticker}", code="no_values", symbol=symbol, statement=kind)
        for row in rows:
            released[row.day] = max(released.get(row.day, row.day), _released(row, symbol, frequency))
            found += _figures(row, items, symbol, frequency, released[row.day], row.reportedCurrency)
    for row in validated(NAME, _Statement, await door.get(f"v3/ratios/{ticker}", asked)):
        if row.day in released:
            found += _figures(row, _RATIOS, symbol, frequency, released[row.day], "fraction")
    return found


def _released(row: _Statement, symbol: str, frequency: Frequency) -> date:
    if row.fillingDate is not None and row.fillingDate >= row.day:
        return row.fillingDate
    if frequency == "annual":
        message = f"fmp names no filing day of {symbol} for {row.day}"
        raise Refused(message, code="release_required", symbol=symbol)
    return row.day + timedelta(days=QUARTERLY_RELEASE_DAYS)


def _figures(
    row: _Statement, items: Mapping[str, str], symbol: str, frequency: Frequency, released: date, unit: str
) -> list[Fundamental]:
    found = []
    for field, item in items.items():
        value = (row.model_extra or {}).get(field)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise invalid(NAME, f"{str(value)[:50]!r} as {field} of {symbol}")
        if not unit:
            raise invalid(NAME, f"a statement of {symbol} without its currency")
        number = -Decimal(value) if item.startswith("-") else Decimal(value)
        # A minus before nothing is nothing.
        found.append(Fundamental(symbol, row.day, frequency, item.lstrip("-"), number + 0, unit, released))
    return found


async def profile(door: ProviderDoor, ticker: str) -> Profile:
    """Return what ``ticker`` is; refuses ``no_values`` where there is none of it."""
    rows = validated(NAME, Profile, await door.get(f"v3/profile/{ticker}"))
    if not rows:
        raise Refused(f"fmp knows no {ticker}", code="no_values", symbol=ticker)
    found: Profile = rows[0]
    return found


async def quotes(door: ProviderDoor, tickers: Sequence[str]) -> dict[str, Quote]:
    """Return the last prices of ``tickers``, a hundred a call; what the provider lacks is not among them."""
    found: dict[str, Quote] = {}
    for start in range(0, len(tickers), SYMBOLS_A_CALL):
        rows = await door.get(f"v3/quote/{','.join(tickers[start : start + SYMBOLS_A_CALL])}")
        found.update({row.symbol: row for row in validated(NAME, Quote, rows)})
    return found
