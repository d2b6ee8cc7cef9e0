"""The tables of spend."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from mintmark.store import Exact, UtcTime, metadata

spend_events = Table(
    "spend_events",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("call", Integer, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("spend_events_by_day", "day"),
)

spend_reservations = Table(
    "spend_reservations",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("call", Integer, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    Index("spend_reservations_by_day", "day"),
)
