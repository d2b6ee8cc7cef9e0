"""The body of an answer: result, what is null and why, refusals, warnings and where everything comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from mintmark.domain import iso, plain_json, written_json
from mintmark.portfolio.context import RequestCtx
from mintmark.portfolio.envelope import Envelope, joined
from mintmark.portfolio.pattern import Pattern, Step
from mintmark.portfolio.stepping import Ended, StepEnd


@dataclass(frozen=True)
class Timing:
    """What changes from one answer to the next although nothing else does."""

    duration_ms: float
    code_version: str
    pack_state: str


@dataclass(frozen=True)
class Executed:
    """An answer: the canonical bytes of its ``result``, and the JSON values ``around`` it.

    Equal context and inputs give equal ``result_bytes``.
    """

    around: Mapping[str, Any]
    result_bytes: bytes

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The whole answer as JSON values."""
        return {**self.around, "result": json.loads(self.result_bytes)}

    def written(self) -> bytes:
        """Return the canonical bytes of the whole answer; the result is not written again."""
        parts = {name: written_json(value) for name, value in self.around.items()}
        parts["result"] = self.result_bytes
        return b"{" + b",".join(b'"%s":%s' % (name.encode(), parts[name]) for name in sorted(parts)) + b"}"


def answer_body(ended: Ended, ctx: RequestCtx, warnings: Iterable[Mapping[str, str]], timing: Timing) -> Executed:
    """Return the answer of a pattern that came to its end."""
    pattern = ended.pattern
    steps = list(zip(pattern.steps, ended.steps, strict=True))
    around = {
        "undefined": _undefined(pattern, steps),
        "refusals": [_refusal(step, end) for step, end in steps if end.status == "refused"],
        "warnings": _unique([*warnings, *(one.as_json() for _, end in steps for one in _warnings(end))]),
        "metadata": _metadata(pattern, steps, ctx, timing),
        "trace_id": ctx.trace_id,
        "request_id": ctx.request_id,
    }
    return Executed(around, ended.written or result_of(ended))


def result_of(ended: Ended) -> bytes:
    """Return the canonical bytes of the outputs of a pattern."""
    return written_json({name: _said(end) for name, end in ended.ends().items()})


def _said(end: StepEnd) -> Any:
    known = None if end.envelope is None else end.envelope.said
    return json_of(end.value) if known is None else known


def json_of(value: Any) -> Any:
    """Return ``value`` as JSON values in their canonical forms; an id as its text."""
    try:
        return plain_json(value)
    except TypeError:
        return plain_json(_without_ids(value))


def _without_ids(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _without_ids(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [_without_ids(found) for found in value]
    return value


def _undefined(pattern: Pattern, steps: Sequence[tuple[Step, StepEnd]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for step, end in steps:
        if step.key not in pattern.outputs:
            continue
        if end.envelope is None:
            found[step.key] = end.reason or "unknown"
        else:
            found.update({f"{step.key}.{path}": reason for path, reason in end.envelope.undefined.items()})
    return dict(sorted(found.items()))


def _refusal(step: Step, end: StepEnd) -> dict[str, Any]:
    assert end.refusal is not None
    refusal = end.refusal
    numbers = {name: value for name in ("observed", "limit") if (value := getattr(refusal, name)) is not None}
    told = {"step": step.key, "capability": step.capability, "code": refusal.code, "message": refusal.message}
    return {**told, **json_of(numbers), "details": json_of(refusal.details)}


def _warnings(end: StepEnd) -> Iterable[Any]:
    return () if end.envelope is None else end.envelope.warnings


def _unique(warnings: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in warnings:
        if (told := dict(one)) not in found:
            found.append(told)
    return found


def _metadata(
    pattern: Pattern, steps: Sequence[tuple[Step, StepEnd]], ctx: RequestCtx, timing: Timing
) -> dict[str, Any]:
    envelopes = [end.envelope for _, end in steps if end.envelope is not None]
    return {
        "pricing_pack_id": ctx.pricing_pack_id,
        "pack_sha256": ctx.pack_sha256,
        "pack_state": timing.pack_state,
        "ledger_commit_hash": ctx.ledger_commit_hash,
        "pattern_id": pattern.id,
        "pattern_sha256": pattern.sha256,
        "asof_date": ctx.asof_date.isoformat(),
        "code_version": timing.code_version,
        "timestamp": iso(ctx.timestamp),
        "duration_ms": timing.duration_ms,
        "sources": list(joined(one.sources for one in envelopes)),
        "attributions": list(joined(one.attributions for one in envelopes)),
        "watermarks": list(joined(one.watermarks for one in envelopes)),
        "trace": _trace(pattern, steps, envelopes),
    }


def _trace(pattern: Pattern, steps: Sequence[tuple[Step, StepEnd]], envelopes: Sequence[Envelope]) -> dict[str, Any]:
    by_key = {step.key: end.envelope for step, end in steps}
    hits = sum(end.status == "cached" for _, end in steps)
    return {
        "agents": list(joined([one.agent] for one in envelopes)),
        "capabilities": list(joined([one.capability] for one in envelopes)),
        "sources": list(joined(one.sources for one in envelopes)),
        "cache": {"hits": hits, "misses": len(envelopes) - hits},
        "panels": [
            {"id": panel.id, "asof": None if found is None else found.asof.isoformat(), "ttl": panel.ttl}
            for panel in pattern.panels
            for found in [by_key.get(panel.source.split(".")[0])]
        ],
        "steps": [_step(index, step, end) for index, (step, end) in enumerate(steps)],
    }


def _step(index: int, step: Step, end: StepEnd) -> dict[str, Any]:
    found = end.envelope
    return {
        "index": index,
        "as": step.key,
        "capability": step.capability,
        "agent": None if found is None else found.agent,
        "status": end.status,
        "reason": end.reason,
        "duration_ms": 0.0 if found is None else found.duration_ms,
        "source": [] if found is None else list(found.sources),
        "asof": None if found is None else found.asof.isoformat(),
        "ttl": None if found is None else found.ttl,
        "confidence": None if found is None else found.confidence,
    }
