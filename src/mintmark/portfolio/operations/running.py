"""The agent runtime: one call of one capability, bounded, retried, counted and checked."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from pydantic import BaseModel, ValidationError

from mintmark.data import Reads
from mintmark.domain import Fault, Refusal, Refused
from mintmark.portfolio.capability import Agents, Answer, Capability, Notes, Reading, Services
from mintmark.portfolio.context import RequestCtx
from mintmark.portfolio.envelope import Envelope, joined, not_finite, seconds_to_cutoff
from mintmark.portfolio.operations.breaking import Breakers
from mintmark.runtime import span

if TYPE_CHECKING:
    from mintmark.portfolio.tables import OwnedPortfolio

log = logging.getLogger(__name__)
WAITS: Final = (0.1, 0.4)


class CapabilityTimeout(TimeoutError):
    """A capability took longer than it may."""


class ResultInvalid(Fault):
    """An agent returned something that is not the result it declared."""

    code = "pattern_execution_error"


class Shown(Protocol):
    """What the rights room says of the sources of a result."""

    @property
    def allowed(self) -> bool: ...
    @property
    def blocked_sources(self) -> Sequence[str]: ...
    @property
    def attributions(self) -> Sequence[str]: ...
    @property
    def watermarks(self) -> Sequence[str]: ...


Display = Callable[[RequestCtx, Sequence[str]], Shown]
Meter = Callable[[str, str, str, float], None]


class Made:
    """What was made once for all calls of a request, each with the sources it was read from."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Any, Reads]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def once(self, key: str, reads: Reads, make: Callable[[Reads], Any]) -> Any:
        """Return what ``make`` gave for ``key``; ``reads`` notes its sources, whoever made it."""
        with self._locks.setdefault(key, threading.Lock()):
            if key not in self._held:
                own = Reads()
                self._held[key] = (make(own), own)
            value, own = self._held[key]
        reads.join(own)
        return value


@dataclass(frozen=True)
class Ground:
    """What the calls of one request stand on. ``pack`` and ``ledger`` give a view that notes what it reads.

    ``made`` holds what several of its calls need; it ends with the request.
    """

    ctx: RequestCtx
    pack: Callable[[Reads], Any]
    ledger: Callable[[Reads], Any]
    services: Services
    portfolio: OwnedPortfolio | None = None
    made: Made = field(default_factory=Made)


@dataclass(frozen=True)
class Call:
    """One call; ``key`` names the step in its request, ``inherited`` are the sources its arguments came from."""

    capability: str
    arguments: BaseModel
    key: str
    inherited: tuple[str, ...] = ()


class Ahead(Protocol):
    """What was computed before anybody asked."""

    def find(self, capability: Capability, arguments: BaseModel, ground: Ground, agent: str) -> Envelope | None: ...
    def keep(self, capability: Capability, arguments: BaseModel, ground: Ground, envelope: Envelope) -> None: ...


class Runtime:
    """Calls capabilities, those that were computed ahead excepted.

    ``seconds`` is a clock that never goes back; ``jitter`` gives a factor around 1 for the waits between tries;
    ``meter`` is told agent, capability, status and seconds of each call.
    """

    def __init__(
        self,
        agents: Agents,
        *,
        display: Display,
        jitter: Callable[[], float],
        seconds: Callable[[], float] = time.monotonic,
        meter: Meter | None = None,
        ahead: Ahead | None = None,
    ) -> None:
        self.agents = agents
        self.breakers = Breakers(seconds)
        self._seconds = seconds
        self._display = display
        self._jitter = jitter
        self._meter = meter or (lambda *_: None)
        self._ahead = ahead

    def read_arguments(self, name: str, given: Mapping[str, Any]) -> BaseModel | Refusal:
        """Return the arguments of ``name``, or the refusal of what does not fit: field, expected, found."""
        try:
            return self.agents[name].arguments.model_validate(dict(given))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            path = ".".join(str(step) for step in first["loc"])
            found = type(first["input"]).__name__
            details = {"field": path, "expected": first["msg"], "found": found, "capability": name}
            return Refusal("input_invalid", f"{name}: {path}: {first['msg']}", details=details)

    def call(self, call: Call, ground: Ground) -> Envelope | Refusal:
        """Return what the capability answers, checked against what it declared.

        Raises:
            CircuitOpen: ``circuit_open``; the agent was left untouched.
            Fault: ``capability_timeout``; ``pattern_execution_error`` for a result that is not what was declared.
            Exception: whatever the capability raised.
        """
        capability, agent = self.agents[call.capability], self.agents.agent_of(call.capability)
        if self._ahead is not None:
            found = self._ahead.find(capability, call.arguments, ground, agent.name)
            if found is not None:
                with self.restoring(capability.name, ground.ctx):
                    return found
        answer = self._asked(call, ground)
        if self._ahead is not None and not isinstance(answer, Refusal):
            self._ahead.keep(capability, call.arguments, ground, answer)
        return answer

    def _asked(self, call: Call, ground: Ground) -> Envelope | Refusal:
        capability, agent = self.agents[call.capability], self.agents.agent_of(call.capability)
        begun, status = self._seconds(), "error"
        try:
            with self.breakers.guarding(capability.name, agent.name):
                reading, found = self._in_time(capability, call, ground)
            answer = found if isinstance(found, Refusal) else self._wrapped(capability, reading, found)
            status = "refused" if isinstance(answer, Refusal) else "ok"
        except CapabilityTimeout:
            status = "timeout"
            limit = self.agents.timeout_of(capability.name)
            raise Fault(
                f"{capability.name} took longer than {limit:g} s",
                code="capability_timeout",
                agent=agent.name,
                capability=capability.name,
            ) from None
        finally:
            took = self._seconds() - begun
            self._meter(agent.name, capability.name, status, took)
        if isinstance(answer, Refusal):
            return answer
        return replace(answer, duration_ms=round(took * 1000, 3))

    def _in_time(self, capability: Capability, call: Call, ground: Ground) -> tuple[Reading, Any]:
        """Run the tries of one call in a thread of its own; a call that will not end is left behind."""
        box: list[tuple[Reading, Any]] = []
        broke: list[BaseException] = []
        context = contextvars.copy_context()

        def body() -> None:
            try:
                box.append(context.run(self._tried, capability, call, ground))
            except BaseException as error:  # noqa: BLE001  # Raised again in the thread that waits.
                broke.append(error)

        thread = threading.Thread(target=body, name=f"capability {capability.name}", daemon=True)
        thread.start()
        thread.join(self.agents.timeout_of(capability.name))
        if broke:
            raise broke[0]
        if not box:
            raise CapabilityTimeout(capability.name)
        return box[0]

    def _tried(self, capability: Capability, call: Call, ground: Ground) -> tuple[Reading, Any]:
        """Return the reading of the last try and what it gave; only faults marked retryable are tried again."""
        import stamina

        waits = iter(WAITS)

        def again(error: Exception) -> bool | float:
            wait = next(waits, None) if getattr(error, "retryable", False) else None
            return False if wait is None else wait * self._jitter()

        for attempt in stamina.retry_context(on=again, attempts=len(WAITS) + 1, timeout=None):
            with attempt:
                reading = _reading(call, ground)
                with span(f"capability.{capability.name}", **self._told(capability.name, ground.ctx)):
                    return reading, _run(capability, reading, call.arguments)
        raise AssertionError("a loop of tries ends with a result or a fault")

    def restoring(self, capability: str, ctx: RequestCtx) -> AbstractContextManager[None]:
        """Return the span of a result that was computed ahead."""
        return span(f"capability.{capability}", **self._told(capability, ctx), prewarmed=True)

    def _told(self, capability: str, ctx: RequestCtx) -> dict[str, str]:
        """Return what the span of a call says: never what it was given."""
        return {
            "agent_name": self.agents.agent_of(capability).name,
            "capability": capability,
            "pricing_pack_id": ctx.pricing_pack_id,
            "ledger_commit_hash": ctx.ledger_commit_hash,
            "asof_date": ctx.asof_date.isoformat(),
        }

    def released(self, envelope: Envelope, ctx: RequestCtx, inherited: Sequence[str]) -> Envelope | Refusal:
        """Return ``envelope`` with the sources its arguments came from, or the refusal where some may not be shown."""
        sources = joined((inherited, envelope.sources))
        shown = self._display(ctx, sources)
        if not shown.allowed:
            details = {"blocked_sources": list(shown.blocked_sources), "right": "display"}
            message = f"{', '.join(shown.blocked_sources) or 'a figure without a source'} may not be shown"
            return Refusal("display_not_permitted", message, details=details)
        attributions, watermarks = tuple(shown.attributions), tuple(shown.watermarks)
        return replace(envelope, sources=sources, attributions=attributions, watermarks=watermarks)

    def _wrapped(self, capability: Capability, reading: Reading, found: Any) -> Envelope:
        ctx, notes = reading.ctx, reading.notes
        ttl = seconds_to_cutoff(ctx.policy, ctx.timestamp) if capability.ttl is None else capability.ttl
        return Envelope(
            agent=self.agents.agent_of(capability.name).name,
            capability=capability.name,
            value=_checked(capability, found),
            undefined=dict(notes.missing),
            warnings=tuple(notes.warnings),
            sources=reading.reads.sources,
            asof=ctx.asof_date,
            ttl=ttl,
            confidence=notes.confidence,
        )


def _reading(call: Call, ground: Ground) -> Reading:
    reads = Reads()
    return Reading(
        ctx=ground.ctx,
        pack=ground.pack(reads),
        ledger=ground.ledger(reads),
        reads=reads,
        services=ground.services,
        notes=Notes(),
        idempotency_key=f"{ground.ctx.request_id}:{call.key}",
        portfolio=ground.portfolio,
        inherited=call.inherited,
        once=lambda key, make: ground.made.once(key, reads, lambda own: make(ground.pack(own), ground.ledger(own))),
    )


def _run(capability: Capability, reading: Reading, arguments: BaseModel) -> Any:
    try:
        return capability.run(reading, arguments)
    except Refused as refused:
        return Refusal(refused.code, refused.message, details=refused.details)


def _checked(capability: Capability, found: Any) -> dict[str, Any]:
    """Return the result as plain values.

    Raises:
        ResultInvalid: it is not of the declared shape, or holds NaN, Infinity or a float where a Decimal stands.
    """
    if not isinstance(found, Answer) or not isinstance(found, capability.result):
        raise ResultInvalid(f"expected a {capability.result.__name__}, found {type(found).__name__}")
    try:
        value = capability.result.model_validate(found).model_dump()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        raise ResultInvalid(f"{capability.name}: {path}: {first['msg']}") from error
    wrong = not_finite(value)
    if wrong is not None:
        raise ResultInvalid(f"{capability.name}: expected a finite number at {wrong.lstrip('.')}")
    return value
