"""A measured figure beside its target."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measurement; ``met`` is None where nothing was promised."""

    name: str
    value: float
    unit: str
    target: str
    met: bool | None


def below(name: str, value: float, unit: str, limit: float) -> Figure:
    """Return the figure of something promised to stay below ``limit``."""
    return Figure(name, value, unit, f"< {limit:g}", value < limit)


def seen(name: str, value: float, unit: str) -> Figure:
    """Return a figure nothing was promised about."""
    return Figure(name, value, unit, "", None)


def median_seconds(act: Callable[[], Any], runs: int = 5) -> float:
    """Return the median of ``runs`` calls of ``act`` in seconds, after one that is not counted."""
    act()
    return statistics.median(_seconds(act) for _ in range(runs))


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
