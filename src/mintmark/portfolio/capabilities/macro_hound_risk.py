"""How deep a portfolio may fall, what factors did in the present phases, and what turned."""

from __future__ import annotations

import functools
from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from mintmark.domain import Money, Refusal
from mintmark.portfolio.at_risk import HeldValue, estimate, generator_for
from mintmark.portfolio.capabilities.macro_hound_factors import sources_of
from mintmark.portfolio.capabilities.macro_hound_series import day_of, finder
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.cycles import Shift, betas_turned, long_term_phase, regime_shifts
from mintmark.portfolio.exposed_holdings import FIVE_YEARS, held_of, in_base, last_days
from mintmark.portfolio.factors import Factors, SetName, fill_factors
from mintmark.portfolio.macro import MacroSeries, Phase, detect_regime, month_ends
from mintmark.portfolio.macro_shapes import (
    Fit,
    GivenExposureHistory,
    GivenExposures,
    GivenPhase,
    GivenRegimes,
    PhaseCard,
)
from mintmark.portfolio.macro_sources import long_term_slots, short_term_slots
from mintmark.portfolio.scenario_shapes import DrawdownWidget, TailPart
from mintmark.portfolio.shapes import GivenValued, of_state

FloatArray = NDArray[np.float64]
Days = NDArray[np.datetime64]
_ONE_MONTH = np.timedelta64(31, "D")
_TWENTY_YEARS = np.timedelta64(240, "M")


class DepthGiven(Arguments):
    """A valued portfolio; ``regime_only`` lets what is drawn begin on days of the present regime alone."""

    valued: GivenValued
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95
    regime_only: bool = False
    random_state: Annotated[int, Field(ge=0)] | None = None


class OverlayGiven(Arguments):
    """How the portfolio moves with factors, and the phases of the cycles; the long one None where it is not told."""

    exposures: GivenExposures
    short_term: GivenPhase
    long_term: Annotated[PhaseCard | None, BeforeValidator(of_state(PhaseCard))] = None


class OverlayRow(Answer):
    """A factor in a phase: its mean move over one period, and the portfolio's beta times it."""

    factor: str
    beta: float
    mean_move: float | None
    contribution: float | None


class PhaseOverlay(Answer):
    """What factors did in the periods that began in ``phase``; the past of a phase, no forecast."""

    phase: str
    periods: int
    expected: float | None
    rows: list[OverlayRow]


class CycleOverlay(Answer):
    """The exposures of a portfolio laid over the present phase of each cycle."""

    set: str
    frequency: str
    short_term: PhaseOverlay
    long_term: PhaseOverlay | None


class HistoriesGiven(Arguments):
    """Regimes and exposures at month ends."""

    regimes: GivenRegimes
    exposures: GivenExposureHistory


class TrendShift(Answer):
    """Something that turned on a day: the regime, or a beta."""

    kind: Literal["regime", "beta"]
    subject: str
    day: date
    before: str | float
    after: str | float


class TrendShifts(Answer):
    """What turned, oldest first, and the regime of the last month end; None where it could not be told."""

    shifts: list[TrendShift]
    regime: str | None


def drawdown(reading: Reading, given: DepthGiven) -> DrawdownWidget | Refusal:
    """Return how deep the portfolio may fall in 30 trading days.

    Refuses ``history_too_short``, ``no_equity``; ``macro_inputs_missing`` where the present regime is asked for and
    cannot be told.
    """
    valued, pack = given.valued, reading.pack
    days = last_days(pack, reading.ctx.asof_date, FIVE_YEARS + 1)
    in_regime = _in_regime(reading, np.array(days[1:], "datetime64[D]")) if given.regime_only else None
    if isinstance(in_regime, Refusal):
        return in_regime
    held, base = held_of(valued), valued.base_currency
    returns = np.empty((len(days) - 1, len(held)))
    for place, one in enumerate(held):
        returns[:, place] = in_base(pack, one.symbol, base, days)[1:]
    stands_on = (reading.ctx.pack_sha256, reading.ledger.portfolio_hash(reading.owned.code))
    found = estimate(
        [HeldValue(one.symbol, one.value) for one in held], valued.nav.amount - sum(one.value for one in held), returns,
        generator_for(*stands_on, given.random_state), confidence=given.confidence, in_regime=in_regime,
    )  # fmt: skip
    if isinstance(found, Refusal):
        return found
    for code in found.warnings:
        reading.notes.warn(code, "under 250 days of the present regime are known, so any day may begin a block")
    same = ("at_risk", "mean", "median", "worst", "tail_mean", "confidence", "paths", "days", "rows", "conditional")
    return DrawdownWidget(
        **{name: getattr(found, name) for name in same},
        at_risk_amount=Money(found.at_risk_amount, base),
        worst_amount=Money(found.worst_amount, base),
        tail=[TailPart(symbol=one.symbol, share=one.share) for one in found.tail],
    )


def _in_regime(reading: Reading, days: Days) -> NDArray[np.bool_] | Refusal:
    """Return on which of ``days`` the regime was that of today, by what was known at the month end before."""
    slots = short_term_slots(functools.cache(finder(reading)))
    present = detect_regime(slots, day_of(reading))
    if isinstance(present, Refusal):
        return present
    found: NDArray[np.bool_] = _phases(days, slots, detect_regime) == present.phase
    return found


def _phases(days: Days, slots: dict[str, MacroSeries], told: Any) -> NDArray[np.str_]:
    """Return the phase in force on each of ``days``: that of the last month end; empty where none could be told."""
    ends = month_ends(days[0] - 2 * _ONE_MONTH, days[-1])
    names = [found.phase if isinstance(found := told(slots, end), Phase) else "" for end in ends]
    return np.array(names)[np.searchsorted(ends, days, side="right") - 1]


def overlay(reading: Reading, given: OverlayGiven) -> CycleOverlay | Refusal:
    """Return what factors did over 20 years in periods that began in the present phases, times the betas.

    Refuses ``exposures_missing`` where those of the portfolio could not be estimated, and ``factors_missing``.
    """
    fit, name = given.exposures.portfolio, given.exposures.set
    if fit is None:
        return Refusal("exposures_missing", "expected the exposures of the portfolio, found none", observed=0, limit=1)
    since = (day_of(reading).astype("datetime64[M]") - _TWENTY_YEARS).astype("datetime64[D]")
    find = functools.cache(finder(reading))
    factors = fill_factors(sources_of(reading, since, day_of(reading), find), _SET[name])
    if isinstance(factors, Refusal):
        return factors
    opens = factors.opens.astype("datetime64[D]")
    short = _phases(opens, short_term_slots(find), detect_regime) == given.short_term.phase
    long = None
    if given.long_term is None:
        reading.notes.undefined("long_term", "macro_inputs_missing")
    else:
        within = _phases(opens, long_term_slots(find), long_term_phase) == given.long_term.phase
        long = _laid_over(reading, "long_term", given.long_term.phase, within, fit, factors)
    return CycleOverlay(
        set=factors.name, frequency=factors.frequency, long_term=long,
        short_term=_laid_over(reading, "short_term", given.short_term.phase, short, fit, factors),
    )  # fmt: skip


_SET: dict[str, SetName] = {
    "macro5_daily": "macro5_daily", "macro5_monthly": "macro5_monthly", "macro3_monthly": "macro3_monthly",
    "ff3_monthly": "ff3_monthly", "style5_daily": "style5_daily",
}  # fmt: skip


def _laid_over(
    reading: Reading, cycle: str, phase: str, within: NDArray[np.bool_], fit: Fit, factors: Factors
) -> PhaseOverlay:
    periods = int(within.sum())
    moves = factors.values[within].mean(axis=0).tolist() if periods else [None] * len(factors.columns)
    by_factor = dict(zip(factors.columns, moves, strict=True))
    rows = []
    for place, one in enumerate(fit.betas):
        move = by_factor[one.factor]
        if move is None:
            for field in ("mean_move", "contribution"):
                reading.notes.undefined(f"{cycle}.rows.{place}.{field}", "no_periods")
        brought = None if move is None else one.beta * move
        rows.append(OverlayRow(factor=one.factor, beta=one.beta, mean_move=move, contribution=brought))
    if not periods:
        reading.notes.undefined(f"{cycle}.expected", "no_periods")
    expected = sum(one.contribution or 0.0 for one in rows) if periods else None
    return PhaseOverlay(phase=phase, periods=periods, expected=expected, rows=rows)


def shifts(reading: Reading, given: HistoriesGiven) -> TrendShifts:
    """Return each month end at which the regime was another one, or a beta had moved by over two errors."""
    regimes = given.regimes.months
    turned: list[Shift] = [
        *regime_shifts([(np.datetime64(one.day), one.phase) for one in regimes]),
        *betas_turned(
            [
                (np.datetime64(one.day), {each.factor: (each.beta, each.error) for each in one.fit.betas})
                for one in given.exposures.months
                if one.fit is not None
            ]
        ),
    ]
    last = regimes[-1] if regimes else None
    if last is None or last.phase is None:
        reading.notes.undefined("regime", "history_empty" if last is None else last.reason or "macro_inputs_missing")
    told = sorted(turned, key=lambda one: (one.day, one.kind, one.subject))
    return TrendShifts(shifts=[_shift(one) for one in told], regime=None if last is None else last.phase)


def _shift(one: Shift) -> TrendShift:
    kind: Literal["regime", "beta"] = "regime" if one.kind == "regime" else "beta"
    return TrendShift(kind=kind, subject=one.subject, day=one.day.astype(object), before=one.before, after=one.after)


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("macro.compute_dar", DepthGiven, DrawdownWidget, drawdown, "How deep a portfolio may fall on the way."),
        ("macro.detect_trend_shifts", HistoriesGiven, TrendShifts, shifts, "When the regime or a beta turned."),
        ("risk.overlay_cycle_phases", OverlayGiven, CycleOverlay, overlay, "What factors did in the present phases."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
