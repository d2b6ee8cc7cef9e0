"""Which phase of a cycle a set of readings fits best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.returns import deviation
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """What a phase expects of one reading: ``low`` to ``high`` standard deviations, open where None; its weight."""

    low: float | None
    high: float | None
    weight: float

    def membership(self, z: float) -> float:
        """Return 1 inside the band, half as much for each standard deviation outside it."""
        short = 0.0 if self.low is None else max(self.low - z, 0.0)
        over = 0.0 if self.high is None else max(z - self.high, 0.0)
        return float(2.0 ** -(short + over))


@dataclass(frozen=True)
class PhaseScores:
    """How well each phase fits, 0 to 100; its share of all scores; the phases from best to worst.

    ``confidence``: how far the best is ahead of the second, times the share of readings there are. ``tied``: the best
    shares its score, and comes first because it stands first in its table.
    """

    scores: Mapping[str, float]
    shares: Mapping[str, float]
    ranking: tuple[str, ...]
    confidence: float
    tied: bool


def z_score(values: FloatArray, points: int) -> float:
    """Return how many standard deviations (n - 1) the last of ``values`` is over the mean of the last ``points``.

    Shape: (n,), in the series' own frequency. Half of the points must be there.

    Raises:
        Undefined: ``history_too_short``; ``no_variation``.
    """
    window = values[-points:]
    if 2 * len(window) < points:
        raise Undefined("history_too_short", observed=len(window), limit=(points + 1) // 2)
    spread = deviation(window)
    if spread == 0.0:
        raise Undefined("no_variation")
    return float((window[-1] - window.mean()) / spread)


def band_score(readings: Mapping[str, float], bands: Mapping[str, Band]) -> float:
    """Return how well ``readings`` fit ``bands``, 0 to 100: the weighted mean of their memberships.

    Only readings that are there count, with their weights.

    Raises:
        Undefined: ``no_readings``, where nothing that is there has a weight.

    >>> band_score({"curve": 1.0, "credit": 2.0}, {"curve": Band(0.5, None, 1.0), "credit": Band(None, 1.0, 1.0)})
    75.0
    """
    weight = sum(bands[slot].weight for slot in readings)
    if weight == 0.0:
        raise Undefined("no_readings")
    return 100.0 * sum(bands[slot].weight * bands[slot].membership(z) for slot, z in readings.items()) / weight


def phase_scores(
    readings: Mapping[str, float], table: Mapping[str, Mapping[str, Band]], slots: Sequence[str]
) -> PhaseScores:
    """Return how well each phase of ``table`` fits ``readings``, given as z-scores by slot.

    ``slots``: all readings the table asks for, present or not. Shares are no probabilities.

    Raises:
        Undefined: ``no_readings``.
    """
    scores = {phase: band_score(readings, bands) for phase, bands in table.items()}
    total = sum(scores.values())
    ranking = tuple(sorted(scores, key=lambda phase: -scores[phase]))
    top, second = scores[ranking[0]], scores[ranking[1]]
    return PhaseScores(
        scores,
        {phase: score / total for phase, score in scores.items()},
        ranking,
        (top - second) / top * len(readings) / len(slots),
        top == second,
    )
