"""The rows of what was computed ahead, for one portfolio, one pack and one state of its journal."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, Table, Text, bindparam, select

from mintmark.data import Reads
from mintmark.domain import Clock
from mintmark.portfolio.operations.running import Ground
from mintmark.portfolio.tables import OwnedPortfolio
from mintmark.store import Database, Json, UtcTime, metadata, upsert

rows = Table(
    "portfolio_prewarmed",
    metadata,
    Column("portfolio_id", Text, primary_key=True),
    Column("pack_sha256", Text, primary_key=True),
    Column("portfolio_hash", Text, primary_key=True),
    Column("capability", Text, primary_key=True),
    Column("arguments_sha256", Text, primary_key=True),
    Column("code_version", Text, primary_key=True),
    Column("answer", Json, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

_THIS = [column == bindparam(column.name) for column in rows.primary_key]
_MADE_AT = select(rows.c.made_at).where(*_THIS)
_ANSWER = select(rows.c.answer).where(*_THIS)
_MOST_READ: Final = 256
Opened = TypeVar("Opened")
Key = Mapping[str, Any]


class AheadRows(Generic[Opened]):
    """Rows as ``opened`` makes them of their answers; each is read from the database once."""

    def __init__(self, database: Database, clock: Clock, code_version: str) -> None:
        self._database, self._clock, self._code_version = database, clock, code_version
        # Rows read before, by key and when they were made: a row that is gone is not answered from.
        self._read: OrderedDict[tuple[Any, ...], Opened] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, name: str, asked: Any, ground: Ground, portfolio: OwnedPortfolio) -> Key:
        """Return the key of ``name`` asked with ``asked``, JSON values, about ``portfolio``."""
        settings = (portfolio.base_currency, portfolio.benchmark, portfolio.policy, portfolio.tax_rule)
        return {
            "portfolio_id": str(portfolio.portfolio_id),
            "pack_sha256": ground.ctx.pack_sha256,
            "portfolio_hash": ground.ledger(Reads()).portfolio_hash(portfolio.code),
            "capability": name,
            "arguments_sha256": hashlib.sha256(json.dumps([asked, settings]).encode()).hexdigest(),
            "code_version": self._code_version,
        }

    def find(self, key: Key, opened: Callable[[Any], Opened | None]) -> Opened | None:
        """Return the row of ``key`` as ``opened`` gives it; None where there is none, or it gives none."""
        with self._database.read() as connection:
            made_at = connection.scalar(_MADE_AT, key)
            if made_at is None:
                return None
            known = (*key.values(), made_at)
            found = self._read.get(known)
            if found is None and (answer := connection.scalar(_ANSWER, key)) is not None:
                found = opened(answer)
        if found is None:
            return None
        with self._lock:
            self._read[known] = found
            self._read.move_to_end(known)
            while len(self._read) > _MOST_READ:
                self._read.popitem(last=False)
        return found

    def keep(self, key: Key, answer: Mapping[str, Any]) -> None:
        """Keep ``answer`` under ``key``, where nothing is yet."""
        row = {**key, "answer": answer, "made_at": self._clock.now()}
        with self._database.write() as connection:
            connection.execute(upsert(connection, rows).values(row).on_conflict_do_nothing())
