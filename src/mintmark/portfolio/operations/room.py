"""The front of the portfolio room."""

from __future__ import annotations

import functools
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal
from uuid import UUID, uuid4

from mintmark.data import DataRoom, Decision, Licensing, Rights
from mintmark.domain import CURRENCIES, Clock, Refused
from mintmark.ledger import Book, Ledger
from mintmark.portfolio.answer import Executed
from mintmark.portfolio.capabilities import known_agents
from mintmark.portfolio.capabilities.alerts import MakesAlerts
from mintmark.portfolio.capability import Agents, Services
from mintmark.portfolio.context import Actor, RequestCtx
from mintmark.portfolio.export_gate import ExportGate
from mintmark.portfolio.hedges import HedgeList
from mintmark.portfolio.operations.alerting import Alerts, NewAlert
from mintmark.portfolio.operations.executing import Executor, House
from mintmark.portfolio.operations.exporting import AnswerExporter, Exports
from mintmark.portfolio.operations.orchestrating import Orchestrator
from mintmark.portfolio.operations.packs_view import PacksOfRoom
from mintmark.portfolio.operations.prewarming import Prewarmed
from mintmark.portfolio.operations.running import Runtime
from mintmark.portfolio.operations.whole_runs import WholeRuns
from mintmark.portfolio.owners import OwnersBooks
from mintmark.portfolio.pattern import Pattern
from mintmark.portfolio.pattern_files import load_patterns
from mintmark.portfolio.question import Question
from mintmark.portfolio.tables import (
    OwnedPortfolio,
    add_portfolio,
    code_is_taken,
    owned_by_code,
    owned_portfolio,
    owned_portfolios,
)
from mintmark.runtime import Meters, trail_ids
from mintmark.store import Database

_RIGHTS_KEPT = 16


@dataclass(frozen=True)
class NewPortfolio:
    """What a portfolio is to be."""

    code: str
    base_currency: str
    name: str | None = None
    policy: Literal["EOD", "UTC"] = "EOD"
    booking: Literal["fifo", "lifo", "hifo", "average", "specific"] = "fifo"
    allow_shorts: bool = False
    tax_rule: Literal["us", "none"] = "none"
    benchmark: str | None = None


class PortfolioRoom:
    """Portfolios, patterns, and the one executor."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        data: DataRoom,
        ledger: Ledger,
        licensing: Licensing,
        exports: Exports,
        code_version: str,
        meters: Meters,
        alerts: Callable[[], Alerts],
        hedges: tuple[str, ...] = (),
    ) -> None:
        self._meters = meters
        self._database, self._clock = database, clock
        self._data, self._ledger = data, ledger
        self._display = DisplayRights(licensing)
        self._exports = exports
        self._code_version = code_version
        self._alerts = alerts
        self._hedges = HedgeList(hedges)

    @cached_property
    def agents(self) -> Agents:
        """All that can be computed."""
        return known_agents()

    @cached_property
    def patterns(self) -> Mapping[str, Pattern]:
        """The patterns of the house by id.

        Raises:
            PatternsInvalid: one of them cannot run; every problem is named.
        """
        return load_patterns(pattern_texts(), self.agents)

    @cached_property
    def executor(self) -> Executor:
        """Answers every question about a portfolio."""
        return self._executor(keeps=False)

    @cached_property
    def _keeping(self) -> Executor:
        """Answers the same, and keeps what was computed for whoever asks next."""
        return self._executor(keeps=True)

    def _executor(self, *, keeps: bool) -> Executor:
        random = secrets.SystemRandom()
        meters = self._meters
        meters.allow("pattern_id", self.patterns)
        meters.allow("capability", self.agents.names())
        meters.allow("agent_name", [agent.name for agent in self.agents.agents])
        jitter = functools.partial(random.uniform, 0.8, 1.2)
        ahead = Prewarmed(self._database, self._clock, self._code_version, keeps=keeps)
        whole = WholeRuns(self.agents, self._database, self._clock, self._code_version, keeps=keeps)
        runtime = Runtime(self.agents, display=self._display, jitter=jitter, meter=meters.called, ahead=ahead)
        if not keeps:
            self._runtime = runtime
        parts: dict[type, object] = {
            ExportGate: self._exports,
            MakesAlerts: _AlertMaker(self._alerts),
            HedgeList: self._hedges,
            OwnersBooks: _BooksOfOwner(self._database),
        }
        services = Services(self._clock, parts)
        packs, exporter = PacksOfRoom(self._data), AnswerExporter(self._exports)
        house = House(
            self._database, self._clock, packs, self._ledger, services, self._code_version, exporter, _bring_up
        )
        return Executor(self.patterns, Orchestrator(runtime, ahead=whole), house)

    def execute(self, actor: Actor, question: Question, *, request_id: str, trace_id: str | None = None) -> Executed:
        """Return the answer of ``question``; raises as ``Executor.execute``."""
        executor, trace_id = self.executor, trace_id or trail_ids().get("trace_id") or uuid4().hex
        with self._meters.answering(question.pattern_id):
            executed = executor.execute(actor, question, request_id=request_id, trace_id=trace_id)
        self._meters.steps(question.pattern_id, executed.around["metadata"]["trace"]["steps"])
        return executed

    def warm(self) -> None:
        """Read the patterns, so that what is wrong with one is told before a question."""
        _ = self.executor

    def breakers(self) -> Mapping[str, str]:
        """Return the state of the breaker of each capability that was asked in this process."""
        return self._runtime.breakers.states() if "executor" in vars(self) else {}

    def ask_ahead(self, actor: Actor, question: Question, request_id: str) -> Mapping[str, Any]:
        """Return the body of the answer of ``question``, and keep what was computed for whoever asks next."""
        return self._keeping.execute(actor, question, request_id=request_id, trace_id=uuid4().hex).body

    def create(self, actor: Actor, wanted: NewPortfolio) -> OwnedPortfolio:
        """Add a portfolio of ``actor`` and start its book in the ledger, both or neither.

        Refuses: ``portfolio_exists`` for a code that is taken, ``instrument_not_found`` for a benchmark without a
            series, ``currency_unknown``, ``forbidden`` for a viewer.
        """
        if not actor.may("trader"):
            raise Refused("adding a portfolio asks for the role trader", code="forbidden", expected="trader")
        if wanted.base_currency not in CURRENCIES:
            message = f"expected a currency of ISO 4217, found {wanted.base_currency!r}"
            raise Refused(message, code="currency_unknown", field="base_currency", found=wanted.base_currency)
        if wanted.benchmark is not None and wanted.benchmark not in {one["symbol"] for one in self._data.series()}:
            message = f"there is no series of {wanted.benchmark}: import it first"
            raise Refused(message, code="instrument_not_found", symbol=wanted.benchmark)
        portfolio = OwnedPortfolio(
            portfolio_id=uuid4(),
            owner=actor.user_id,
            code=wanted.code,
            name=wanted.name or wanted.code,
            base_currency=wanted.base_currency,
            policy=wanted.policy,
            booking=wanted.booking,
            allow_shorts=wanted.allow_shorts,
            tax_rule=wanted.tax_rule,
            benchmark=wanted.benchmark,
            rights_profile="default",
            active=True,
            created_at=self._clock.now(),
        )
        book = Book(wanted.code, wanted.base_currency, wanted.booking, wanted.allow_shorts)
        with self._database.write() as connection:
            if code_is_taken(connection, wanted.code):
                raise Refused(f"the code {wanted.code} is taken", code="portfolio_exists", portfolio=wanted.code)
            self._ledger.open_book(book, connection)
            add_portfolio(connection, portfolio)
        return portfolio

    def portfolios(self, actor: Actor) -> list[OwnedPortfolio]:
        """Return the portfolios of ``actor``, by code."""
        with self._database.read() as connection:
            return owned_portfolios(connection, actor)

    def portfolio(self, actor: Actor, named: UUID | str) -> OwnedPortfolio:
        """Return the portfolio of ``actor`` with this id or code; refuses ``portfolio_not_found``."""
        with self._database.read() as connection:
            if isinstance(named, UUID):
                return owned_portfolio(connection, actor, named)
            return owned_by_code(connection, actor, named)


class _AlertMaker(MakesAlerts):
    """Lets a capability make an alert."""

    def __init__(self, alerts: Callable[[], Alerts]) -> None:
        self._alerts = alerts

    def make(self, actor: Actor, portfolio_id: UUID, condition: Mapping[str, Any], name: str, key: str) -> str:
        """Make an alert once for each ``key``; return its id."""
        return self._alerts().create(actor, NewAlert(name, condition, portfolio=portfolio_id), key=key).alert_id


class _BooksOfOwner(OwnersBooks):
    """Looks the portfolios of an owner up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: UUID) -> tuple[tuple[str, str], ...]:
        """Return code and base currency of each portfolio of ``owner``, by code."""
        with self._database.read() as connection:
            found = owned_portfolios(connection, Actor(owner, "viewer"))
        return tuple((one.code, one.base_currency) for one in found)


class DisplayRights:
    """Whether figures may be shown; the records of a request are read once, and each list of sources judged once."""

    def __init__(self, licensing: Licensing) -> None:
        self._licensing = licensing
        # A caller may send the id of an old request again: its moment tells one from the other.
        self._held: OrderedDict[RequestCtx, tuple[Rights, dict[tuple[str, ...], Decision]]] = OrderedDict()

    def __call__(self, ctx: RequestCtx, sources: Sequence[str]) -> Decision:
        held = self._held.get(ctx)
        if held is None:
            held = self._held[ctx] = (self._licensing.rights(ctx.rights_profile, ctx.pricing_pack_id), {})
            while len(self._held) > _RIGHTS_KEPT:
                self._held.popitem(last=False)
        rights, decisions = held
        named = tuple(sources)
        if named not in decisions:
            decisions[named] = rights.decide(named, "display")
        return decisions[named]


def pattern_texts() -> dict[str, str]:
    """Return the pattern files of the house by name."""
    folder = files("mintmark.portfolio").joinpath("patterns")
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".json")}


def check_patterns(texts: Mapping[str, str]) -> list[str]:
    """Return the ids of the patterns in ``texts`` (file name to text), checked; raises ``PatternsInvalid``."""
    return sorted(load_patterns(texts, known_agents()))


def described(pattern: Pattern, *, whole: bool = False) -> dict[str, Any]:
    """Return a pattern as a door shows it: a line, or all of it with its hash."""
    if whole:
        return {**json.loads(json.dumps(pattern.as_json())), "sha256": pattern.sha256}
    plain = ("id", "name", "description", "version", "category", "min_role", "effects")
    return {
        **{name: getattr(pattern, name) for name in plain},
        "inputs": sorted(pattern.inputs),
        "steps": len(pattern.steps),
    }


@functools.cache
def _bring_up() -> None:
    """Call every measure once in this process.

    One that is still to be compiled would run into the limit of its capability.
    """
    from mintmark.portfolio.warming import warm_measures

    warm_measures()
