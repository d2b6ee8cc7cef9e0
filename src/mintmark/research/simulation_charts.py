"""The pictures of sweeps, Monte Carlo tests and walk-forwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import MINUS, label_of, written
from mintmark.measures import return_counts
from mintmark.research.drawing import Drawing, Line, Shape, Words, box, level
from mintmark.research.plotting import Panel, below, calendar, frame, legend, spread_of, ticks, wide
from mintmark.research.report_charts import WIDTH
from mintmark.research.sweep_map import SweepMap

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_RIGHT = WIDTH - 12.0
# The count of tries stands beside the map, on the line of the best cell.
_MAP_RIGHT = WIDTH - 152.0
_WRITTEN_CELLS = 16
_GAIN_OR_LOSS = {
    "total_return", "annual_return", "sharpe_ratio", "sharpe_per_bar", "sortino_ratio", "calmar_ratio", "net_profit",
    "recovery_factor", "expectancy", "price_profit", "mfe_capture",
}  # fmt: skip


def map_drawing(found: SweepMap) -> Drawing:
    """Return a sweep as a heat map over two parameters, the best cell outlined with the count of tries beside it."""
    columns, rows = len(found.across), len(found.down)
    left, top, high = wide(found.down, _number), 56.0, max(9.0, min(26.0, 420.0 / rows))
    cell = (_MAP_RIGHT - left) / columns
    title = f"{label_of(found.metric)} by {found.across_name} and {found.down_name}"
    shapes: list[Shape] = [Words(0.0, 20.0, title, "ink", 13.5)]
    if found.folded:
        shapes.append(Words(0.0, 37.0, "Each cell is the best of what it stands for.", size=11.5))
    for row in range(rows):
        for column in range(columns):
            value, place = float(found.values[row, column]), (left + column * cell, top + row * high)
            if np.isfinite(value):
                shapes += _cell(found, value, place, cell, high)
    shapes += _edges(found, left, top, cell, high)
    best = found.best
    if best is not None:
        shapes += _best(found, (left + best[1] * cell, top + best[0] * high), cell, high)
    shapes.append(Words((left + _MAP_RIGHT) / 2.0, top + rows * high + 36.0, found.across_name, anchor="middle"))
    return Drawing("sweep", WIDTH, top + rows * high + 46.0, tuple(shapes))


def _cell(found: SweepMap, value: float, place: tuple[float, float], wide_px: float, high: float) -> list[Shape]:
    known = found.values[np.isfinite(found.values)]
    if found.metric in _GAIN_OR_LOSS:
        ink, strength = ("gain" if value >= 0.0 else "loss"), abs(value) / (float(np.abs(known).max()) or 1.0)
    else:
        low, span = float(known.min()), float(known.max() - known.min()) or 1.0
        ink, strength = "accent", (value - low) / span
    across, down = place
    shapes: list[Shape] = [
        box(across + 0.5, down + 0.5, across + wide_px - 0.5, down + high - 0.5, ink, 0.06 + 0.7 * strength)
    ]
    if found.values.shape[1] <= _WRITTEN_CELLS and high >= 16.0:
        said = written(found.metric, value) if found.metric != "net_profit" else f"{value:,.0f}".replace("-", MINUS)
        shapes.append(Words(across + wide_px / 2.0, down + high / 2.0 + 4.0, said, "ink", 10.5, "middle"))
    return shapes


def _edges(found: SweepMap, left: float, top: float, cell: float, high: float) -> list[Shape]:
    shapes: list[Shape] = [Words(0.0, top - 7.0, found.down_name, size=11.5)]
    rows, columns = len(found.down), len(found.across)
    for row in range(0, rows, max(1, int(np.ceil(13.0 / high)))):
        down = top + (row + 0.5) * high + 4.0
        shapes.append(Words(left - 7.0, down, _number(float(found.down[row])), anchor="end"))
    step = max(1, int(np.ceil((wide(found.across, _number) - 4.0) / cell)))
    for column in range(0, columns, step):
        across = left + (column + 0.5) * cell
        shapes.append(Words(across, top + rows * high + 17.0, _number(float(found.across[column])), anchor="middle"))
    return shapes


def _best(found: SweepMap, place: tuple[float, float], cell: float, high: float) -> list[Shape]:
    across, down = place
    x = np.array([across, across + cell, across + cell, across, across])
    y = np.array([down, down, down + high, down + high, down])
    return [Line(x, y, "ink", 2.0), Words(_MAP_RIGHT + 6.0, down + high / 2.0 + 4.0, _said(found), "ink", 11.5)]


def _said(found: SweepMap) -> str:
    return f"◂ best of {found.tries:,} tries"


@dataclass(frozen=True)
class Bands:
    """The real equity over the 5, 25, 50, 75 and 95 % bands of redrawn ones.

    Shape: ``stamps`` (ns) and ``real`` (n,), ``bands`` (5, n). ``runs``: how many were redrawn.
    """

    stamps: IntArray
    real: FloatArray
    bands: FloatArray
    runs: int
    title: str
    currency: str


def band_drawing(given: Bands) -> Drawing:
    """Return the fan of a Monte Carlo test."""
    low, high = spread_of(given.bands, given.real)
    left = wide(np.array([low, high]), _whole)
    panel = Panel(left, 30.0, _RIGHT, 300.0, float(given.stamps[0]), float(given.stamps[-1]), low, high)
    said = f"{given.title}, {given.runs:,} runs, {given.currency}"
    entries = (("accent", "real"), ("ink", "median"), ("second", "5 to 95 %, 25 to 75 %"))
    shapes = [*frame(panel, said, _whole), *legend(panel, said, entries)]
    shapes += [panel.between(given.stamps, given.bands[at], given.bands[-1 - at], "second", 0.22) for at in (0, 1)]
    shapes.append(panel.line(given.stamps, given.bands[2], "ink", 1.0))
    shapes.append(panel.line(given.stamps, given.real, "accent"))
    return Drawing("Monte Carlo fan", WIDTH, 328.0, (*shapes, *calendar(panel)))


def runs_drawing(values: FloatArray, real: float | None, name: str) -> Drawing:
    """Return how often each value of a metric occurs over the runs, and where the real one lies."""
    share = written(name, 0.5).endswith("%")
    scale = 100.0 if share else 1.0
    title = f"{label_of(name)} of {len(values):,} runs" + (", %" if share else "")
    edges, counts = return_counts(values)
    edges = edges * scale
    ends = [edges[0], edges[-1]] if real is None else [edges[0], edges[-1], real * scale]
    high = float(counts.max()) * 1.06
    panel = Panel(wide(np.array([high]), _whole), 44.0, _RIGHT, 230.0, min(ends), max(ends), 0.0, high)
    shapes = frame(panel, title, _whole, 4)
    places, tops = panel.across(edges), panel.down(counts.astype(np.float64))
    for at, down in enumerate(tops.tolist()):
        shapes.append(box(places[at] + 0.6, down, places[at + 1] - 0.6, panel.bottom, "second", 0.7))
    if real is not None:
        across = float(panel.across(real * scale))
        anchor = "end" if across > (panel.left + panel.right) / 2.0 else "start"
        shapes.append(Line(np.array([across, across]), np.array([panel.top - 2.0, panel.bottom]), "accent", 2.0))
        beside = across + (-6.0 if anchor == "end" else 6.0)
        shapes.append(Words(beside, panel.top + 8.0, f"real {written(name, real)}", "ink", 12.0, anchor))
    shapes += below(panel, [(value, _number(value)) for value in ticks(panel.first, panel.last, 9)])
    return Drawing(f"runs by {name}", WIDTH, 258.0, tuple(shapes))


def stress_drawing(factors: Sequence[float], profits: Sequence[float], break_even: float | None, unit: str) -> Drawing:
    """Return the net profit at each multiple of the costs, and the multiple at which nothing is left."""
    values = np.array(profits, dtype=np.float64)
    low, high = spread_of(values, np.zeros(1))
    panel = Panel(wide(np.array([low, high]), _whole), 30.0, _RIGHT, 230.0, 0.0, max(factors), low, high)
    shapes = frame(panel, f"Net profit by multiple of the costs, {unit}", _whole, 5)
    zero = float(panel.down(0.0))
    shapes.append(level(panel.left, panel.right, zero, "muted", 1.0))
    shapes.append(panel.line(np.array(factors, dtype=np.float64), values, "accent", 2.0))
    if break_even is not None and break_even <= max(factors):
        across = float(panel.across(break_even))
        shapes.append(Line(np.array([across, across]), np.array([panel.top, panel.bottom]), "muted", 1.0, dashed=True))
        shapes.append(Words(across + 6.0, panel.top + 10.0, f"nothing left at {break_even:.4g}", "ink", 12.0))
    shapes += below(panel, [(factor, f"× {factor:g}") for factor in factors])
    return Drawing("net profit by costs", WIDTH, 258.0, tuple(shapes))


def window_drawing(inside: FloatArray, outside: FloatArray, name: str) -> Drawing:
    """Return a metric of each window, where it was chosen and where it was traded; a NaN has no bar."""
    low, high = spread_of(inside, outside, np.zeros(1))
    panel = Panel(wide(np.array([low, high]), _number), 30.0, _RIGHT, 230.0, 0.5, len(inside) + 0.5, low, high)
    title = f"{label_of(name)} of each window"
    shapes = [*frame(panel, title, _number, 5), *legend(panel, title, (("second", "inside"), ("accent", "outside")))]
    slot = float(panel.across(2.0) - panel.across(1.0))
    zero = float(panel.down(0.0))
    for ink, values, shift in (("second", inside, -0.38), ("accent", outside, 0.0)):
        for at, value in enumerate(values.tolist(), start=1):
            if np.isfinite(value):
                start = float(panel.across(float(at))) + shift * slot
                ends = sorted((zero, float(panel.down(value))))
                shapes.append(box(start, ends[0], start + 0.38 * slot, ends[1], ink, 0.9))
    shapes.append(level(panel.left, panel.right, zero, "muted", 1.0))
    marked = [(value, f"{value:g}") for value in ticks(1.0, float(len(inside)), 12) if value == int(value)]
    shapes += below(panel, marked)
    return Drawing(f"{name} by window", WIDTH, 258.0, tuple(shapes))


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _number(value: float) -> str:
    return f"{value:,.6g}".replace("-", MINUS)
