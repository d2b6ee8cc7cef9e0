"""Which regime the economy is in, by what was known on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal
from mintmark.measures import Band, PhaseScores, Undefined, phase_scores, z_score

FloatArray = NDArray[np.float64]
Days = NDArray[np.datetime64]
Frequency = Literal["daily", "monthly", "quarterly"]
Table = Mapping[str, Mapping[str, Band]]

SLOTS = ("curve", "unemployment", "inflation", "credit")
LEAST_SLOTS = 3
YEARS = 10
POINTS_PER_YEAR: Mapping[Frequency, int] = {"daily": 252, "monthly": 12, "quarterly": 4}
OLDEST_DAYS: Mapping[Frequency, int] = {"daily": 10, "monthly": 75, "quarterly": 200}
"""How long ago the period of a last value may have ended."""


def _row(*bands: tuple[float | None, float | None, float]) -> Mapping[str, Band]:
    return dict(zip(SLOTS, (Band(*band) for band in bands), strict=True))


REGIMES: Table = {
    "EARLY_EXPANSION": _row((0.5, None, 2.0), (None, -0.5, 1.5), (None, 0.0, 1.0), (None, 0.0, 1.0)),
    "MID_EXPANSION": _row((0.0, 1.5, 1.5), (-1.5, 0.0, 1.5), (-0.5, 0.5, 1.0), (-0.5, 0.5, 1.0)),
    "LATE_EXPANSION": _row((-1.0, 0.5, 2.0), (-2.0, -0.5, 1.5), (0.5, None, 2.0), (0.0, 1.0, 1.0)),
    "EARLY_CONTRACTION": _row((None, -0.5, 2.5), (0.0, 1.0, 1.5), (None, 1.0, 0.5), (0.5, None, 2.0)),
    "DEEP_CONTRACTION": _row((0.5, None, 1.0), (1.0, None, 2.5), (None, 0.0, 1.0), (1.5, None, 2.5)),
}
"""What each regime, which is the short-term phase too, expects of each slot."""


@dataclass(frozen=True, eq=False)
class MacroSeries:
    """A series under the name it is told by: the day each period ends, its value, the day it became known.

    Shape: (n,) each, ascending. Rates are fractions.
    """

    name: str
    frequency: Frequency
    ends: Days
    values: FloatArray
    known: Days

    def at(self, day: np.datetime64) -> MacroSeries:
        """Return what was known on ``day``."""
        return self.where(self.known <= day)

    def where(self, kept: NDArray[np.bool_]) -> MacroSeries:
        """Return the values that are ``kept``."""
        return MacroSeries(self.name, self.frequency, self.ends[kept], self.values[kept], self.known[kept])


@dataclass(frozen=True)
class SlotReading:
    """One slot on one day: how many deviations from its mean, from which value of which series."""

    z: float
    value: float
    period_end: np.datetime64
    series: str


@dataclass(frozen=True)
class Phase:
    """The phase that fits best on ``day``, with all scores, what was read, and why a slot is missing."""

    phase: str
    day: np.datetime64
    scores: PhaseScores
    readings: Mapping[str, SlotReading]
    missing: Mapping[str, str]
    warnings: tuple[str, ...]


def detect_regime(series: Mapping[str, MacroSeries], day: np.datetime64) -> Phase | Refusal:
    """Return the regime on ``day`` from the series of each slot, or refuse ``macro_inputs_missing``."""
    return fit_phase(REGIMES, SLOTS, series, day, years=YEARS, least=LEAST_SLOTS)


def fit_phase(
    table: Table, slots: Sequence[str], series: Mapping[str, MacroSeries], day: np.datetime64, *, years: int, least: int
) -> Phase | Refusal:
    """Return the phase of ``table`` that fits what was known on ``day``; a tie goes to the earlier row."""
    readings, missing = {}, {}
    for slot in slots:
        try:
            readings[slot] = read_slot(series.get(slot), day, years)
        except Undefined as why:
            missing[slot] = why.reason
    if len(readings) < least:
        return Refusal(
            "macro_inputs_missing",
            f"expected at least {least} of {', '.join(slots)}, found {', '.join(readings) or 'none'}",
            observed=len(readings),
            limit=least,
            details={"missing": missing},
        )
    scores = phase_scores({slot: one.z for slot, one in readings.items()}, table, slots)
    return Phase(scores.ranking[0], day, scores, readings, missing, ("regime_tie",) if scores.tied else ())


def read_slot(series: MacroSeries | None, day: np.datetime64, years: int = YEARS) -> SlotReading:
    """Return where the last value known on ``day`` lies among those of ``years``.

    Raises:
        Undefined: ``series_missing``; ``value_stale``, where the last period ended too long ago;
            ``history_too_short`` or ``no_variation``.
    """
    known = series.at(day) if series is not None else None
    if known is None or len(known.values) == 0:
        raise Undefined("series_missing")
    age, limit = int((day - known.ends[-1]).astype(np.int64)), OLDEST_DAYS[known.frequency]
    if age > limit:
        raise Undefined("value_stale", observed=age, limit=limit)
    z = z_score(known.values, years * POINTS_PER_YEAR[known.frequency])
    return SlotReading(z, float(known.values[-1]), known.ends[-1], known.name)


def difference(first: MacroSeries, second: MacroSeries) -> MacroSeries:
    """Return ``first`` less ``second`` on the periods both have, known when both were."""
    _, here, there = np.intersect1d(first.ends, second.ends, return_indices=True)
    return MacroSeries(
        f"{first.name} - {second.name}",
        first.frequency,
        first.ends[here],
        first.values[here] - second.values[there],
        np.maximum(first.known[here], second.known[there]),
    )


def yearly_change(level: MacroSeries) -> MacroSeries:
    """Return the change of a monthly ``level`` over twelve months; a month whose pair is missing has none."""
    months = level.ends.astype("datetime64[M]")
    _, here, before = np.intersect1d(months, months + 12, return_indices=True)
    return MacroSeries(
        f"{level.name} over 12 months",
        level.frequency,
        level.ends[here],
        level.values[here] / level.values[before] - 1.0,
        np.maximum(level.known[here], level.known[before]),
    )


def regime_history(series: Mapping[str, MacroSeries], days: Sequence[np.datetime64]) -> tuple[Phase | Refusal, ...]:
    """Return the regime on each of ``days``, each by what was known then."""
    return tuple(detect_regime(series, day) for day in days)


def month_ends(first: np.datetime64, last: np.datetime64) -> Days:
    """Return the month ends after ``first``, up to ``last``.

    >>> month_ends(np.datetime64("2007-11-30"), np.datetime64("2008-01-30")).astype(str).tolist()
    ['2007-12-31']
    """
    months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1) + 1
    ends: Days = months.astype("datetime64[D]") - 1
    return ends[(ends > first) & (ends <= last)]
