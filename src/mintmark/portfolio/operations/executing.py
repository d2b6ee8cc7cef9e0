"""The executor: every answer about a portfolio goes through here, and every "no" before it, in one order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from mintmark.data import Reads
from mintmark.domain import Clock, MintmarkError, Refusal, Refused
from mintmark.portfolio.answer import Executed, Timing, answer_body
from mintmark.portfolio.capability import Services
from mintmark.portfolio.context import Actor, RequestCtx
from mintmark.portfolio.inputs import read_inputs
from mintmark.portfolio.operations.orchestrating import Orchestrator
from mintmark.portfolio.operations.running import Ground
from mintmark.portfolio.pattern import Pattern
from mintmark.portfolio.question import Question
from mintmark.portfolio.tables import OwnedPortfolio, owned_portfolio
from mintmark.runtime import mark_span, span, user_hash
from mintmark.store import Database

log = logging.getLogger(__name__)
DEFAULT_POLICY = "EOD"
DEFAULT_RIGHTS_PROFILE = "default"


class State(Protocol):
    """What is known of a pack without opening it."""

    @property
    def pack_id(self) -> str: ...
    @property
    def pack_sha256(self) -> str: ...
    @property
    def as_of(self) -> date: ...
    @property
    def policy(self) -> str: ...
    @property
    def status(self) -> str: ...


class Packs(Protocol):
    """What the executor asks of the packs: which one, whether it may answer, and its view."""

    def choose(self, policy: str, pack_id: str | None = None, asof: date | None = None) -> Any: ...
    def gate(self, state: Any, require_fresh: bool) -> Refusal | None: ...
    def warnings(self, state: Any) -> Sequence[Mapping[str, str]]: ...
    def view(self, pack_id: str) -> Callable[[Reads], Any]: ...


class Exporter(Protocol):
    """Makes an answer something to fetch, once the rights of its sources allow it."""

    def export(self, executed: Executed, question: Question, asked: Asked) -> Executed: ...


class Ledgers(Protocol):
    """What the executor asks of the ledger: its state at a head."""

    def view(self, head: str | None = None) -> Any: ...


@dataclass(frozen=True)
class House:
    """The parts the executor works with; ``bring_up`` readies what capabilities call, at once where it is ready."""

    database: Database
    clock: Clock
    packs: Packs
    ledger: Ledgers
    services: Services
    code_version: str
    exporter: Exporter | None = None
    bring_up: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Asked:
    """A question that passed every check: nothing was computed yet."""

    pattern: Pattern
    inputs: Mapping[str, Any]
    state: Any
    ground: Ground


class Executor:
    """Answers questions by patterns."""

    def __init__(self, patterns: Mapping[str, Pattern], orchestrator: Orchestrator, house: House) -> None:
        self.patterns = patterns
        self._orchestrator = orchestrator
        self._house = house

    def execute(self, actor: Actor, question: Question, *, request_id: str, trace_id: str) -> Executed:
        """Return the answer of ``question`` for ``actor``.

        The first check that says no decides: body shape, pattern, role, inputs, ownership, format, pack,
        reconciliation, freshness, ledger head, context. No capability runs before all have passed.

        Raises:
            Refused: the code of that check.
            MintmarkError: as ``Orchestrator.run``.
        """
        begun = time.monotonic()
        said = {"request_id": request_id, "trace_id": trace_id, "user_hash": user_hash(actor.user_id)}
        with span("execute_pattern", **said, require_fresh=question.require_fresh):
            mark_span(pattern_id=question.pattern_id[:64], input_keys=",".join(sorted(question.inputs))[:200])
            asked = self.check(actor, question, request_id=request_id, trace_id=trace_id)
            ctx = asked.ground.ctx
            attributes = {
                "pattern_id": asked.pattern.id,
                "pricing_pack_id": ctx.pricing_pack_id,
                "ledger_commit_hash": ctx.ledger_commit_hash,
                "asof_date": ctx.asof_date.isoformat(),
            }
            mark_span(**attributes)
            self._house.bring_up()
            with span(f"pattern.{asked.pattern.id}", **attributes):
                try:
                    ended = self._orchestrator.run(asked.pattern, asked.inputs, asked.ground)
                except MintmarkError as error:
                    if error.__cause__ is not None:
                        log.error("a step broke", exc_info=error.__cause__, extra=dict(error.details))
                    raise
        timing = Timing(
            duration_ms=round((time.monotonic() - begun) * 1000, 3),
            code_version=self._house.code_version,
            pack_state=asked.state.status,
        )
        executed = answer_body(ended, ctx, self._house.packs.warnings(asked.state), timing)
        return executed if question.format is None else self._exported(executed, question, asked)

    def check(self, actor: Actor, question: Question, *, request_id: str, trace_id: str) -> Asked:
        """Return ``question`` made ready to run; raises as ``execute``."""
        asof = question.asof()
        pattern = self.pattern(question.pattern_id)
        _require_role(actor, pattern, question)
        inputs = read_inputs(pattern, question.given_to(pattern))
        portfolio = self._portfolio(actor, pattern, inputs)
        _require_format(pattern, question)
        state = self._pack(question, asof, DEFAULT_POLICY if portfolio is None else portfolio.policy)
        fresh = question.require_fresh or question.format is not None or pattern.exports
        refusal = self._house.packs.gate(state, fresh)
        if refusal is not None:
            raise Refused.because(refusal)
        with span("ledger.view"):
            ledger = self._house.ledger.view(question.ledger_commit_hash)
            mark_span(ledger_commit_hash=ledger.commit_hash)
        ctx = RequestCtx(
            pricing_pack_id=state.pack_id,
            pack_sha256=state.pack_sha256,
            ledger_commit_hash=ledger.commit_hash,
            trace_id=trace_id,
            user_id=actor.user_id,
            request_id=request_id,
            timestamp=self._house.clock.now(),
            asof_date=state.as_of,
            policy=state.policy,
            rights_profile=DEFAULT_RIGHTS_PROFILE,
            require_fresh=question.require_fresh,
        )
        ctx = ctx if portfolio is None else ctx.with_portfolio(portfolio)
        with span("pack.open", pricing_pack_id=state.pack_id):
            view = self._house.packs.view(state.pack_id)
        ground = Ground(ctx, view, lambda reads: NotedLedger(ledger, reads), self._house.services, portfolio)
        return Asked(pattern, inputs, state, ground)

    def pattern(self, pattern_id: str) -> Pattern:
        """Return the pattern of this id; refuses ``pattern_not_found``."""
        found = self.patterns.get(pattern_id)
        if found is None:
            message = f"there is no pattern {pattern_id[:64]!r}: see `mintmark pattern list`"
            raise Refused(message, code="pattern_not_found", pattern_id=pattern_id[:64])
        return found

    def _exported(self, executed: Executed, question: Question, asked: Asked) -> Executed:
        if self._house.exporter is None:
            raise Refused("this installation makes no files of answers", code="service_unavailable", part="exports")
        return self._house.exporter.export(executed, question, asked)

    def _portfolio(self, actor: Actor, pattern: Pattern, inputs: Mapping[str, Any]) -> OwnedPortfolio | None:
        if not pattern.asks_of_portfolio:
            return None
        with self._house.database.read() as connection:
            return owned_portfolio(connection, actor, inputs["portfolio_id"])

    def _pack(self, question: Question, asof: date | None, policy: str) -> Any:
        state = self._house.packs.choose(policy, pack_id=question.pack_id, asof=asof)
        if question.pack_id is not None and asof is not None and state.as_of != asof:
            message = f"{state.pack_id} is of {state.as_of}, not of {asof}"
            raise Refused(message, code="invalid_asof_date", expected=state.as_of.isoformat(), found=asof.isoformat())
        return state


class NotedLedger:
    """A view of the ledger that writes down that it was read."""

    def __init__(self, view: Any, reads: Reads) -> None:
        self._view = view
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        self._reads.note("ledger")
        return getattr(self._view, name)


def _require_role(actor: Actor, pattern: Pattern, question: Question) -> None:
    needed = "trader" if pattern.min_role == "viewer" and question.format is not None else pattern.min_role
    if not actor.may(needed):
        message = f"{pattern.id} asks for the role {needed}, yours is {actor.role}"
        raise Refused(message, code="forbidden", expected=needed, found=actor.role)


def _require_format(pattern: Pattern, question: Question) -> None:
    if question.format is not None and not pattern.export_allowed.allows(question.format):
        message = f"{pattern.id} may not leave the house as {question.format}"
        raise Refused(message, code="export_not_permitted", right=f"export_{question.format}", format=question.format)
