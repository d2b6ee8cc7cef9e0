"""Beancount files in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from mintmark.domain import Refused
from mintmark.ledger.beancount_drafts import SOURCE, Line, books_of, draft_of, name_foreign, portfolio_of
from mintmark.ledger.beancount_reading import Parsed, Place, Record, parse
from mintmark.ledger.exactly import amount_of
from mintmark.ledger.operations.journal import Journal, entry_by_id, has_external
from mintmark.ledger.operations.posting import Batch
from mintmark.store import path_within

Progress = Callable[[int, int], None]
MAX_BYTES = 64 * 1024 * 1024
_MOST_FILES = 100


def read_files(path: Path) -> Parsed:
    """Return what ``path`` and the files it includes say, in the order they are read.

    Raises:
        Refused: ``not_found``, ``path_refused`` for a file outside the first one's folder, ``invalid_request``.
    """
    root, whole = path.parent, Parsed()
    waiting: list[tuple[Place | None, str]] = [(None, path.name)]
    read: set[Path] = set()
    while waiting:
        place, name = waiting.pop(0)
        file = path_within(root, name)
        if file in read or len(read) >= _MOST_FILES:
            (place or Place(name, 1)).refuse(f"{name} is included twice, or more than {_MOST_FILES} files are")
        read.add(file)
        parsed = parse(_text(file, place), name)
        whole.records += parsed.records
        whole.options += parsed.options
        whole.prices += parsed.prices
        folder = Path(name).parent
        waiting[:0] = [(at, str(folder / inner)) for at, inner in parsed.includes]
    return whole


def _text(file: Path, place: Place | None) -> str:
    try:
        content = file.read_bytes()
        if len(content) > MAX_BYTES:
            raise Refused(f"a file has at most {MAX_BYTES} bytes", code="too_large", limit=MAX_BYTES)
        return content.decode("utf-8-sig")
    except OSError as error:
        message = f"cannot read {file.name}: {error.strerror}"
        if place is not None:
            place.refuse(message, "not_found")
        raise Refused(message, code="not_found", file=file.name) from error
    except UnicodeDecodeError:
        raise Refused(f"{file.name} is no UTF-8", code="invalid_request", file=file.name) from None


def import_parsed(
    batch: Batch, connection: Connection, journal: Journal, parsed: Parsed, progress: Progress
) -> dict[str, Any]:
    """Add what ``parsed`` says; raises at the first thing that cannot be, with file and line."""
    currencies = [value for name, value in parsed.options if name == "operating_currency"]
    for book in books_of(parsed.records, currencies).values():
        journal.open_book(connection, book)
    _accounts_open(parsed.records)
    lines = [Line(record, portfolio_of(record)) for record in parsed.records if _is_entry(record)]
    lines.sort(key=lambda line: line.order)
    names, added = name_foreign(lines), 0
    for done, line in enumerate(lines):
        added += _add(batch, connection, line, names.get(done, ""))
        if done % 500 == 0:
            progress(done, len(lines))
    _closings(batch, parsed.records)
    return {
        "rows": len(lines),
        "entries": added,
        "existing": len(lines) - added,
        "prices_skipped": parsed.prices,
        "assumed_pay_dates": 0,
        "lines": [],
    }


def _add(batch: Batch, connection: Connection, line: Line, external_id: str) -> bool:
    """Add the entry of ``line`` and return whether it is new."""
    if not line.own and has_external(connection, line.portfolio, SOURCE, external_id):
        return False
    draft = draft_of(line, batch.state(line.portfolio), external_id)
    try:
        old = entry_by_id(connection, draft.id) if draft.id else None
        if old is not None:
            return batch.same(old, draft)
        batch.attempt(draft, known=False)
    except Refused as refused:
        line.record.place.refuse(refused.message, refused.code, **refused.details)
    return True


def _is_entry(record: Record) -> bool:
    return record.kind == "*" or (record.kind == "balance" and record.meta.get("closing") is not True)


def _accounts_open(records: Sequence[Record]) -> None:
    """Check that every account used is open on that day."""
    opened = {record.words[0]: record.date for record in records if record.kind == "open"}
    closed = {record.words[0]: record.date for record in records if record.kind == "close"}
    for record in records:
        for leg in record.legs:
            if leg.account not in opened or record.date < opened[leg.account]:
                leg.place.refuse(f"{leg.account} is not open on {record.date}", "account_unknown")
            if leg.account in closed and record.date > closed[leg.account]:
                leg.place.refuse(f"{leg.account} was closed on {closed[leg.account]}", "account_unknown")


def _closings(batch: Batch, records: Sequence[Record]) -> None:
    """Check what an export says is there at its end."""
    for record in records:
        if record.kind != "balance" or record.meta.get("closing") is not True:
            continue
        account, amount, commodity = record.words
        held = batch.state(portfolio_of(record)).balance(account, commodity, record.date)
        if held != amount_of(amount.replace(",", ""), "balance"):
            record.place.refuse(f"{account} holds {held} {commodity}, the file says {amount}", "assertion_broken")
