"""Answers of capabilities computed ahead, for one portfolio, one pack and one state of its journal."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from sqlalchemy import Column, Table, Text, bindparam, select

from mintmark.data import Reads
from mintmark.domain import Clock
from mintmark.portfolio.capability import Capability, Warned
from mintmark.portfolio.envelope import Envelope, seconds_to_cutoff
from mintmark.portfolio.operations.running import Ground
from mintmark.store import Database, Json, UtcTime, metadata, upsert

PREWARMED: Final = frozenset(
    {
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

_SAME = select(rows.c.answer).where(*(column == bindparam(column.name) for column in rows.primary_key))


class Prewarmed:
    """The rows of one database; only a night, which ``keeps``, adds to them."""

    def __init__(self, database: Database, clock: Clock, code_version: str, *, keeps: bool = False) -> None:
        self._database = database
        self._clock = clock
        self._code_version = code_version
        self._keeps = keeps

    def find(self, capability: Capability, arguments: BaseModel, ground: Ground, agent: str) -> Envelope | None:
        """Return what ``capability`` answered ahead to these arguments, as it would now; None where it did not."""
        key = self._key(capability, arguments, ground)
        if key is None:
            return None
        with self._database.read() as connection:
            found = connection.scalar(_SAME, key)
        return None if found is None else _restored(capability, found, ground, agent)

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
        restored = _restored(capability, json.loads(json.dumps(answer)), ground, envelope.agent)
        if restored is None or restored.value != envelope.value:
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


def _restored(capability: Capability, answer: Any, ground: Ground, agent: str) -> Envelope | None:
    ctx = ground.ctx
    try:
        value = capability.result.model_validate_json(answer["value"]).model_dump()
    except ValidationError:
        return None
    return Envelope(
        agent=agent,
        capability=capability.name,
        value=value,
        undefined=answer["undefined"],
        warnings=tuple(Warned(**one) for one in answer["warnings"]),
        sources=tuple(answer["sources"]),
        asof=ctx.asof_date,
        ttl=seconds_to_cutoff(ctx.policy, ctx.timestamp) if capability.ttl is None else capability.ttl,
        confidence=answer["confidence"],
    )
