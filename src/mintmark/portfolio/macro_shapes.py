"""Results about the economy that one capability gives and another takes."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

from mintmark.portfolio.capability import Answer
from mintmark.portfolio.shapes import of_state


class Indicator(Answer):
    """The last value of a slot, of which period and series, and its distance from the mean in deviations."""

    slot: str
    z: float
    value: float
    period_end: date
    series: str


class PhaseCard(Answer):
    """The phase that fits best; ``shares`` of all scores are no probabilities; ``missing`` says why by slot."""

    phase: str
    day: date
    score: float
    confidence: float
    scores: dict[str, float]
    shares: dict[str, float]
    indicators: list[Indicator]
    missing: dict[str, str]


class RegimeCard(PhaseCard):
    """The phase of the short-term cycle under its other name, ``regime``."""

    regime: str


class Indicators(Answer):
    """Every slot of the regime and of the long-term cycle that can be read."""

    day: date
    short_term: list[Indicator]
    long_term: list[Indicator]
    missing: dict[str, str]


class Month(Answer):
    """The regime at a month end; None with its code where it could not be told."""

    day: date
    phase: str | None
    confidence: float | None
    reason: str | None


class RegimeHistory(Answer):
    """The regime at each month end looked back on, each by what was known then."""

    months: list[Month]


class FactorBeta(Answer):
    """How much goes with one factor; ``t`` is None where the error is zero."""

    factor: str
    beta: float
    error: float
    t: float | None


class Fit(Answer):
    """A least-squares fit on the factors with its errors; ``residual_volatility`` is yearly."""

    betas: list[FactorBeta]
    intercept: float
    r2: float
    residual_volatility: float
    n: int


class PositionFit(Answer):
    """How the local returns of one holding move with the factors; None where that cannot be estimated."""

    symbol: str
    fit: Fit | None


class FactorExposures(Answer):
    """How a portfolio as it stands, and each holding, move with one set of factors.

    ``first`` and ``last`` bound the days looked at.
    """

    set: str
    frequency: str
    factors: list[str]
    first: date
    last: date
    portfolio: Fit | None
    positions: list[PositionFit]


class ExposureMonth(Answer):
    """The exposures at a month end; None with its code where they could not be estimated."""

    day: date
    fit: Fit | None
    reason: str | None


class ExposureHistory(Answer):
    """How the returns a portfolio had moved with the factors, at each month end, each by what was known then."""

    set: str
    frequency: str
    months: list[ExposureMonth]


GivenIndicators = Annotated[Indicators, BeforeValidator(of_state(Indicators))]
GivenRegime = Annotated[RegimeCard, BeforeValidator(of_state(RegimeCard))]
GivenPhase = Annotated[PhaseCard, BeforeValidator(of_state(PhaseCard))]
GivenRegimes = Annotated[RegimeHistory, BeforeValidator(of_state(RegimeHistory))]
GivenExposures = Annotated[FactorExposures, BeforeValidator(of_state(FactorExposures))]
GivenExposureHistory = Annotated[ExposureHistory, BeforeValidator(of_state(ExposureHistory))]
