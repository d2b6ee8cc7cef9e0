"""A ledger for tests: a fixed clock, counted ids, short words for what happens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from mintmark.ledger import Book, Draft, Ledger
from mintmark.store import Database

NOW = datetime(2026, 3, 2, 20, 15, tzinfo=UTC)


class FixedClock:
    """A clock that stands."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def counted_ids(start: int = 1) -> Any:
    """Return a source of ids 1, 2, 3 ... as UUIDs."""
    numbers = count(start)
    return lambda: str(UUID(int=next(numbers) | 4 << 76 | 2 << 62))


def a_ledger(database: Database, **more: Any) -> Ledger:
    """Return a ledger whose ids and times are the same in every run."""
    return Ledger(database, more.pop("clock", FixedClock()), new_id=counted_ids(), **more)


def a_portfolio(ledger: Ledger, code: str = "GROWTH", base: str = "USD", **how: Any) -> str:
    """Open a book and return its code."""
    ledger.open_book(Book(code, base, **how))
    return code


def trade(
    code: str, day: str, symbol: str, units: int | str, price: int | str, currency: str = "USD", **m: Any
) -> Draft:
    """Return the draft of a trade; ``id_`` is its external id."""
    outside = m.pop("id_", "")
    meta = {"symbol": symbol, "units": str(units), "price": str(price), "currency": currency, **m}
    return Draft(code, "trade", date.fromisoformat(day), meta, external_id=outside)


def event(code: str, kind: Any, day: str, **meta: Any) -> Draft:
    """Return the draft of anything else."""
    outside = meta.pop("id_", "")
    return Draft(code, kind, date.fromisoformat(day), meta, external_id=outside)
