"""Axes: from numbers and times to places on a drawing, with ticks a person would choose."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import MINUS
from mintmark.measures import outlined
from mintmark.research.drawing import Line, Patch, Shape, Words, level

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Written = Callable[[float], str]

POINTS = 1_600
"""As many points of a line as a picture can show."""

_HOUR = 3_600 * 10**9
_DAY = 24 * _HOUR
# Longest step last; months are counted, not measured.
_SHORT = tuple(hours * _HOUR for hours in (1, 3, 6, 12)) + tuple(days * _DAY for days in (1, 2, 5, 10))
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600)
_LETTER = 0.56


@dataclass(frozen=True)
class Panel:
    """A part of a drawing with an axis each way; ``lowest`` of the values lies at ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float
    first: float
    last: float
    lowest: float
    highest: float

    def across(self, values: FloatArray | IntArray | float) -> FloatArray:
        """Return the places of ``values`` from left to right."""
        span = (self.last - self.first) or 1.0
        found: FloatArray = self.left + (np.asarray(values, np.float64) - self.first) / span * (self.right - self.left)
        return found

    def down(self, values: FloatArray | IntArray | float) -> FloatArray:
        """Return the places of ``values`` from the top."""
        span = (self.highest - self.lowest) or 1.0
        up = (np.asarray(values, np.float64) - self.lowest) / span
        found: FloatArray = self.bottom - up * (self.bottom - self.top)
        return found

    def line(self, x: FloatArray | IntArray, y: FloatArray, ink: str, width: float = 1.6) -> Line:
        """Return a line through the values, as many of them as can be seen."""
        kept = outlined(y, POINTS) if len(y) > POINTS and np.isfinite(y).all() else slice(None)
        return Line(self.across(x[kept]), self.down(y[kept]), ink, width)

    def between(
        self, x: FloatArray | IntArray, low: FloatArray, high: FloatArray, ink: str, opacity: float = 0.25
    ) -> Patch:
        """Return the ground between two lines."""
        across = self.across(x)
        outline = np.concatenate([self.down(low), self.down(high)[::-1]])
        return Patch(np.concatenate([across, across[::-1]]), outline, ink, opacity)


def spread_of(*values: FloatArray, room: float = 0.05) -> tuple[float, float]:
    """Return the lowest and highest of ``values``, with ``room`` at both ends."""
    found = np.concatenate([np.ravel(one) for one in values])
    found = found[np.isfinite(found)]
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    gap = (high - low) * room or max(abs(high) * room, 1e-9)
    return low - gap, high + gap


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers from ``low`` to ``high``, a step of 1, 2, 2.5 or 5 apart.

    >>> ticks(0.0, 1.0), ticks(-7.0, 12.0, 4)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [-5.0, 0.0, 5.0, 10.0])
    """
    span = (high - low) or 1.0
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * one for one in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if span / (size * one) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def time_ticks(first: int, last: int, most: int = 8) -> list[tuple[int, str]]:
    """Return moments (ns, UTC) from ``first`` to ``last`` that a calendar marks, and how each reads.

    >>> [said for _, said in time_ticks(0, 3 * 366 * 86_400 * 10**9)]
    ['1970-01', '1970-07', '1971-01', '1971-07', '1972-01', '1972-07', '1973-01']
    """
    for step in _SHORT:
        if (last - first) / step <= most:
            stamps = range(-(-first // step) * step, last + 1, step)
            if step < _DAY:
                return [(stamp, _said(stamp, "m").replace("T", " ")[5:]) for stamp in stamps]
            return [(stamp, _said(stamp, "D")) for stamp in stamps]
    begin, end = (int(np.datetime64(stamp, "ns").astype("datetime64[M]").astype(np.int64)) for stamp in (first, last))
    months = next((step for step in _MONTHS if (end - begin) / step <= most), _MONTHS[-1])
    found = []
    for month in range(-(-begin // months) * months, end + 1, months):
        stamp = int(np.datetime64(month, "M").astype("datetime64[ns]").astype(np.int64))
        if first <= stamp <= last:
            found.append((stamp, _said(stamp, "Y" if months >= 12 else "M")))
    return found


def _said(stamp: int, unit: str) -> str:
    return str(np.datetime_as_string(np.datetime64(stamp, "ns"), unit=unit))  # type: ignore[call-overload]


def frame(panel: Panel, title: str, write: Written, most: int = 6) -> list[Shape]:
    """Return the title over a panel, its grid with the values beside it, and its base line."""
    shapes: list[Shape] = [Words(panel.left, panel.top - 10.0, title, "ink", 13.5)]
    for value in ticks(panel.lowest, panel.highest, most):
        down = float(panel.down(value))
        shapes.append(level(panel.left, panel.right, down, "grid"))
        shapes.append(Words(panel.left - 7.0, down + 4.0, write(value).replace("-", MINUS), anchor="end"))
    shapes.append(level(panel.left, panel.right, panel.bottom, "grid", 1.0))
    return shapes


def calendar(panel: Panel) -> list[Shape]:
    """Return the times below a panel whose values across are stamps (ns)."""
    return below(panel, time_ticks(int(panel.first), int(panel.last)))


def below(panel: Panel, marked: Sequence[tuple[float, str]]) -> list[Shape]:
    """Return words below a panel, each at its value across."""
    places = [(float(panel.across(value)), said) for value, said in marked]
    return [Words(at, panel.bottom + 17.0, said, anchor="middle") for at, said in places]


def legend(panel: Panel, title: str, entries: Sequence[tuple[str, str]]) -> list[Shape]:
    """Return the name of each ink, on the line of the panel's ``title``."""
    shapes: list[Shape] = []
    across = panel.left + len(title) * 13.5 * _LETTER + 24.0
    for ink, said in entries:
        shapes.append(level(across, across + 18.0, panel.top - 14.5, ink, 2.0))
        shapes.append(Words(across + 24.0, panel.top - 10.5, said, "muted", 12.0))
        across += 24.0 + len(said) * 12.0 * _LETTER + 20.0
    return shapes


def wide(values: FloatArray, write: Written) -> float:
    """Return the pixels that the longest of ``values`` takes when written, with air on both sides."""
    return max((len(write(float(value))) for value in values), default=1) * 11.5 * _LETTER + 16.0
