"""Answers of capabilities computed ahead, for one portfolio, one pack and one state of its journal."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from sqlalchemy import Column, Table, Text, bindparam, select

from mintmark.data import Reads
from mintmark.domain import Clock
from mintmark.portfolio.answer import json_of
from mintmark.portfolio.capability import Capability, Warned
from mintmark.portfolio.envelope import Envelope, seconds_to_cutoff
from mintmark.portfolio.operations.running import Ground
from mintmark.store import Database, Json, UtcTime, metadata, upsert

PREWARMED: Final = frozenset(
    {
        "pricing.apply_pack",
        "charts.overview",
        "portfolio.nav_history",
        "metrics.compute",
        "attribution.currency",
        "ratings.aggregate",
        "macro.detect_regime",
        "macro.compute_dar",
        "risk.compute_factor_exposures",
    }
)
"""The capabilities that cost enough to be computed ahead."""

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
_MOST_READ = 256


class Prewarmed:
    """The rows of one database; only a night, which ``keeps``, adds to them."""

    def __init__(self, database: Database, clock: Clock, code_version: str, *, keeps: bool = False) -> None:
        self._database = database
        self._clock = clock
        self._code_version = code_version
        self._keeps = keeps
        # Rows read before, by key and when they were made: a row that is gone is not answered from.
        self._read: OrderedDict[tuple[Any, ...], Mapping[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, capability: Capability, arguments: BaseModel, ground: Ground, agent: str) -> Envelope | None:
        """Return what ``capability`` answered ahead to these arguments, as it would now; None where it did not."""
        key = self._key(capability, arguments, ground)
        if key is None:
            return None
        with self._database.read() as connection:
            made_at = connection.scalar(_MADE_AT, key)
            if made_at is None:
                return None
            known = (*key.values(), made_at)
            found = self._read.get(known)
            if found is None:
                found = _opened(capability, connection.scalar(_ANSWER, key))
        if found is None:
            return None
        with self._lock:
            self._read[known] = found
            self._read.move_to_end(known)
            while len(self._read) > _MOST_READ:
                self._read.popitem(last=False)
        return _restored(capability, found, ground, agent)

    def keep(self, capability: Capability, arguments: BaseModel, ground: Ground, envelope: Envelope) -> None:
        """Keep what ``capability`` answered, where it comes back exactly as it was."""
        key = self._key(capability, arguments, ground) if self._keeps else None
        if key is None:
            return
        answer = {
            "value": capability.result.model_validate(envelope.value, strict=False).model_dump_json(),
            "undefined": dict(envelope.undefined),
            "warnings": [one.as_json() for one in envelope.warnings],
            "sources": list(envelope.sources),
            "confidence": envelope.confidence,
        }
        restored = _opened(capability, json.loads(json.dumps(answer)))
        if restored is None or restored["value"] != envelope.value:
            return
        row = {**key, "answer": answer, "made_at": self._clock.now()}
        with self._database.write() as connection:
            connection.execute(upsert(connection, rows).values(row).on_conflict_do_nothing())

    def _key(self, capability: Capability, arguments: BaseModel, ground: Ground) -> dict[str, Any] | None:
        portfolio = ground.portfolio
        if capability.name not in PREWARMED or portfolio is None:
            return None
        settings = (portfolio.base_currency, portfolio.benchmark, portfolio.policy, portfolio.tax_rule)
        asked = json.dumps([arguments.model_dump_json(), settings])
        return {
            "portfolio_id": str(portfolio.portfolio_id),
            "pack_sha256": ground.ctx.pack_sha256,
            "portfolio_hash": ground.ledger(Reads()).portfolio_hash(portfolio.code),
            "capability": capability.name,
            "arguments_sha256": hashlib.sha256(asked.encode()).hexdigest(),
            "code_version": self._code_version,
        }


def _opened(capability: Capability, answer: Any) -> Mapping[str, Any] | None:
    """Return a row's answer with its value as the capability gave it; None where it gives that no longer."""
    if answer is None:
        return None
    try:
        value = capability.result.model_validate_json(answer["value"]).model_dump()
    except ValidationError:
        return None
    return {**answer, "value": value, "said": json_of(value)}


def _restored(capability: Capability, answer: Mapping[str, Any], ground: Ground, agent: str) -> Envelope:
    ctx = ground.ctx
    return Envelope(
        agent=agent,
        capability=capability.name,
        value=answer["value"],
        undefined=answer["undefined"],
        warnings=tuple(Warned(**one) for one in answer["warnings"]),
        sources=tuple(answer["sources"]),
        asof=ctx.asof_date,
        ttl=seconds_to_cutoff(ctx.policy, ctx.timestamp) if capability.ttl is None else capability.ttl,
        confidence=answer["confidence"],
        said=answer["said"],
    )
