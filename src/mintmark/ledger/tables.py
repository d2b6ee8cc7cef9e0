"""The tables of the ledger, and the few questions asked of them.

The journal and its postings are written once: triggers refuse every change. Books
are kept beside them; lots and balances are projections, made again by ``rebuild``.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
    text,
)

from mintmark.store import Exact, UtcTime, metadata

books_table = Table(
    "ledger_books",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("base_currency", String(8), nullable=False),
    Column("booking", String(8), nullable=False),
    Column("allow_shorts", Boolean, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
)
journal_table = Table(
    "ledger_journal",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("portfolio", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("reverses", String(36), unique=True),
    Column("content", Text, nullable=False),
    UniqueConstraint("portfolio", "source", "external_id"),
    Index("ledger_journal_of_portfolio", "portfolio", "sequence"),
)
postings_table = Table(
    "ledger_postings",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("commodity", String(32), nullable=False),
    Column("units", Exact, nullable=False),
    Column("cost", Text),
    Column("price", Text),
)
head_table = Table(
    "ledger_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
anchors_table = Table(
    "ledger_anchors",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
lots_table = Table(
    "ledger_lots",
    metadata,
    Column("portfolio", String(32), primary_key=True),
    Column("symbol", String(32), primary_key=True),
    Column("acquired", Date, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("units", Exact, nullable=False),
    Column("cost", Exact, nullable=False),
    Column("currency", String(8), nullable=False),
    Column("fx", Exact),
    Column("fee", Exact, nullable=False),
    Column("number", Integer, nullable=False),
    Column("opened", Date, nullable=False),
    Column("margin", Boolean, nullable=False),
)
balances_table = Table(
    "ledger_balances",
    metadata,
    Column("portfolio", String(32), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("commodity", String(32), primary_key=True),
    Column("units", Exact, nullable=False),
)


def locked_head(connection: Connection) -> tuple[int, str]:
    """Return sequence and hash of the last entry, held against other writers until the transaction ends."""
    found = connection.execute(select(head_table.c.sequence, head_table.c.hash).with_for_update()).one()
    return int(found.sequence), str(found.hash)


def read_head(connection: Connection) -> tuple[int, str]:
    """Return sequence and hash of the last entry."""
    found = connection.execute(_HEAD).one()
    return int(found.sequence), str(found.hash)


_HEAD = select(head_table.c.sequence, head_table.c.hash)


def sequence_of(connection: Connection, hash_: str) -> int | None:
    """Return the sequence number of the entry with the hash ``hash_``, or None."""
    found = connection.execute(text("SELECT sequence FROM ledger_journal WHERE hash = :hash"), {"hash": hash_}).scalar()
    return None if found is None else int(found)
