"""A tiny house of portfolios: agents that add and refuse, one pack, one ledger head, a clock in hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from mintmark.data import Reads
from mintmark.domain import Refusal, Refused, StoreUnavailable
from mintmark.portfolio import Actor, Agent, Agents, Answer, Arguments, Capability, OwnedPortfolio, Reading
from mintmark.portfolio.capability import Services
from mintmark.portfolio.context import RequestCtx
from mintmark.portfolio.operations.executing import Executor, House
from mintmark.portfolio.operations.orchestrating import Orchestrator
from mintmark.portfolio.operations.running import Ground, Runtime
from mintmark.portfolio.pattern import Pattern
from mintmark.portfolio.pattern_files import load_patterns
from mintmark.portfolio.tables import add_portfolio
from mintmark.store import Database

OWNER = Actor(UUID("00000000-0000-4000-8000-00000000000a"), "admin")
STRANGER = Actor(UUID("00000000-0000-4000-8000-00000000000b"), "admin")
GROWTH = UUID("00000000-0000-4000-8000-0000000000f1")
NOBODYS = UUID("00000000-0000-4000-8000-0000000000f2")
NOW = datetime(2025, 10, 22, 4, 6, tzinfo=UTC)
PACK = "PP_2025-10-21_EOD_v1"


class Number(Arguments):
    value: int
    note: str | None = None


class Nothing(Arguments):
    pass


class Sum(Answer):
    total: int
    text: str = ""


class Exactly(Answer):
    amount: Decimal
    ratio: float | None = None


class Steps(Answer):
    items: list[Sum]
    by_name: dict[str, Sum]


@dataclass
class HandClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class Played:
    """What the agents of a test were asked, in the order the calls began; ``gates`` hold a call back."""

    calls: list[str] = field(default_factory=list)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    answers: dict[str, Callable[[Reading, Any], BaseModel | Refusal]] = field(default_factory=dict)

    def capability(self, name: str, *, effects: bool = False, timeout: float | None = None, **more: Any) -> Capability:
        """Return a capability that adds one, or does what ``answers`` has for its name."""

        def run(reading: Reading, given: Any) -> BaseModel | Refusal:
            self.calls.append(name)
            if name in self.gates:
                assert self.gates[name].wait(20)
            return self.answers.get(name, _add)(reading, given)

        shapes = {"arguments": Number, "result": Sum, "summary": "Add one.", **more}
        return Capability(name=name, run=run, effects=effects, timeout=timeout, **shapes)


def _add(reading: Reading, given: Number) -> Sum:
    reading.reads.note("ledger")
    return Sum(total=given.value + 1, text=given.note or "")


@dataclass(frozen=True)
class Allowed:
    allowed: bool = True
    blocked_sources: Sequence[str] = ()
    attributions: Sequence[str] = ()
    watermarks: Sequence[str] = ()


def display(_ctx: RequestCtx, sources: Sequence[str]) -> Allowed:
    """Let all be shown but figures of acme, and figures of nobody."""
    blocked = [source for source in sources if source == "acme"]
    said = ["Source: FRED"] if "fred" in sources else []
    return Allowed(bool(sources) and not blocked, blocked, said)


def an_agent(played: Played, *names: str, name: str = "adder", timeout: float = 10.0) -> Agent:
    return Agent(name, tuple(played.capability(one) for one in names), timeout)


def a_runtime(agents: Agents, seconds: Callable[[], float] | None = None) -> Runtime:
    return Runtime(agents, display=display, jitter=lambda: 0.0, **({} if seconds is None else {"seconds": seconds}))


def a_step(key: str, capability: str = "add.one", **more: Any) -> dict[str, Any]:
    return {"capability": capability, "as": key, "args": {"value": 1}, **more}


def a_pattern(*steps: Mapping[str, Any], id: str = "sums", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": "Sums",
        "description": "Adds.",
        "version": "1.0.0",
        "category": "test",
        "inputs": {},
        "steps": list(steps),
        "outputs": [step["as"] for step in steps],
        "export_allowed": {"json": True, "csv": True, "xlsx": False, "pdf": True},
        "min_role": "viewer",
        "effects": False,
        "panels": [],
        **more,
    }


def loaded(agents: Agents, *patterns: Mapping[str, Any]) -> dict[str, Pattern]:
    return load_patterns({f"{one['id']}.json": json.dumps(one) for one in patterns}, agents)


def a_context(**more: Any) -> RequestCtx:
    given: dict[str, Any] = {
        "pricing_pack_id": PACK,
        "pack_sha256": "a" * 64,
        "ledger_commit_hash": "0" * 64,
        "trace_id": "t" * 32,
        "user_id": OWNER.user_id,
        "request_id": "00000000-0000-4000-8000-0000000000e1",
        "timestamp": NOW,
        "asof_date": date(2025, 10, 21),
        "policy": "EOD",
        "rights_profile": "default",
        "require_fresh": True,
    }
    return RequestCtx(**{**given, **more})


def a_ground(ctx: RequestCtx | None = None) -> Ground:
    return Ground(ctx or a_context(), lambda _reads: None, lambda _reads: None, Services(HandClock()))


@dataclass(frozen=True)
class PackStanding:
    """A pack as the executor sees it before it opens it."""

    pack_id: str = PACK
    pack_sha256: str = "a" * 64
    as_of: date = date(2025, 10, 21)
    policy: str = "EOD"
    status: str = "fresh"
    failed: bool = False


@dataclass
class PackShelf:
    """Packs by day; the gate and its words are those of the pack's own room in tests of the whole house."""

    standing: list[PackStanding] = field(default_factory=lambda: [PackStanding()])
    asked: list[str] = field(default_factory=list)

    def choose(self, policy: str, pack_id: str | None = None, asof: date | None = None) -> PackStanding:
        self.asked.append("choose")
        held = [one for one in self.standing if one.policy == policy]
        if not held:
            raise Refused("there is no pack", code="no_pricing_pack")
        if pack_id is None and asof is None:
            return max(held, key=lambda one: one.as_of)
        found = [one for one in held if one.pack_id == pack_id or one.as_of == asof]
        if not found:
            raise Refused("no such pack", code="pricing_pack_not_found")
        return found[0]

    def gate(self, state: PackStanding, require_fresh: bool) -> Refusal | None:
        self.asked.append("gate")
        if state.failed:
            return Refusal("pricing_pack_error", "failed", details={"pack_id": state.pack_id})
        if state.status == "fresh" or not require_fresh:
            return None
        return Refusal("pricing_pack_warming", "warming", details={"pack_id": state.pack_id, "retry_after": 840})

    def warnings(self, state: PackStanding) -> list[dict[str, str]]:
        return [] if state.status == "fresh" else [{"code": "pack_not_fresh", "message": "warming"}]

    def view(self, pack_id: str) -> Callable[[Reads], Any]:
        self.asked.append(f"open {pack_id}")
        return lambda _reads: None


@dataclass(frozen=True)
class Head:
    commit_hash: str


class Journal:
    """A ledger with one head."""

    def view(self, head: str | None = None) -> Head:
        if head not in (None, "0" * 64):
            raise Refused("no such head", code="ledger_commit_not_found")
        return Head("0" * 64)


def a_portfolio(**more: Any) -> OwnedPortfolio:
    given: dict[str, Any] = {
        "portfolio_id": GROWTH,
        "owner": OWNER.user_id,
        "code": "GROWTH",
        "name": "Growth",
        "base_currency": "EUR",
        "policy": "EOD",
        "booking": "fifo",
        "allow_shorts": False,
        "tax_rule": "none",
        "benchmark": None,
        "rights_profile": "default",
        "active": True,
        "created_at": NOW - timedelta(days=9),
    }
    return OwnedPortfolio(**{**given, **more})


def an_executor(
    database: Database,
    agents: Agents,
    patterns: Mapping[str, Pattern],
    packs: PackShelf | None = None,
    bring_up: Callable[[], object] = lambda: None,
) -> Executor:
    """Return an executor over a database that holds one portfolio of ``OWNER``."""
    with database.write() as connection:
        add_portfolio(connection, a_portfolio())
    services = Services(HandClock())
    house = House(
        database, HandClock(), packs or PackShelf(), Journal(), services, "0.0.1", bring_up=bring_up
    )  # fmt: skip
    return Executor(patterns, Orchestrator(a_runtime(agents)), house)


def down(_reading: Reading, _given: Any) -> BaseModel:
    raise StoreUnavailable("the database does not answer")


def broken(_reading: Reading, _given: Any) -> BaseModel:
    raise RuntimeError("secret: SELECT * FROM users")


def refusing(_reading: Reading, _given: Any) -> Refusal:
    return Refusal("too_few_returns", "30 are needed", observed=3, limit=30)
