"""What the pages draw of the economy and of scenarios: bars, ready made."""

from __future__ import annotations

from typing import Any

from mintmark.domain import Money
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.macro_shapes import GivenExposures, GivenIndicators, GivenRegime
from mintmark.portfolio.scenario_shapes import GivenDrawdown, GivenScenario


class MacroGiven(Arguments):
    """What ``macro.detect_regime``, ``macro.get_indicators`` and the risk capabilities gave."""

    regime: GivenRegime
    indicators: GivenIndicators
    exposures: GivenExposures
    drawdown: GivenDrawdown


class ScenarioDrawn(Arguments):
    """What ``macro.run_scenario`` gave."""

    scenario: GivenScenario


class Bar(Answer):
    """One bar."""

    name: str
    value: float


class Range(Answer):
    """One bar between two errors below and above it."""

    name: str
    value: float
    low: float
    high: float


class MacroCharts(Answer):
    """Scores of the regimes, readings in deviations, betas of the portfolio, and who loses in the tail."""

    regimes: list[Bar]
    readings: list[Bar]
    factors: list[Range] | None
    tail: list[Bar]


class MoneyBar(Answer):
    """One bar of money."""

    name: str
    value: Money


class ScenarioCharts(Answer):
    """What each covered position gains or loses, worst first, and all of them."""

    deltas: list[MoneyBar]
    total: Money


def macro_overview(reading: Reading, given: MacroGiven) -> MacroCharts:
    """Return the bars of the macro overview."""
    fit = given.exposures.portfolio
    if fit is None:
        reading.notes.undefined("factors", "exposures_missing")
    return MacroCharts(
        regimes=[Bar(name=name, value=value) for name, value in given.regime.scores.items()],
        readings=[Bar(name=one.slot, value=one.z) for one in given.indicators.short_term],
        factors=None
        if fit is None
        else [
            Range(name=one.factor, value=one.beta, low=one.beta - 2 * one.error, high=one.beta + 2 * one.error)
            for one in fit.betas
        ],
        tail=[Bar(name=one.symbol, value=one.share) for one in given.drawdown.tail],
    )


def scenario_deltas(_: Reading, given: ScenarioDrawn) -> ScenarioCharts:
    """Return the bars of a scenario."""
    known = [(one.change.amount, one.symbol, one.change) for one in given.scenario.deltas if one.change is not None]
    ordered = sorted(known, key=lambda one: one[:2])
    return ScenarioCharts(
        deltas=[MoneyBar(name=symbol, value=change) for _, symbol, change in ordered], total=given.scenario.total
    )


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("charts.macro_overview", MacroGiven, MacroCharts, macro_overview, "Bars of regime, factors and depth."),
        ("charts.scenario_deltas", ScenarioDrawn, ScenarioCharts, scenario_deltas, "Bars of a scenario."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
