"""What an agent can do: capabilities with strict shapes, and all that one of them may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from mintmark.domain import Clock, Refusal, Refused
from mintmark.portfolio.context import RequestCtx

if TYPE_CHECKING:
    from mintmark.portfolio.tables import OwnedPortfolio

DAY_SECONDS = 86_400
Part = TypeVar("Part")


def _no_float(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise ValueError("expected an exact number as text, found a number with a fraction")
    return value


Exact = Annotated[Decimal, BeforeValidator(_no_float)]


class Arguments(BaseModel):
    """The arguments of a capability; one it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Answer(BaseModel):
    """The result of a capability, strict: a Decimal stays a Decimal, money is ``Money``, no NaN.

    A field that cannot be known is None, and ``Notes.undefined`` says why.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, revalidate_instances="always"
    )


@dataclass(frozen=True)
class Warned:
    """What a reader of the answer should know although nothing failed."""

    code: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass
class Notes:
    """What a capability says beside its result.

    ``missing`` maps the path of a null below the result (``sharpe_ratio``, ``positions.AAPL.beta``) to its reason.
    """

    missing: dict[str, str] = field(default_factory=dict)
    warnings: list[Warned] = field(default_factory=list)
    present: int = 0
    required: int = 0

    def undefined(self, path: str, reason: str) -> None:
        """Say why the value at ``path`` is null."""
        self.missing[path] = reason

    def warn(self, code: str, message: str) -> None:
        """Add a warning; the same one twice is one."""
        warned = Warned(code, message)
        if warned not in self.warnings:
            self.warnings.append(warned)

    def inputs(self, present: int, required: int) -> None:
        """Count inputs that were there among those needed."""
        self.present += present
        self.required += required

    @property
    def confidence(self) -> float:
        """The share of the needed inputs that were there; 1.0 when none was needed."""
        return 1.0 if not self.required else self.present / self.required


@dataclass(frozen=True)
class Services:
    """What the house lends beside pack and ledger, each part under its type."""

    clock: Clock
    parts: Mapping[type, object] = field(default_factory=dict)

    def need(self, kind: type[Part]) -> Part:
        """Return the part of this type.

        Raises:
            Refused: ``service_unavailable`` when this installation has none.
        """
        found = self.parts.get(kind)
        if found is None:
            raise Refused(f"this installation has no {kind.__name__}", code="service_unavailable", part=kind.__name__)
        assert isinstance(found, kind)
        return found


@dataclass(frozen=True)
class Reading:
    """All that a capability sees.

    ``pack`` is the valuation view and ``ledger`` the journal at the head of ``ctx``; both note what they read
    in ``reads``. ``idempotency_key`` is the same when the same step of the same request is tried again.
    ``portfolio`` is None where a pattern asks about none; ``owned`` refuses then. ``inherited`` are the sources of
    the results that the arguments were made from. ``once`` makes of pack and ledger, under a key, what several calls
    of one request need; None where every call makes its own.
    """

    ctx: RequestCtx
    pack: Any
    ledger: Any
    reads: Any
    services: Services
    notes: Notes
    idempotency_key: str
    portfolio: OwnedPortfolio | None = None
    inherited: tuple[str, ...] = ()
    once: Callable[[str, Callable[[Any, Any], Any]], Any] | None = None

    @property
    def owned(self) -> OwnedPortfolio:
        """The portfolio of the question; refuses ``portfolio_not_found`` where there is none."""
        if self.portfolio is None:
            raise Refused("this question names no portfolio", code="portfolio_not_found")
        return self.portfolio


Run = Callable[[Reading, Any], BaseModel | Refusal]


@dataclass(frozen=True)
class Capability:
    """One named thing an agent can compute.

    ``name`` reads ``area.verb``. ``run`` returns an instance of ``result``, or a refusal. ``effects`` say that it
    leaves something behind. ``ttl`` is in seconds, None until the next cutoff. ``timeout`` in seconds, None for
    that of its agent.
    """

    name: str
    arguments: type[Arguments]
    result: type[Answer]
    run: Run
    summary: str
    effects: bool = False
    ttl: int | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class Agent:
    """A list of capabilities under one name; ``timeout`` in seconds for each of them."""

    name: str
    capabilities: tuple[Capability, ...]
    timeout: float


class Agents:
    """Every capability by name, with the agent that has it.

    Raises:
        ValueError: one agent twice, or two agents with one capability.
    """

    def __init__(self, agents: Iterable[Agent]) -> None:
        self.agents: tuple[Agent, ...] = tuple(agents)
        _refuse_twins("agent", [agent.name for agent in self.agents])
        _refuse_twins("capability", [one.name for agent in self.agents for one in agent.capabilities])

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[Agent, Capability]]:
        return {one.name: (agent, one) for agent in self.agents for one in agent.capabilities}

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Capability:
        return self._by_name[name][1]

    def agent_of(self, name: str) -> Agent:
        """Return the agent that has the capability ``name``."""
        return self._by_name[name][0]

    def timeout_of(self, name: str) -> float:
        """Return the seconds one call of ``name`` may take."""
        agent, capability = self._by_name[name]
        return agent.timeout if capability.timeout is None else capability.timeout

    def names(self) -> list[str]:
        """Return all names, in order."""
        return sorted(self._by_name)


def _refuse_twins(kind: str, names: Sequence[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f"expected each {kind} once, found {', '.join(twins)} more than once")
