"""A ledger for tests: a fixed clock, counted ids, short words for what happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from itertools import count as counted
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from mintmark.ledger import Book, Draft, Ledger
from mintmark.store import Database, migrate, open_database

NOW = datetime(2026, 3, 2, 20, 15, tzinfo=UTC)


@cache
def _template() -> bytes:
    """Return an empty SQLite file at the newest schema."""
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/mintmark.db")
        migrate(database)
        database.close()
        return (Path(folder) / "mintmark.db").read_bytes()


@contextmanager
def stores(count: int, kept: bytes | None = None) -> Iterator[list[Ledger]]:
    """Give so many ledgers, each on a store of its own: an empty one, or the file ``kept``."""
    with TemporaryDirectory() as folder:
        opened = []
        for place in range(count):
            path = Path(folder) / f"{place}.db"
            path.write_bytes(kept or _template())
            opened.append(open_database(f"sqlite:///{path}"))
        yield [a_ledger(database) for database in opened]
        for database in opened:
            database.close()


class FixedClock:
    """A clock that stands."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def counted_ids(start: int = 1) -> Any:
    """Return a source of ids 1, 2, 3 ... as UUIDs."""
    numbers = counted(start)
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
