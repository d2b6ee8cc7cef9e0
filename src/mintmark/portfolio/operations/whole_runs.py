"""Whole runs of patterns computed ahead: the bytes of their result, and what an answer says of each step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mintmark.domain import Clock, Refusal, canonical_json
from mintmark.portfolio.answer import json_of, result_of
from mintmark.portfolio.capability import Agents, Warned
from mintmark.portfolio.envelope import Envelope, seconds_to_cutoff
from mintmark.portfolio.operations.ahead_rows import AheadRows, Key
from mintmark.portfolio.operations.prewarming import PREWARMED
from mintmark.portfolio.operations.running import Ground
from mintmark.portfolio.pattern import Pattern
from mintmark.portfolio.stepping import Ended, StepEnd
from mintmark.store import Database

DETERMINED: Final = PREWARMED | {"ledger.positions", "macro.get_indicators", "charts.macro_overview"}
"""The capabilities that portfolio, pack, state of its journal and arguments determine, whoever asks and when."""


@dataclass(frozen=True)
class _Kept:
    result: bytes
    steps: Sequence[Mapping[str, Any]]


class WholeRuns:
    """The runs of one database whose every step is determined; only a night, which ``keeps``, adds to them."""

    def __init__(
        self, agents: Agents, database: Database, clock: Clock, code_version: str, *, keeps: bool = False
    ) -> None:
        self._agents = agents
        self._rows: AheadRows[_Kept] = AheadRows(database, clock, code_version)
        self._keeps = keeps

    def find(self, pattern: Pattern, inputs: Mapping[str, Any], ground: Ground) -> Ended | None:
        """Return how ``pattern`` ended when it ran ahead on this ground, as it would now; None where it did not."""
        key = self._key(pattern, inputs, ground)
        kept = None if key is None else self._rows.find(key, _opened)
        if kept is None:
            return None
        steps = zip(pattern.steps, kept.steps, strict=True)
        ends = tuple(self._restored(step.capability, told, ground) for step, told in steps)
        return Ended(pattern, ends, kept.result)

    def keep(self, pattern: Pattern, inputs: Mapping[str, Any], ground: Ground, ended: Ended) -> None:
        """Keep how ``pattern`` ended."""
        key = self._key(pattern, inputs, ground) if self._keeps and ended.written is None else None
        # What may be shown is asked again for each answer, and what may not be shown today may be tomorrow.
        if key is None or any(end.reason == "display_not_permitted" for end in ended.steps):
            return
        answer = {"result": result_of(ended).decode(), "steps": [_told(end) for end in ended.steps]}
        self._rows.keep(key, answer)

    def _key(self, pattern: Pattern, inputs: Mapping[str, Any], ground: Ground) -> Key | None:
        if ground.portfolio is None or not all(step.capability in DETERMINED for step in pattern.steps):
            return None
        asked = hashlib.sha256(canonical_json(json_of(inputs))).hexdigest()
        return self._rows.key(f"pattern.{pattern.id}", [pattern.sha256, asked], ground, ground.portfolio)

    def _restored(self, name: str, told: Mapping[str, Any], ground: Ground) -> StepEnd:
        ctx, said = ground.ctx, told["envelope"]
        ttl = self._agents[name].ttl
        envelope = None if said is None else Envelope(
            agent=self._agents.agent_of(name).name,
            capability=name,
            value={},
            undefined=said["undefined"],
            warnings=tuple(Warned(**one) for one in said["warnings"]),
            sources=tuple(said["sources"]),
            asof=ctx.asof_date,
            ttl=seconds_to_cutoff(ctx.policy, ctx.timestamp) if ttl is None else ttl,
            confidence=said["confidence"],
        )  # fmt: skip
        refusal = None if told["refusal"] is None else Refusal(**told["refusal"])
        return StepEnd(told["status"], envelope=envelope, refusal=refusal, reason=told["reason"])


def _opened(answer: Any) -> _Kept:
    return _Kept(answer["result"].encode(), answer["steps"])


def _told(end: StepEnd) -> dict[str, Any]:
    """Return all that an answer says of a step, its values apart."""
    envelope = end.envelope
    said = None if envelope is None else {
        "undefined": dict(envelope.undefined),
        "warnings": [one.as_json() for one in envelope.warnings],
        "sources": list(envelope.sources),
        "confidence": envelope.confidence,
    }  # fmt: skip
    refusal = None if end.refusal is None else json_of(
        {name: getattr(end.refusal, name) for name in ("code", "message", "observed", "limit", "details")}
    )  # fmt: skip
    return {"status": end.status, "reason": end.reason, "envelope": said, "refusal": refusal}
