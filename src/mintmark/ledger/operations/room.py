"""The front of the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from mintmark.domain import Clock, Refused
from mintmark.ledger import beancount_text
from mintmark.ledger.books import Book, check_book
from mintmark.ledger.csv_rows import rows_of
from mintmark.ledger.drafts import check_id
from mintmark.ledger.entries import Draft, Entry
from mintmark.ledger.exactly import wrong
from mintmark.ledger.instruments import Instruments, checked_instruments, no_instruments
from mintmark.ledger.layout import PLAIN, layout_from
from mintmark.ledger.operations import beancount, checking
from mintmark.ledger.operations.exporting import postings_csv
from mintmark.ledger.operations.importing import DryRun, import_rows
from mintmark.ledger.operations.journal import Journal, beside, entry_by_id, last_of, read, searched
from mintmark.ledger.operations.posting import Batch
from mintmark.ledger.operations.view import LedgerView, Views
from mintmark.ledger.reconciling import Statement, Valuation
from mintmark.ledger.tables import anchors_table, balances_table, locked_head, read_head, sequence_of
from mintmark.runtime import span
from mintmark.store import Database

Progress = Callable[[int, int], None]


def _quiet(_done: int, _total: int) -> None:
    """Tell nobody."""


class Ledger:
    """One journal, one chain: post to it, read it at a head, check it.

    ``instruments`` says what is known of a symbol; without it every well-formed symbol is taken. ``suspended`` is told
    of trades that went against Suspense, inside the transaction that keeps them.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        instruments: Instruments = no_instruments,
        new_id: Callable[[], str] | None = None,
        suspended: Callable[[Connection, Sequence[Entry]], None] | None = None,
    ) -> None:
        self.database = database
        self._suspended = suspended
        self.clock = clock
        self._instruments = instruments
        self._new_id = new_id or (lambda: str(uuid.uuid4()))
        self._journal = Journal(clock)
        self._views = Views(database, self._journal)

    def open_book(self, book: Book, connection: Connection | None = None) -> Book:
        """Start to keep ``book``; the same again changes nothing.

        Raises:
            Refused: ``invalid_request``, ``portfolio_exists`` where it is kept otherwise.
        """
        check_book(book)
        with self.writing(connection) as writing:
            self._journal.open_book(writing, book)
        return book

    def book(self, code: str) -> Book:
        """Return how ``code`` is kept. Raises: Refused ``portfolio_not_found``."""
        with self.database.read() as connection:
            return self._journal.book(connection, code)

    def books(self) -> list[Book]:
        """Return all books by code."""
        with self.database.read() as connection:
            return self._journal.books(connection)

    def post(
        self, drafts: Sequence[Draft], *, connection: Connection | None = None, suspend: bool = False
    ) -> list[Entry]:
        """Add ``drafts`` to the journal, all or none, and return their entries.

        With ``connection`` they become part of the caller's transaction. What is there already under its
        portfolio, source and external id is returned as it is. ``suspend``: a trade that booking refuses is
        kept against Suspense, with the code of the refusal in its meta.

        Raises:
            Refused: by its code; nothing is stored.
        """
        with span("ledger.post", entries=len(drafts)), self.writing(connection) as writing:
            entries = self._batch(writing).post(drafts, suspend=suspend)
            held = [entry for entry in entries if "suspense" in entry.meta] if suspend else []
            if held and self._suspended is not None:
                self._suspended(writing, held)
            return entries

    def import_file(
        self,
        code: str,
        content: bytes,
        *,
        layout: str | None = None,
        source: str = "csv",
        pay_lag_days: int | None = None,
        dry_run: bool = False,
        progress: Progress = _quiet,
    ) -> dict[str, Any]:
        """Import a broker's CSV into the portfolio ``code``, all rows or none; rows that are there stay as they are.

        ``layout``: the text of a TOML map. ``dry_run``: do all of it and keep nothing.

        Raises:
            Refused: ``import_refused`` with every problem by its line.
        """
        rows, problems = rows_of(
            content, code, source, PLAIN if layout is None else layout_from(layout), today=today(self.clock),
            pay_lag_days=pay_lag_days,
        )  # fmt: skip
        self.book(code)
        return self._whole(lambda batch, _: import_rows(batch, rows, problems, progress), dry_run)

    def import_beancount(self, path: Path, *, dry_run: bool = False, progress: Progress = _quiet) -> dict[str, Any]:
        """Import a Beancount file and what it includes, all of it or nothing; an own export keeps every hash.

        Raises:
            Refused: by its code, with file and line.
        """
        parsed = beancount.read_files(path)

        def fill(batch: Batch, connection: Connection) -> dict[str, Any]:
            return beancount.import_parsed(batch, connection, self._journal, parsed, progress)

        return self._whole(fill, dry_run)

    def export(self, form: str, code: str | None = None) -> str:
        """Return the journal, of one portfolio or of all, as ``beancount`` or ``csv``, and keep an anchor.

        Raises:
            Refused: ``invalid_request`` for another form, ``portfolio_not_found``.
        """
        if form not in ("beancount", "csv"):
            raise wrong("form", "beancount or csv", form)
        with self.writing() as connection:
            books = [self._journal.book(connection, code)] if code else self._journal.books(connection)
            entries = list(read(connection, code, 0, read_head(connection)[0]))
            self.anchor("export", connection)
        return beancount_text.export(books, entries) if form == "beancount" else postings_csv(entries)

    def page(
        self, codes: Sequence[str] | None, *, search: str = "", before: int | None = None, limit: int = 100
    ) -> tuple[list[Entry], int]:
        """Return the newest entries that have ``search`` anywhere in them, and how many there are in all."""
        with self.database.read() as connection:
            return searched(connection, codes, search, before, limit)

    def neighbours(self, entry: Entry) -> tuple[dict[str, Any] | None, dict[str, Any] | None, str | None]:
        """Return the entries before and after ``entry`` in the chain, and the id of what reversed it."""
        with self.database.read() as connection:
            return beside(connection, entry)

    def _whole(self, fill: Callable[[Batch, Connection], dict[str, Any]], dry_run: bool) -> dict[str, Any]:
        """Run ``fill`` on a batch and keep it whole, or keep nothing of it."""
        try:
            with self.writing() as connection:
                batch = self._batch(connection)
                try:
                    report = fill(batch, connection)
                    batch.write()
                    if dry_run:
                        raise DryRun({**report, "head": self.head(connection), "dry_run": True})
                except BaseException:
                    batch.drop()
                    raise
                return {**report, "head": self.head(connection), "dry_run": False}
        except DryRun as ended:
            return ended.report

    def reverse(self, entry_id: str, *, narration: str = "", connection: Connection | None = None) -> Entry:
        """Post the mirror of an entry under its date and restore its lots.

        Raises:
            Refused: ``not_found``, ``already_reversed``, ``reversal_blocked`` naming the entries that used a lot since.
        """
        from mintmark.ledger.operations.reversing import reverse

        with self.writing(connection) as writing:
            return reverse(self._batch(writing), writing, check_id(entry_id), narration)

    def head(self, connection: Connection | None = None) -> str:
        """Return the hash of the last entry: the commit hash of the ledger as it is."""
        if connection is not None:
            return read_head(connection)[1]
        with self.database.read() as reading:
            return read_head(reading)[1]

    def view(self, head: str | None = None) -> LedgerView:
        """Return the ledger as it was at ``head``, or as it is.

        Raises:
            Refused: ``ledger_commit_not_found``.
        """
        with self.database.read() as connection:
            if head is None:
                return self._views.at(*read_head(connection))
            sequence = 0 if head == "0" * 64 else sequence_of(connection, head)
        if sequence is None:
            raise Refused(f"no entry has the hash {head[:80]}", code="ledger_commit_not_found", hash=head[:80])
        return self._views.at(sequence, head)

    def entry(self, entry_id: str) -> Entry:
        """Return one entry. Raises: Refused ``not_found``."""
        with self.database.read() as connection:
            found = entry_by_id(connection, check_id(entry_id))
        if found is None:
            raise Refused(f"there is no entry {entry_id}", code="not_found", id=entry_id)
        return found

    def balances(self, code: str | None = None) -> list[dict[str, Any]]:
        """Return the balances kept beside the journal, those that are not zero, by portfolio and account."""
        columns = balances_table.c
        found = select(balances_table).order_by(columns.portfolio, columns.account, columns.commodity)
        if code is not None:
            found = found.where(columns.portfolio == code)
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(found) if row.units]

    def anchor(self, kind: str, connection: Connection | None = None) -> str:
        """Keep the head hash under ``kind`` and return it; ``verify`` holds the chain against every anchor."""
        with self.writing(connection) as writing:
            sequence, hash_ = read_head(writing)
            row = {"sequence": sequence, "hash": hash_, "kind": kind[:32], "made_at": self.clock.now()}
            writing.execute(insert(anchors_table), [row])
        return hash_

    def verify(self, expect: str | None = None, *, progress: Progress = _quiet) -> dict[str, Any]:
        """Compute the whole chain again and return ``valid`` with the first bad place, if there is one.

        ``expect``: a hash from an answer; ``valid`` then says also that it lies in the chain.
        """
        with self.database.read() as connection, _one_moment(connection):
            return checking.verify(connection, expect, progress)

    def rebuild(self, *, progress: Progress = _quiet) -> dict[str, Any]:
        """Make lots and balances again from the journal, in one transaction."""
        with self.writing() as connection:
            locked_head(connection)
            return checking.rebuild(connection, self._journal, progress)

    def reconcile(
        self,
        codes: Sequence[str] | None = None,
        *,
        statements: Mapping[str, Statement] | None = None,
        valuation: Valuation | None = None,
        pack_id: str | None = None,
        progress: Progress = _quiet,
    ) -> dict[str, Any]:
        """Hold chain, projections, assertions and broker statements against each other, and keep an anchor.

        Returns ``passed`` with every failure by its code; it counts portfolios and positions checked.
        """
        with self.database.read() as connection, _one_moment(connection):
            report = checking.reconcile(
                connection, self._journal, codes=codes, statements=statements or {}, valuation=valuation,
                pack_id=pack_id, progress=progress,
            )  # fmt: skip
        if report["passed"]:
            self.anchor("reconciliation")
        return report

    def portfolio_hash(self, code: str) -> str:
        """Return the hash of the last entry of ``code``."""
        with self.database.read() as connection:
            return last_of(connection, code)[1]

    @contextmanager
    def writing(self, connection: Connection | None = None) -> Iterator[Connection]:
        """Give the caller's transaction, or one of our own that is on the disk when it ends."""
        if connection is not None:
            yield connection
            return
        with self.database.write(durable=True) as own:
            yield own

    def _batch(self, connection: Connection) -> Batch:
        return Batch(connection, self._journal, self.clock.now(), self._new_id, self._known)

    def _known(self, draft: Draft) -> None:
        checked_instruments(self._instruments, draft)


@contextmanager
def _one_moment(connection: Connection) -> Iterator[None]:
    """Let all that is read inside be of one moment, whoever writes meanwhile."""
    connection.exec_driver_sql(
        "BEGIN" if connection.dialect.name == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ"
    )
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")


def today(clock: Clock) -> date:
    """Return the day of ``clock``, UTC."""
    return clock.now().date()
