"""How the ledger of one portfolio is kept."""

from __future__ import annotations

from dataclasses import dataclass

from mintmark.ledger.accounts import check_currency, check_portfolio
from mintmark.ledger.exactly import wrong
from mintmark.ledger.lots import METHODS, Method


@dataclass(frozen=True, slots=True)
class Book:
    """The code of a portfolio, its base currency, the method its lots are removed by, and whether it may be short."""

    code: str
    base_currency: str
    booking: Method = "fifo"
    allow_shorts: bool = False


def check_book(book: Book) -> Book:
    """Return ``book`` when it can be kept.

    Raises:
        Refused: ``invalid_request``.
    """
    check_portfolio(book.code)
    check_currency(book.base_currency, "base_currency")
    if book.booking not in METHODS:
        raise wrong("booking", f"one of {', '.join(METHODS)}", book.booking)
    return book
