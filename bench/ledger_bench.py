"""The ledger: how fast entries are kept, added up, made again and checked."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from figures import Figure, above, below, median_seconds, seen
from mintmark.domain import SystemClock
from mintmark.ledger import Book, Draft, Ledger, Lot
from mintmark.ledger.lots import Shelf, after, chosen
from mintmark.store import migrate, open_database

ENTRIES = 100_000
BATCH = 500
TRADES = 100_000
_PORTFOLIOS = 10


def measure() -> list[Figure]:
    """Return the figures of a journal of 100,000 entries and of 100,000 trades in memory."""
    with tempfile.TemporaryDirectory() as name:
        database = open_database(f"sqlite:///{Path(name) / 'mintmark.db'}")
        migrate(database)
        figures = _kept(Ledger(database, SystemClock()))
        database.close()
    return [*figures, below("fifo over 100,000 trades of one instrument, in memory", _fifo_seconds(), "s", 1.0)]


def _kept(ledger: Ledger) -> list[Figure]:
    codes = [f"BENCH-{number}" for number in range(_PORTFOLIOS)]
    for code in codes:
        ledger.open_book(Book(code, "USD"))
    seconds = spent = 0.0
    for batch in _batches(codes):
        began, busy = time.perf_counter(), time.process_time()
        ledger.post(batch)
        seconds += time.perf_counter() - began
        spent += time.process_time() - busy
    return [
        above("post 100,000 two-posting entries, batches of 500, durable", ENTRIES / seconds, "entries/s", 2_000),
        seen("processor time to post one of them", spent / ENTRIES * 1_000_000, "us"),
        below("all balances after it", median_seconds(ledger.balances) * 1_000, "ms", 200),
        below("rebuild of every projection", median_seconds(ledger.rebuild, 3), "s", 10.0),
        below("verify", median_seconds(ledger.verify), "s", 2.0),
    ]


def _batches(codes: list[str]) -> Iterator[list[Draft]]:
    first = date(2020, 1, 1)
    for start in range(0, ENTRIES, BATCH):
        yield [
            Draft(
                codes[number // BATCH % _PORTFOLIOS],
                "deposit" if number % 3 else "fee",
                first + timedelta(days=number // 100),
                {"amount": f"{number % 977 + 1}.25", "currency": "USD"},
                external_id=f"row {number}",
                source="bench",
            )
            for number in range(start, start + BATCH)
        ]


def _fifo_seconds() -> float:
    trades = _trades()
    return median_seconds(lambda: fifo(trades))


def _trades() -> list[tuple[Lot, Decimal]]:
    """Return 50,000 times what is bought, and the units sold right after it."""
    first = date(2000, 1, 1)
    days = [first + timedelta(days=number // 10) for number in range(TRADES // 2)]
    units = [Decimal(10 + number % 11) for number in range(TRADES // 2)]
    one, none = Decimal(1), Decimal(0)
    return [
        (
            Lot("ACME", day, str(number), held, held * 100, "USD", one, none, number, day),
            Decimal(15 if number % 2 else 9),
        )
        for number, (day, held) in enumerate(zip(days, units, strict=True))
    ]


def fifo(trades: list[tuple[Lot, Decimal]]) -> Decimal:
    """Buy and sell from the oldest lots in turn; return what was sold at cost."""
    shelf, sold = Shelf(), Decimal(0)
    for bought, units in trades:
        shelf.put(bought)
        taken = chosen(shelf, units, "fifo", day=bought.opened)
        assert isinstance(taken, list)
        for lot, part in taken:
            left, cost = after(lot, part)
            sold += cost
            if left is None:
                shelf.drop(lot.key)
            else:
                shelf.put(left)
    return sold
