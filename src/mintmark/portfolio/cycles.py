"""The long cycle of debt, the rise and decline of a country, and when either turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from mintmark.domain import Refusal
from mintmark.measures import Band
from mintmark.portfolio.macro import MacroSeries, Phase, Table, fit_phase

SLOTS = ("debt", "real_rate", "credit", "cape")
LEAST_SLOTS = 2
YEARS = 40
ERRORS_TO_SHIFT = 2.0


def _row(*bands: tuple[float | None, float | None, float]) -> Mapping[str, Band]:
    return dict(zip(SLOTS, (Band(*band) for band in bands), strict=True))


LONG_TERM: Table = {
    "REFLATION": _row((None, None, 0.0), (None, -0.5, 2.0), (None, 0.5, 1.0), (-1.0, 0.5, 1.0)),
    "EXPANSION": _row((-1.0, 0.5, 1.0), (-0.5, 1.0, 1.0), (None, 0.0, 1.5), (-0.5, 1.0, 1.0)),
    "BUBBLE": _row((0.5, None, 1.5), (None, 0.5, 1.0), (None, -0.5, 1.5), (1.0, None, 2.5)),
    "TOP": _row((0.5, None, 1.5), (0.5, None, 2.0), (-0.5, 0.5, 1.0), (0.5, None, 1.5)),
    "DEBT_CRISIS": _row((1.0, None, 1.5), (0.0, None, 1.0), (1.5, None, 2.5), (None, 0.5, 1.0)),
    "DEPRESSION": _row((0.5, None, 1.0), (0.5, None, 1.5), (1.0, None, 2.0), (None, -1.0, 2.0)),
    "DELEVERAGING": _row((None, 0.5, 1.0), (None, 0.0, 1.5), (0.0, 1.5, 1.5), (-1.5, 0.0, 1.0)),
}
"""What each phase of the long-term cycle expects of each slot."""

EMPIRE_WEIGHTS: Mapping[str, Decimal] = {
    "reserve_share": Decimal("0.30"),
    "world_gdp_share": Decimal("0.25"),
    "financial_centre": Decimal("0.20"),
    "military": Decimal("0.15"),
    "internal_order": Decimal("0.05"),
    "innovation": Decimal("0.05"),
}
LEAST_WEIGHT = Decimal("0.8")
PEAK, LOW = Decimal(70), Decimal(30)


def long_term_phase(series: Mapping[str, MacroSeries], day: np.datetime64) -> Phase | Refusal:
    """Return the phase of the long-term cycle on ``day``, or refuse ``macro_inputs_missing``."""
    return fit_phase(LONG_TERM, SLOTS, series, day, years=YEARS, least=LEAST_SLOTS)


@dataclass(frozen=True)
class Empire:
    """The level of a country, 0 to 100, its change over ten years, and the phase they make.

    ``change`` and ``phase`` are None where the scores of ten years ago would be needed and are not there.
    """

    level: Decimal
    change: Decimal | None
    phase: str | None
    missing: tuple[str, ...]


def empire_phase(scores: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> Empire | Refusal:
    """Return where a country stands by its ``scores`` of today and of ten years ``before``, 0 to 100 each.

    Scores that are missing leave their weight to the others, but 0.8 of it must be there, else
    ``inputs_missing``. The change is that of the scores both days have, under the same rule. A level that stands
    still does not decline.
    """
    missing = tuple(name for name in EMPIRE_WEIGHTS if name not in scores)
    weight = _weight(scores)
    if weight < LEAST_WEIGHT:
        return Refusal(
            "inputs_missing",
            f"expected scores of weight {LEAST_WEIGHT}, found {weight}",
            observed=weight,
            limit=LEAST_WEIGHT,
            details={"missing": list(missing)},
        )
    level, shared = _level(scores), [name for name in scores if name in before]
    change = None
    if _weight(shared) >= LEAST_WEIGHT:
        change = _level({name: scores[name] for name in shared}) - _level({name: before[name] for name in shared})
    return Empire(level, change, _phase(level, change), missing)


def _phase(level: Decimal, change: Decimal | None) -> str | None:
    if level >= PEAK:
        return "peak"
    if change is None:
        return None
    if change >= 0:
        return "rise"
    return "collapse" if level < LOW else "decline"


def _weight(names: Mapping[str, Decimal] | Sequence[str]) -> Decimal:
    return sum((EMPIRE_WEIGHTS[name] for name in names), Decimal(0))


def _level(scores: Mapping[str, Decimal]) -> Decimal:
    total = sum((EMPIRE_WEIGHTS[name] * score for name, score in scores.items()), Decimal(0))
    return total / _weight(scores)


@dataclass(frozen=True)
class Shift:
    """Something that turned: the regime at a month end, or a beta; ``before`` and ``after`` as told."""

    kind: str
    subject: str
    day: np.datetime64
    before: str | float
    after: str | float


def regime_shifts(history: Sequence[tuple[np.datetime64, str | None]]) -> tuple[Shift, ...]:
    """Return each day of ``history`` whose regime is another than that of the last day that had one."""
    told = [(day, phase) for day, phase in history if phase is not None]
    return tuple(
        Shift("regime", "regime", day, before, after) for (_, before), (day, after) in pairwise(told) if before != after
    )


def betas_turned(
    history: Sequence[tuple[np.datetime64, Mapping[str, tuple[float, float]]]],
) -> tuple[Shift, ...]:
    """Return each beta of ``history`` that moved by over two errors from its first, or from where it last turned to.

    Values are (beta, error) by factor. A slow drift is found once it has gone far enough.
    """
    found: list[Shift] = []
    standing: dict[str, tuple[float, float]] = {}
    for day, betas in history:
        turned = beta_shifts(day, standing, betas)
        found += turned
        moved = {one.subject for one in turned}
        standing.update({name: beta for name, beta in betas.items() if name in moved or name not in standing})
    return tuple(found)


def beta_shifts(
    day: np.datetime64,
    before: Mapping[str, tuple[float, float]],
    after: Mapping[str, tuple[float, float]],
) -> tuple[Shift, ...]:
    """Return each factor whose beta moved by over two of its larger error; values are (beta, error)."""
    return tuple(
        Shift("beta", factor, day, before[factor][0], beta)
        for factor, (beta, error) in after.items()
        if factor in before and abs(beta - before[factor][0]) > ERRORS_TO_SHIFT * max(error, before[factor][1])
    )
