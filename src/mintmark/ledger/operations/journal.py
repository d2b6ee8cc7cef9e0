"""Read the journal: entries and states, kept in memory as far as they have been read."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, text

from mintmark.domain import Clock, Refused
from mintmark.ledger.books import Book
from mintmark.ledger.entries import GENESIS, Entry, from_plain
from mintmark.ledger.state import State
from mintmark.ledger.tables import books_table, journal_table

_MOST_PORTFOLIOS = 200


class Journal:
    """Entries by portfolio, read once and then only what is new; the journal never changes behind us.

    What was read inside a transaction that was rolled back is noticed by its hash and read again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._books: dict[str, Book] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._states: dict[str, State] = {}

    def open_book(self, connection: Connection, book: Book) -> None:
        """Add ``book``; the same again changes nothing. Raises: Refused ``portfolio_exists``."""
        found = self._stored_book(connection, book.code)
        if found == book:
            return
        if found is not None:
            raise Refused(
                f"the ledger has a portfolio {book.code} that is kept otherwise",
                code="portfolio_exists",
                portfolio=book.code,
            )
        row = {
            "code": book.code,
            "base_currency": book.base_currency,
            "booking": book.booking,
            "allow_shorts": book.allow_shorts,
            "opened_at": self._clock.now(),
        }
        connection.execute(insert(books_table), [row])

    def book(self, connection: Connection, code: str) -> Book:
        """Return the book of ``code``. Raises: Refused ``portfolio_not_found``."""
        book = self._books.get(code) or self._stored_book(connection, code)
        if book is None:
            raise Refused(f"the ledger has no portfolio {code}", code="portfolio_not_found", portfolio=code)
        return book

    def books(self, connection: Connection) -> list[Book]:
        """Return all books by code."""
        return [_book(row) for row in connection.execute(select(books_table).order_by(books_table.c.code))]

    def _stored_book(self, connection: Connection, code: str) -> Book | None:
        row = connection.execute(select(books_table).where(books_table.c.code == code)).first()
        return None if row is None else _book(row)

    def entries(self, connection: Connection, code: str, head: int) -> list[Entry]:
        """Return the entries of ``code`` up to the sequence number ``head``, in order."""
        known = self._entries.get(code, [])
        if known and _hash_at(connection, known[-1].sequence) != known[-1].hash:
            known = []
        last = known[-1].sequence if known else 0
        if last < head:
            known = known + list(read(connection, code, last, head))
            while len(self._entries) >= _MOST_PORTFOLIOS and code not in self._entries:
                self._entries.pop(next(iter(self._entries)))
            self._entries[code] = known
        return known[: bisect_right(known, head, key=lambda entry: entry.sequence)]

    def state(self, connection: Connection, book: Book) -> State:
        """Return the state of ``book`` at its last entry, for the one who holds the head; it may be changed."""
        sequence, hash_ = last_of(connection, book.code)
        state = self._states.get(book.code)
        if state is None or state.sequence > sequence or _hash_at(connection, state.sequence) != (state.hash or None):
            state = State(book)
        for entry in read(connection, book.code, state.sequence, sequence):
            state.apply(entry)
        assert state.hash == hash_ or not sequence
        state.touched.clear()
        state.moved.clear()
        self._states[book.code] = state
        return state

    def forget(self, code: str) -> None:
        """Drop the state of ``code``: something in it was not finished."""
        self._states.pop(code, None)


def _book(row: Any) -> Book:
    return Book(row.code, row.base_currency, row.booking, bool(row.allow_shorts))


def _hash_at(connection: Connection, sequence: int) -> str | None:
    found = connection.execute(
        text("SELECT hash FROM ledger_journal WHERE sequence = :sequence"), {"sequence": sequence}
    ).scalar()
    return None if found is None else str(found)


def last_of(connection: Connection, code: str, head: int | None = None) -> tuple[int, str]:
    """Return sequence and hash of the last entry of ``code`` up to ``head``; 0 and zeros where there is none."""
    columns = journal_table.c
    found = select(columns.sequence, columns.hash).where(columns.portfolio == code)
    if head is not None:
        found = found.where(columns.sequence <= head)
    row = connection.execute(found.order_by(columns.sequence.desc()).limit(1)).first()
    return (0, GENESIS) if row is None else (int(row.sequence), str(row.hash))


def read(connection: Connection, code: str | None, after: int, head: int) -> Iterator[Entry]:
    """Give the entries after the sequence number ``after`` up to ``head``, of ``code`` or of all."""
    columns = journal_table.c
    found = select(columns.sequence, columns.hash, columns.content).where(columns.sequence > after)
    found = found.where(columns.sequence <= head).order_by(columns.sequence)
    if code is not None:
        found = found.where(columns.portfolio == code)
    for sequence, hash_, content in connection.execute(found):
        yield from_plain(json.loads(content), sequence, hash_)


def entry_by_id(connection: Connection, entry_id: str) -> Entry | None:
    """Return the entry ``entry_id``, or None."""
    columns = journal_table.c
    row = connection.execute(
        select(columns.sequence, columns.hash, columns.content).where(columns.id == entry_id)
    ).first()
    return None if row is None else from_plain(json.loads(row.content), row.sequence, row.hash)


def searched(
    connection: Connection, codes: Sequence[str] | None, search: str, before: int | None, limit: int
) -> tuple[list[Entry], int]:
    """Return the newest ``limit`` entries before ``before`` that match, and how many there are.

    ``search`` is anywhere in the content, or how the hash begins.
    """
    columns = journal_table.c
    matching = select(columns.sequence, columns.hash, columns.content)
    if codes is not None:
        matching = matching.where(columns.portfolio.in_(codes))
    if search:
        hash_begins = columns.hash.startswith(search.lower(), autoescape=True)
        matching = matching.where(or_(columns.content.icontains(search, autoescape=True), hash_begins))
    total = connection.scalar(select(func.count()).select_from(matching.subquery())) or 0
    if before is not None:
        matching = matching.where(columns.sequence < before)
    rows = connection.execute(matching.order_by(columns.sequence.desc()).limit(limit))
    return [from_plain(json.loads(row.content), row.sequence, row.hash) for row in rows], int(total)


def beside(connection: Connection, entry: Entry) -> tuple[dict[str, Any] | None, dict[str, Any] | None, str | None]:
    """Return what stands before and after ``entry`` in the chain, and the id of what reversed it."""
    columns = journal_table.c
    wanted = (entry.sequence - 1, entry.sequence + 1)
    rows = connection.execute(select(columns.sequence, columns.hash, columns.id).where(columns.sequence.in_(wanted)))
    found = {row.sequence: {"sequence": row.sequence, "hash": row.hash, "id": row.id} for row in rows}
    reversal = connection.scalar(select(columns.id).where(columns.reverses == entry.id))
    return found.get(wanted[0]), found.get(wanted[1]), reversal


def has_external(connection: Connection, code: str, source: str, external_id: str) -> bool:
    """Return whether ``code`` has an entry of ``source`` under ``external_id``."""
    columns = journal_table.c
    same = (columns.portfolio == code, columns.source == source, columns.external_id == external_id)
    return connection.execute(select(columns.sequence).where(*same)).first() is not None
