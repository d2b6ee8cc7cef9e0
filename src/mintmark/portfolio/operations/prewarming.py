"""Answers of capabilities computed ahead, for one portfolio, one pack and one state of its journal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from mintmark.domain import Clock
from mintmark.portfolio.answer import json_of
from mintmark.portfolio.capability import Capability, Warned
from mintmark.portfolio.envelope import Envelope, seconds_to_cutoff
from mintmark.portfolio.operations.ahead_rows import AheadRows, Key
from mintmark.portfolio.operations.running import Ground
from mintmark.store import Database

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


class Prewarmed:
    """The rows of one database; only a night, which ``keeps``, adds to them."""

    def __init__(self, database: Database, clock: Clock, code_version: str, *, keeps: bool = False) -> None:
        self._rows: AheadRows[Mapping[str, Any]] = AheadRows(database, clock, code_version)
        self._keeps = keeps

    def find(self, capability: Capability, arguments: BaseModel, ground: Ground, agent: str) -> Envelope | None:
        """Return what ``capability`` answered ahead to these arguments, as it would now; None where it did not."""
        key = self._key(capability, arguments, ground)
        found = None if key is None else self._rows.find(key, lambda answer: _opened(capability, answer))
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
        restored = _opened(capability, json.loads(json.dumps(answer)))
        if restored is not None and restored["value"] == envelope.value:
            self._rows.keep(key, answer)

    def _key(self, capability: Capability, arguments: BaseModel, ground: Ground) -> Key | None:
        if capability.name not in PREWARMED or ground.portfolio is None:
            return None
        return self._rows.key(capability.name, arguments.model_dump_json(), ground, ground.portfolio)


def _opened(capability: Capability, answer: Any) -> Mapping[str, Any] | None:
    """Return a row's answer with its value as the capability gave it; None where it gives that no longer."""
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
