"""Results about what may go wrong that one capability gives and another takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator

from mintmark.domain import Money
from mintmark.portfolio.capability import Answer
from mintmark.portfolio.shapes import of_state


class DeltaRow(Answer):
    """By how much one position changes; None where it is not covered."""

    symbol: str
    value: Money
    change: Money | None
    fraction: Decimal | None


class ScenarioTable(Answer):
    """What a scenario does to a portfolio as it stands; it carries no probability.

    ``shocks`` are fractions by factor, empty for a replay. ``through_index`` lists holdings that were not there in a
    replay and went by their beta to the benchmark.
    """

    scenario: str
    kind: Literal["shocks", "replay"]
    shocks: dict[str, Decimal]
    base_currency: str
    total: Money
    deltas: list[DeltaRow]
    winners: list[DeltaRow]
    losers: list[DeltaRow]
    coverage: Decimal
    uncovered: list[str]
    legs_uncovered: list[str]
    through_index: list[str]


class HedgeRow(Answer):
    """What to hold of a hedge (negative is sold), what it costs, and the scenario with it."""

    kind: str
    symbol: str
    notional: Money
    ratio: Decimal
    cost: Money
    change: Money
    total_after: Money


class HedgeTable(Answer):
    """Hedges that lessen the loss of a scenario, best first, and why each other one is none."""

    scenario: str
    hedges: list[HedgeRow]
    dropped: dict[str, str]


class TailPart(Answer):
    """What a holding lost of the mean fall in the tail: a fraction of the portfolio's peak."""

    symbol: str
    share: float


class DrawdownWidget(Answer):
    """How deep a portfolio may fall within ``days``: positive fractions, and money of its value today.

    ``conditional``: the days drawn from begin in the present regime.
    """

    at_risk: float
    mean: float
    median: float
    worst: float
    tail_mean: float
    at_risk_amount: Money
    worst_amount: Money
    tail: list[TailPart]
    confidence: float
    paths: int
    days: int
    rows: int
    conditional: bool


GivenScenario = Annotated[ScenarioTable, BeforeValidator(of_state(ScenarioTable))]
GivenDrawdown = Annotated[DrawdownWidget, BeforeValidator(of_state(DrawdownWidget))]
