"""The agent that proposes alerts, and makes one when a figure crosses a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from mintmark.domain import Refusal, Refused, plain_decimal
from mintmark.portfolio.alerts import DEFAULT_COOLDOWN_MINUTES, KINDS
from mintmark.portfolio.capability import Agent, Answer, Arguments, Capability, Reading
from mintmark.portfolio.context import Actor
from mintmark.portfolio.shapes import Number

SECONDS: Final = 10.0
VIX: Final = "VIXCLS"
VIX_LIMIT: Final = "30"
Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class MakesAlerts:
    """Makes alerts for whoever asks a question."""

    def make(self, actor: Actor, portfolio_id: UUID, condition: Mapping[str, Any], name: str, key: str) -> str:
        """Make an alert of ``actor`` once for each ``key``; return its id."""
        raise NotImplementedError


class Threshold(Arguments):
    """A figure and what it may not reach; the size counts, not the sign."""

    type: Literal["macro", "metric", "rating", "price", "news"]
    entity: Word
    metric: Word
    observed: Number | None
    threshold: Number = Field(gt=0)
    window: Annotated[int, Field(ge=1, le=2520)] | None = None


class Created(Answer):
    """Whether an alert was made; ``alert_id`` is None where the figure stays below."""

    created: bool
    alert_id: str | None
    observed: Decimal | None
    threshold: Decimal


class Shifts(Arguments):
    """What changed, and the regime that is in force; None where it is not known."""

    shifts: list[dict[str, Any]] = Field(default_factory=list, max_length=1000)
    regime: Word | None = None


class Preset(Answer):
    """An alert to be made as it stands."""

    name: str
    type: str
    entity: str
    metric: str
    op: str
    value: str
    cooldown_minutes: int
    rationale: str


class Presets(Answer):
    presets: list[Preset]


def create_if_threshold(reading: Reading, given: Threshold) -> Created | Refusal:
    """Make an alert on the figure where its size reaches the threshold; refuses ``value_missing``."""
    if given.observed is None:
        return Refusal("value_missing", f"{given.metric} of {given.entity} is not known, so nothing was compared")
    reading.reads.note("ledger")
    reading.notes.inputs(1, 1)
    reached = abs(given.observed) >= given.threshold
    alert_id = _made(reading, given) if reached else None
    return Created(created=reached, alert_id=alert_id, observed=given.observed, threshold=given.threshold)


def _made(reading: Reading, given: Threshold) -> str:
    falls = given.observed is not None and given.observed < 0
    limit = -given.threshold if falls else given.threshold
    condition = {"type": given.type, "entity": given.entity, "metric": given.metric, "window": given.window}
    compared = {"op": "<=" if falls else ">=", "value": plain_decimal(limit)}
    maker = reading.services.need(MakesAlerts)
    actor = Actor(reading.ctx.user_id, "trader")
    name = f"{given.metric} of {given.entity}"[:100]
    return maker.make(actor, reading.owned.portfolio_id, {**condition, **compared}, name, reading.idempotency_key)


def suggest_presets(reading: Reading, given: Shifts) -> Presets:
    """Return an alert for the regime in force, and one for fear where the pack holds the VIX."""
    reading.reads.note("ledger")
    found = []
    if given.regime is not None:
        moved = f"; it shifted {len(given.shifts)} times in the time looked at" if given.shifts else ""
        rationale = f"the regime is {given.regime} now{moved}"
        found.append(_preset("Regime shift", "macro", "US", "regime", "!=", given.regime, rationale))
    try:
        last = float(reading.pack.macro(VIX).values[-1])
    except Refused as refused:
        reading.notes.warn(refused.code, refused.message)
    else:
        found.append(_preset("Fear", "macro", VIX, "level", ">", VIX_LIMIT, f"the VIX stands at {last:g}"))
    return Presets(presets=found)


def _preset(name: str, kind: str, entity: str, metric: str, op: str, value: str, rationale: str) -> Preset:
    assert kind in KINDS
    compared = {"type": kind, "entity": entity, "metric": metric, "op": op, "value": value}
    return Preset(name=name, **compared, cooldown_minutes=DEFAULT_COOLDOWN_MINUTES, rationale=rationale)


AGENT = Agent(
    "alerts",
    (
        Capability(
            "alerts.create_if_threshold",
            Threshold,
            Created,
            create_if_threshold,
            "Make an alert where a figure reaches a threshold.",
            effects=True,
        ),
        Capability("alerts.suggest_presets", Shifts, Presets, suggest_presets, "Alerts for what shifted."),
    ),
    timeout=SECONDS,
)
