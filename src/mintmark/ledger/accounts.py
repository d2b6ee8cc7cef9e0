"""The accounts of a portfolio: legal names, one instrument to a name."""

from __future__ import annotations

import re
from functools import lru_cache

from mintmark.domain import COINS, CURRENCIES
from mintmark.ledger.exactly import wrong

PORTFOLIO = re.compile(r"[A-Z][A-Z0-9-]{0,31}")
SYMBOL = re.compile(r"[A-Z]([A-Z0-9.-]{0,22}[A-Z0-9])?")
_PART = r"[A-Z][A-Z0-9-]*"
_CHART = re.compile(
    rf"Assets:Portfolio:(?P<p1>{_PART}):(?P<held>Cash|Receivable:{_PART}|{_PART})"
    rf"|Liabilities:Margin:(?P<p2>{_PART})"
    rf"|Income:(?:Dividends|Gains):(?P<p3>{_PART}):{_PART}"
    rf"|Income:Interest:(?P<p4>{_PART})"
    rf"|Expenses:(?:Fees|Withholding|Interest|Financing):(?P<p5>{_PART})"
    rf"|Equity:(?:Deposits|Transfers|Opening-Balances|Suspense):(?P<p6>{_PART})"
)


def check_portfolio(code: object) -> str:
    """Return ``code`` when it can name a portfolio.

    Raises:
        Refused: ``invalid_request``.
    """
    if not isinstance(code, str) or not PORTFOLIO.fullmatch(code):
        raise wrong("portfolio", "a code of capital letters, digits and dashes, such as GROWTH", code)
    return code


def check_symbol(symbol: object, field: str = "symbol") -> str:
    """Return ``symbol`` when it can name an instrument in an account; raises as ``check_portfolio``."""
    if not isinstance(symbol, str) or not SYMBOL.fullmatch(symbol):
        raise wrong(field, "a symbol of capital letters, digits, dots and dashes, such as BRK.B", symbol)
    return symbol


def check_currency(currency: object, field: str = "currency") -> str:
    """Return ``currency`` when it is of ISO 4217 or a known coin; raises as ``check_portfolio``."""
    if not isinstance(currency, str) or (currency not in CURRENCIES and currency not in COINS):
        raise wrong(field, "a currency of ISO 4217 or a known coin", currency)
    return currency


def part_of(symbol: str) -> str:
    """Return how ``symbol`` reads inside an account name.

    >>> part_of("BRK.B")
    'BRK-B'
    """
    return symbol.replace(".", "-")


def cash(code: str) -> str:
    return f"Assets:Portfolio:{code}:Cash"


def held(code: str, symbol: str) -> str:
    return f"Assets:Portfolio:{code}:{part_of(symbol)}"


def receivable(code: str, symbol: str) -> str:
    return f"Assets:Portfolio:{code}:Receivable:{part_of(symbol)}"


def margin(code: str) -> str:
    return f"Liabilities:Margin:{code}"


def dividends(code: str, symbol: str) -> str:
    return f"Income:Dividends:{code}:{part_of(symbol)}"


def gains(code: str, symbol: str) -> str:
    return f"Income:Gains:{code}:{part_of(symbol)}"


def income_interest(code: str) -> str:
    return f"Income:Interest:{code}"


def expense(code: str, what: str) -> str:
    return f"Expenses:{what}:{code}"


def equity(code: str, what: str) -> str:
    return f"Equity:{what}:{code}"


@lru_cache(8192)
def portfolio_of(account: str) -> str | None:
    """Return the portfolio ``account`` belongs to, or None where it is not in the chart."""
    found = _CHART.fullmatch(account)
    return None if found is None else next(one for name, one in found.groupdict().items() if one and name != "held")


@lru_cache(8192)
def held_part(account: str) -> str | None:
    """Return the instrument's part of an account of lots, else None."""
    found = _CHART.fullmatch(account)
    part = found and found["held"]
    return part if part and part != "Cash" and not part.startswith("Receivable:") else None
