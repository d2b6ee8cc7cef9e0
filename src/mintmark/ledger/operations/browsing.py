"""Leaf through the journal: a page of entries, and what stands beside one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from mintmark.ledger.entries import Entry, from_plain
from mintmark.ledger.tables import journal_table

_COLUMNS = (journal_table.c.sequence, journal_table.c.hash, journal_table.c.content)


@dataclass(frozen=True)
class Page:
    """Entries newest first; ``total`` counts those that match, ``count`` all of these portfolios."""

    entries: tuple[Entry, ...]
    total: int
    count: int


@dataclass(frozen=True)
class Place:
    """An entry between those before and after it in the chain, whoever's they are."""

    entry: Entry
    before: Entry | None
    after: Entry | None
    reversed_by: str | None


def page(connection: Connection, codes: Sequence[str], words: str, limit: int, offset: int) -> Page:
    """Return the entries of ``codes`` that hold every one of ``words``: in their content, or as start of their hash."""
    own = journal_table.c.portfolio.in_(codes)
    matching = [own, *(_holds(word) for word in words.lower().split())]
    found = select(*_COLUMNS).where(*matching).order_by(journal_table.c.sequence.desc()).limit(limit).offset(offset)
    return Page(
        entries=tuple(_entry(row) for row in connection.execute(found)),
        total=_count(connection, matching),
        count=_count(connection, [own]),
    )


def place(connection: Connection, entry: Entry) -> Place:
    """Return ``entry`` with its neighbours in the chain and what reversed it."""
    at = journal_table.c.sequence
    rows = connection.execute(select(*_COLUMNS).where(at.in_((entry.sequence - 1, entry.sequence + 1))))
    beside = {row.sequence: _entry(row) for row in rows}
    reversal = connection.scalar(select(journal_table.c.id).where(journal_table.c.reverses == entry.id))
    return Place(entry, beside.get(entry.sequence - 1), beside.get(entry.sequence + 1), reversal)


def _holds(word: str) -> ColumnElement[bool]:
    columns = journal_table.c
    return or_(
        func.lower(columns.content).contains(word, autoescape=True), columns.hash.startswith(word, autoescape=True)
    )


def _count(connection: Connection, where: Iterable[ColumnElement[bool]]) -> int:
    return connection.scalar(select(func.count()).select_from(journal_table).where(*where)) or 0


def _entry(row: Any) -> Entry:
    return from_plain(json.loads(row.content), row.sequence, row.hash)
