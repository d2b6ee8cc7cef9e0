"""A measured figure beside its target."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measurement.

    ``value`` is None where it could not be measured. ``met`` is None where nothing was promised, or where it
    cannot be judged; ``note`` says why, or what else there is to say.
    """

    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None
    note: str = ""

    @property
    def unjudged(self) -> bool:
        """Whether something was promised that this says nothing about."""
        return bool(self.target) and self.met is None


def below(name: str, value: float, unit: str, limit: float) -> Figure:
    """Return the figure of something promised to stay below ``limit``."""
    return Figure(name, value, unit, f"< {limit:g}", value < limit)


def above(name: str, value: float, unit: str, limit: float) -> Figure:
    """Return the figure of something promised to stay above ``limit``."""
    return Figure(name, value, unit, f"> {limit:g}", value > limit)


def seen(name: str, value: float, unit: str) -> Figure:
    """Return a figure nothing was promised about."""
    return Figure(name, value, unit, "", None)


def median_seconds(act: Callable[[], Any], runs: int = 5) -> float:
    """Return the median of ``runs`` calls of ``act`` in seconds, after one that is not counted."""
    act()
    return statistics.median(_seconds(act) for _ in range(runs))


def p95(values: Sequence[float]) -> float:
    """Return the least of ``values`` that 95 of 100 of them do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
