"""The agent that reads the economy: regimes, indicators, cycles."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator

from mintmark.domain import Refusal
from mintmark.measures import Undefined
from mintmark.portfolio.capabilities import macro_hound_factors, macro_hound_risk, macro_hound_scenarios
from mintmark.portfolio.capabilities.macro_hound_series import LookBackWeeks, day_of, finder, wrong_weeks
from mintmark.portfolio.capability import Agent, Answer, Arguments, Capability, Reading
from mintmark.portfolio.cycles import EMPIRE_WEIGHTS, empire_phase, long_term_phase
from mintmark.portfolio.cycles import SLOTS as LONG_SLOTS
from mintmark.portfolio.cycles import YEARS as LONG_YEARS
from mintmark.portfolio.macro import SLOTS, YEARS, Phase, SlotReading, detect_regime, month_ends, read_slot
from mintmark.portfolio.macro_shapes import Indicator, Indicators, Month, PhaseCard, RegimeCard, RegimeHistory
from mintmark.portfolio.macro_sources import Find, long_term_slots, short_term_slots
from mintmark.portfolio.shapes import of_state

_EMPIRE_PREFIX = "empire_"
_TEN_YEARS = np.timedelta64(120, "M")


class Nothing(Arguments):
    """No arguments."""


class EmpireCard(Answer):
    """Level of a country 0 to 100, its change over ten years, and its phase."""

    level: Decimal
    change: Decimal | None
    phase: str | None
    missing: list[str]


def _optional(shape: type[Answer]) -> BeforeValidator:
    return BeforeValidator(of_state(shape))


class CyclesGiven(Arguments):
    """The cycles that could be told, None for one that refused."""

    short_term: Annotated[PhaseCard | None, _optional(PhaseCard)] = None
    long_term: Annotated[PhaseCard | None, _optional(PhaseCard)] = None
    empire: Annotated[EmpireCard | None, _optional(EmpireCard)] = None


class CyclesOverview(Answer):
    """The phase of each cycle, None where it could not be told."""

    short_term: str | None
    long_term: str | None
    empire: str | None
    told: int


def regime(reading: Reading, _: Nothing) -> PhaseCard | Refusal:
    """Return the regime, which is the short-term phase; refuses ``macro_inputs_missing`` under 3 of 4 slots."""
    return _card(reading, detect_regime(short_term_slots(finder(reading)), day_of(reading)), len(SLOTS))


def detected(reading: Reading, given: Nothing) -> RegimeCard | Refusal:
    """Return the regime; refuses as ``regime``."""
    found = regime(reading, given)
    return found if isinstance(found, Refusal) else RegimeCard(**found.model_dump(), regime=found.phase)


def long_term(reading: Reading, _: Nothing) -> PhaseCard | Refusal:
    """Return the phase of the long-term cycle; refuses ``macro_inputs_missing`` under 2 of 4 slots."""
    return _card(reading, long_term_phase(long_term_slots(finder(reading)), day_of(reading)), len(LONG_SLOTS))


def indicators(reading: Reading, _: Nothing) -> Indicators:
    """Return where each reading stands that regimes and cycles are told by."""
    find, day, missing = finder(reading), day_of(reading), {}
    found: dict[str, list[Indicator]] = {}
    for name, slots, series, years in (
        ("short_term", SLOTS, short_term_slots(find), YEARS),
        ("long_term", LONG_SLOTS, long_term_slots(find), LONG_YEARS),
    ):
        found[name] = []
        for slot in slots:
            try:
                found[name].append(_indicator(slot, read_slot(series.get(slot), day, years)))
            except Undefined as why:
                missing[f"{name}.{slot}"] = why.reason
    told = sum(len(each) for each in found.values())
    reading.notes.inputs(told, told + len(missing))
    return Indicators(
        day=reading.ctx.asof_date, short_term=found["short_term"], long_term=found["long_term"], missing=missing
    )


def history(reading: Reading, given: LookBackWeeks) -> RegimeHistory | Refusal:
    """Return the regime at each month end of the last weeks."""
    wrong = wrong_weeks(given)
    if wrong is not None:
        return wrong
    last = day_of(reading)
    slots, months = short_term_slots(finder(reading)), []
    for index, end in enumerate(month_ends(last - np.timedelta64(7 * given.lookback_weeks, "D"), last)):
        found = detect_regime(slots, end)
        day = end.astype(object)
        if isinstance(found, Refusal):
            for name in ("phase", "confidence"):
                reading.notes.undefined(f"months.{index}.{name}", found.code)
            months.append(Month(day=day, phase=None, confidence=None, reason=found.code))
        else:
            months.append(Month(day=day, phase=found.phase, confidence=found.scores.confidence, reason=None))
    return RegimeHistory(months=months)


def empire(reading: Reading, _: Nothing) -> EmpireCard | Refusal:
    """Return where the country of the imported scores stands; refuses ``inputs_missing``."""
    find, day = finder(reading), day_of(reading)
    before = (day.astype("datetime64[M]") - _TEN_YEARS).astype("datetime64[D]")
    found = empire_phase(_scores(find, day), _scores(find, before))
    if isinstance(found, Refusal):
        return found
    for name in ("change", "phase"):
        if getattr(found, name) is None:
            reading.notes.undefined(name, "history_too_short")
    return EmpireCard(level=found.level, change=found.change, phase=found.phase, missing=list(found.missing))


def _scores(find: Find, day: np.datetime64) -> dict[str, Decimal]:
    found = {}
    for name in EMPIRE_WEIGHTS:
        series = find(_EMPIRE_PREFIX + name)
        ended = None if series is None else series.where(series.ends <= day)
        if ended is not None and len(ended.values):
            found[name] = Decimal(repr(float(ended.values[-1])))
    return found


def overview(reading: Reading, given: CyclesGiven) -> CyclesOverview | Refusal:
    """Return all cycles side by side; refuses ``macro_inputs_missing`` where none could be told."""
    cards = {"short_term": given.short_term, "long_term": given.long_term, "empire": given.empire}
    phases = {name: None if card is None else card.phase for name, card in cards.items()}
    told = sum(phase is not None for phase in phases.values())
    if not told:
        return Refusal("macro_inputs_missing", "expected one cycle that can be told, found none", observed=0, limit=1)
    for name, phase in phases.items():
        if phase is None:
            reading.notes.undefined(name, "macro_inputs_missing")
    reading.notes.inputs(told, len(phases))
    return CyclesOverview(**phases, told=told)


def _card(reading: Reading, found: Phase | Refusal, slots: int) -> PhaseCard | Refusal:
    if isinstance(found, Refusal):
        return found
    reading.notes.inputs(len(found.readings), slots)
    for code in found.warnings:
        reading.notes.warn(code, f"{found.phase} shares its score with another phase and stands first in the table")
    return PhaseCard(
        phase=found.phase,
        day=found.day.astype(object),
        score=found.scores.scores[found.phase],
        confidence=found.scores.confidence,
        scores=dict(found.scores.scores),
        shares=dict(found.scores.shares),
        indicators=[_indicator(slot, one) for slot, one in found.readings.items()],
        missing=dict(found.missing),
    )


def _indicator(slot: str, one: SlotReading) -> Indicator:
    return Indicator(slot=slot, z=one.z, value=one.value, period_end=one.period_end.astype(object), series=one.series)


AGENT = Agent(
    "macro_hound",
    (
        Capability("macro.detect_regime", Nothing, RegimeCard, detected, "The regime that fits what was known."),
        Capability("macro.get_indicators", Nothing, Indicators, indicators, "Where each macro reading stands."),
        Capability("macro.get_regime_history", LookBackWeeks, RegimeHistory, history, "The regime at month ends."),
        Capability("cycles.compute_short_term", Nothing, PhaseCard, regime, "The phase of the short-term cycle."),
        Capability("cycles.compute_long_term", Nothing, PhaseCard, long_term, "The phase of the long-term cycle."),
        Capability("cycles.compute_empire", Nothing, EmpireCard, empire, "The rise or decline of a country."),
        Capability("cycles.aggregate_overview", CyclesGiven, CyclesOverview, overview, "All cycles side by side."),
        *macro_hound_factors.capabilities(),
        *macro_hound_risk.capabilities(),
        *macro_hound_scenarios.capabilities(),
    ),
    timeout=20.0,
)
