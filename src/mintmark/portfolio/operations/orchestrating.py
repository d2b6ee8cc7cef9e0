"""Run the steps of a pattern: independent ones at once, effects alone, the same answer whatever the timing."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, Final, Protocol

from pydantic import BaseModel

from mintmark.domain import Fault, MintmarkError, Refusal
from mintmark.portfolio.conditions import read_condition
from mintmark.portfolio.envelope import Envelope, joined
from mintmark.portfolio.operations.breaking import CircuitOpen
from mintmark.portfolio.operations.running import Call, Ground, Runtime
from mintmark.portfolio.ordering import needs, step_refs
from mintmark.portfolio.pattern import Pattern, Step
from mintmark.portfolio.stepping import Ended, StepEnd, StepRefused
from mintmark.portfolio.templates import resolve

AT_ONCE: Final = 4
LIMIT_SECONDS: Final = 60.0
EXPLAINING_SECONDS: Final = 120.0
EXPLAINING: Final = "ai.explain"
# Faults that a door may tell as they are; any other is told as a fault in a step.
_OWN_CODES: Final = frozenset({"circuit_open", "capability_timeout"})


class Runs(Protocol):
    """Whole runs that were computed before anybody asked."""

    def find(self, pattern: Pattern, inputs: Mapping[str, Any], ground: Ground) -> Ended | None: ...
    def keep(self, pattern: Pattern, inputs: Mapping[str, Any], ground: Ground, ended: Ended) -> None: ...


class Orchestrator:
    """Runs patterns with a runtime, those that were run ``ahead`` excepted; it keeps nothing itself."""

    def __init__(
        self, runtime: Runtime, seconds: Callable[[], float] = time.monotonic, ahead: Runs | None = None
    ) -> None:
        self._runtime = runtime
        self._seconds = seconds
        self._ahead = ahead

    def run(self, pattern: Pattern, inputs: Mapping[str, Any], ground: Ground) -> Ended:
        """Return how every step ended.

        Raises:
            StepRefused: a step refused whose ``on_refusal`` is fail.
            CircuitOpen: ``circuit_open``.
            Fault: ``capability_timeout``, or ``pattern_execution_error`` naming the step; no partial result.
        """
        found = None if self._ahead is None else self._ahead.find(pattern, inputs, ground)
        shown = None if found is None else self._shown(found, ground)
        if shown is not None:
            return shown
        ended = _Run(self._runtime, self._seconds, pattern, inputs, ground).result()
        if self._ahead is not None:
            self._ahead.keep(pattern, inputs, ground, ended)
        return ended

    def _shown(self, found: Ended, ground: Ground) -> Ended | None:
        """Return ``found`` with what its sources ask for today; None where one of them may not be shown."""
        ends = []
        for end in found.steps:
            if end.envelope is not None:
                with self._runtime.restoring(end.envelope.capability, ground.ctx):
                    envelope = self._runtime.released(end.envelope, ground.ctx, ())
                if isinstance(envelope, Refusal):
                    return None
                end = replace(end, envelope=envelope)
            ends.append(end)
        return replace(found, steps=tuple(ends))


class _Run:
    """One run of one pattern; everything but the calls themselves happens in one thread."""

    def __init__(
        self,
        runtime: Runtime,
        seconds: Callable[[], float],
        pattern: Pattern,
        inputs: Mapping[str, Any],
        ground: Ground,
    ) -> None:
        self._runtime, self._seconds = runtime, seconds
        self._pattern, self._ground = pattern, ground
        self._roots: dict[str, Any] = {"inputs": dict(inputs), "state": {}, "ctx": ground.ctx.as_root()}
        self._needs = needs(pattern)
        self._ends: dict[int, StepEnd] = {}
        self._running: dict[int, Future[Envelope | Refusal]] = {}
        self._calls: dict[tuple[str, str], Future[Envelope | Refusal]] = {}
        self._first_of: dict[tuple[str, str], list[int]] = {}
        self._stopped_at = len(pattern.steps)
        explaining = any(step.capability == EXPLAINING for step in pattern.steps)
        self._deadline = seconds() + (EXPLAINING_SECONDS if explaining else LIMIT_SECONDS)

    def result(self) -> Ended:
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="step")
        try:
            while self._start_ready(pool) or self._running:
                self._collect()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if self._stopped_at < len(self._pattern.steps):
            raise self._told(self._stopped_at)
        self._mark_cached()
        return Ended(self._pattern, tuple(self._ends[index] for index in range(len(self._pattern.steps))))

    def _start_ready(self, pool: ThreadPoolExecutor) -> bool:
        """Start what may run now; True when something changed without waiting for a call."""
        changed = False
        ready = self._ready()
        calm = [index for index in ready if not self._has_effects(index)]
        for index in calm:
            if len(self._running) >= AT_ONCE or index >= self._stopped_at:
                break
            changed = self._start(index, pool) or changed
        doomed = self._stopped_at < len(self._pattern.steps)
        if ready and not (calm or self._running or doomed):
            changed = self._start(ready[0], pool) or changed
        return changed

    def _ready(self) -> list[int]:
        return [
            index
            for index in range(self._stopped_at)
            if index not in self._ends and index not in self._running and self._needs[index] <= self._ends.keys()
        ]

    def _has_effects(self, index: int) -> bool:
        return self._runtime.agents[self._pattern.steps[index].capability].effects

    def _start(self, index: int, pool: ThreadPoolExecutor) -> bool:
        """Start step ``index``; True when it ended at once."""
        step = self._pattern.steps[index]
        try:
            if step.condition is not None and not read_condition(step.condition).holds(self._roots):
                return self._end(index, StepEnd("skipped", reason="condition_not_met"))
            arguments = self._runtime.read_arguments(step.capability, resolve(step.args, self._roots))
        except Fault as fault:
            return self._end(index, StepEnd("error", fault=fault))
        if isinstance(arguments, Refusal):
            return self._end(index, self._refused(step, arguments))
        self._running[index] = self._called(index, step, arguments, pool)
        return False

    def _called(
        self, index: int, step: Step, arguments: BaseModel, pool: ThreadPoolExecutor
    ) -> Future[Envelope | Refusal]:
        # Only what is called twice can be equal; telling long arguments apart takes time.
        twice = sum(one.capability == step.capability for one in self._pattern.steps) > 1
        same = (step.capability, repr(arguments) if twice else "")
        self._first_of.setdefault(same, []).append(index)
        if same not in self._calls:
            call = Call(step.capability, arguments, step.key, self._inherited(step))
            context = contextvars.copy_context()
            self._calls[same] = pool.submit(context.run, self._runtime.call, call, self._ground)
        return self._calls[same]

    def _inherited(self, step: Step) -> tuple[str, ...]:
        """Return the sources of the results that ``step`` reads: what is derived of them keeps them."""
        read = {ref.steps[0] for ref in step_refs(step) if ref.root == "state"}
        found = (self._ends[index] for index, one in enumerate(self._pattern.steps) if one.key in read)
        return joined(end.envelope.sources for end in found if end.envelope is not None)

    def _collect(self) -> None:
        """Wait until a running call ends, and take up all that have."""
        if not self._running:
            return
        wait(self._running.values(), max(0.0, self._deadline - self._seconds()), FIRST_COMPLETED)
        done = [index for index, future in self._running.items() if future.done()]
        if not done:
            self._give_up()
            return
        for index in sorted(done):
            future = self._running.pop(index, None)
            if future is not None:
                self._end(index, self._ended(self._pattern.steps[index], future))

    def _give_up(self) -> None:
        index = min(self._running)
        step = self._pattern.steps[index]
        agent = self._runtime.agents.agent_of(step.capability).name
        fault = Fault(
            "the pattern took longer than it may",
            code="capability_timeout",
            agent=agent,
            capability=step.capability,
        )
        self._running.clear()
        self._end(index, StepEnd("error", fault=fault))

    def _ended(self, step: Step, future: Future[Envelope | Refusal]) -> StepEnd:
        fault = future.exception()
        if isinstance(fault, Exception):
            return StepEnd("error", fault=fault)
        answer = future.result()
        if isinstance(answer, Envelope):
            answer = self._runtime.released(answer, self._ground.ctx, self._inherited(step))
        if isinstance(answer, Refusal):
            return self._refused(step, answer)
        return StepEnd("ok", envelope=answer)

    def _refused(self, step: Step, refusal: Refusal) -> StepEnd:
        return StepEnd("refused" if step.on_refusal is None else "error", refusal=refusal, reason=refusal.code)

    def _end(self, index: int, end: StepEnd) -> bool:
        self._ends[index] = end
        if end.status == "error":
            # Steps before it still run: one of them may fault too, and the first in file order is told.
            self._stopped_at = min(self._stopped_at, index)
            for late in [other for other in self._running if other > self._stopped_at]:
                del self._running[late]
        else:
            self._roots["state"][self._pattern.steps[index].key] = end.value
        return True

    def _mark_cached(self) -> None:
        for indexes in self._first_of.values():
            for index in sorted(indexes)[1:]:
                end = self._ends[index]
                if end.status == "ok":
                    self._ends[index] = StepEnd("cached", envelope=end.envelope)

    def _told(self, index: int) -> MintmarkError:
        end, step = self._ends[index], self._pattern.steps[index]
        if end.refusal is not None:
            return StepRefused(end.refusal, step)
        fault = end.fault
        if isinstance(fault, CircuitOpen) or (isinstance(fault, Fault) and fault.code in _OWN_CODES):
            return fault
        told = Fault(
            f"step {step.key} broke",
            code="pattern_execution_error",
            step=step.key,
            capability=step.capability,
            trace_id=self._ground.ctx.trace_id,
        )
        told.__cause__ = fault
        return told
