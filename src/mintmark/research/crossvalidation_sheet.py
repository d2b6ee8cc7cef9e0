"""The sheet of a combinatorial purged cross-validation: how what was chosen lies over its paths. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import DASH, MINUS, label_of, titled, words, written
from mintmark.measures import fan, outlined
from mintmark.research.drawing import Drawing, Line, Shape, Words, box, level
from mintmark.research.plotting import Panel, below, calendar, frame, legend, spread_of, ticks, wide
from mintmark.research.report_charts import WIDTH
from mintmark.research.sheet_parts import Columns, Kind, Sheet, SheetPart, SheetTable, data_lead, tiles_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_PATHS = 200
"""As many paths as a sheet lists."""

_POINTS = 400
_LINES = 20
_RIGHT = WIDTH - 12.0
_SPREAD = ("lowest", "median", "mean", "highest", "deviation")
_NUMBERS: tuple[Kind, ...] = ("number",) * 8
_EACH = ("sharpe_ratio", "total_return", "max_drawdown", "calmar_ratio", "cvar_95")


def crossvalidation_sheet(told: Mapping[str, Any], paths: Columns, returns: Columns) -> Sheet:
    """Return the sheet of a cross-validation. ``paths`` and ``returns``: the tables it stored."""
    metric, spreads = told["metric"], told["distribution"]
    equity = _equity(told, returns)
    drawn = equity_drawing(np.array(returns["stamp"], dtype=np.int64), equity, told["initial_capital"]["currency"])
    values = np.array([value for value in paths[metric] if value is not None], dtype=np.float64)
    said = [
        f"{told['folds']} folds, every {told['test_folds']} tested with what was best on the others by "
        f"{label_of(metric)}: {told['splits']:,} splits, put together to {told['path_count']:,} paths that each test "
        f"every bar once. Left out beside a tested fold: {told['purge']:,} bars, after it {told['embargo']:,} more."
    ]
    sharpe = spreads.get("sharpe_ratio", {})
    tiles = [
        ("Paths", f"{told['path_count']:,}"),
        *tiles_of(told, ("profitable_paths",)),
        ("Median Sharpe ratio, a year", written("sharpe_ratio", sharpe.get("median"))),
        ("Lowest Sharpe ratio, a year", written("sharpe_ratio", sharpe.get("lowest"))),
        ("Combinations", f"{told['combinations']:,}"),
    ]
    parts = [
        SheetPart("equity", "Equity of every path", said, {"equity": drawn}),
        SheetPart("spread", "How the paths differ", drawings=_bars(values, metric), tables=[_spread_table(spreads)]),
        SheetPart("chosen", "What was chosen", [_CHOSEN], tables=[_chosen_table(told)]),
        SheetPart("each", "Each path", tables=[_each_table(paths, metric)]),
        SheetPart("notes", "Notes", _notes(told)),
    ]
    title = f"Cross-validation of {told['strategy_name']} on {', '.join(told['symbols'])}"
    return Sheet(title, data_lead(told, f"Grid {told['grid']}."), tiles, parts, told["mark"])


_CHOSEN = "A choice that changes from split to split says that the past tells the combinations apart badly."


def equity_drawing(stamps: IntArray, equity: FloatArray, currency: str) -> Drawing:
    """Return the equity of the paths, (n_bars, n_paths), and the median of them at each bar.

    More than twenty paths are drawn as the ground between their 5 and 95 %, and between their 25 and 75 %.
    """
    low, high = spread_of(equity)
    left = wide(np.array([low, high]), _whole)
    panel = Panel(left, 30.0, _RIGHT, 300.0, float(stamps[0]), float(stamps[-1]), low, high)
    count = equity.shape[1]
    lines = count <= _LINES
    title = f"Equity of {count:,} paths, {currency}"
    entries = (("accent", "median"), ("second", "each path" if lines else "5 to 95 %, 25 to 75 %"))
    shapes: list[Shape] = [*frame(panel, title, _whole), *legend(panel, title, entries)]
    bands = fan(np.ascontiguousarray(equity.T))
    if lines:
        shapes += [_line(panel, stamps, path, "second", 0.9) for path in equity.T]
    else:
        kept = outlined(bands[2], _POINTS)
        shapes += [panel.between(stamps[kept], bands[at][kept], bands[-1 - at][kept], "second", 0.22) for at in (0, 1)]
    shapes.append(_line(panel, stamps, bands[2], "accent", 1.8))
    return Drawing("equity of the paths", WIDTH, 328.0, (*shapes, *calendar(panel)))


def path_drawing(values: FloatArray, name: str) -> Drawing:
    """Return a metric of each path as a bar, from the lowest to the highest, and the median across them."""
    ordered = np.sort(values)
    scale = 100.0 if written(name, 0.5).endswith("%") else 1.0
    low, high = spread_of(ordered * scale, np.zeros(1), room=0.14)
    panel = Panel(wide(np.array([low, high]), _number), 30.0, _RIGHT, 230.0, 0.5, len(ordered) + 0.5, low, high)
    title = f"{label_of(name)} of each path, lowest first" + (", %" if scale > 1.0 else "")
    shapes: list[Shape] = frame(panel, title, _number, 5)
    slot, zero = float(panel.across(2.0) - panel.across(1.0)), float(panel.down(0.0))
    for at, value in enumerate((ordered * scale).tolist(), start=1):
        middle, ends = float(panel.across(float(at))), sorted((zero, float(panel.down(value))))
        shapes.append(box(middle - 0.38 * slot, ends[0], middle + 0.38 * slot, ends[1], "second", 0.8))
    shapes.append(level(panel.left, panel.right, zero, "muted", 1.0))
    median = float(np.median(ordered))
    down = float(panel.down(median * scale))
    shapes.append(Line(np.array([panel.left, panel.right]), np.array([down, down]), "accent", 1.6, dashed=True))
    shapes.append(Words(panel.left + 6.0, down - 6.0, f"median {written(name, median)}", "ink", 12.0))
    marked = [(value, f"{value:g}") for value in ticks(1.0, float(len(ordered)), 12) if value == int(value)]
    return Drawing(f"{name} by path", WIDTH, 258.0, (*shapes, *below(panel, marked)))


def _equity(told: Mapping[str, Any], returns: Columns) -> FloatArray:
    columns = [np.array(values, dtype=np.float64) for name, values in returns.items() if name != "stamp"]
    capital = float(told["initial_capital"]["amount"])
    equity: FloatArray = capital * np.cumprod(1.0 + np.column_stack(columns), axis=0, dtype=np.float64)
    return equity


def _line(panel: Panel, stamps: IntArray, values: FloatArray, ink: str, width: float) -> Line:
    kept = outlined(values, _POINTS) if len(values) > _POINTS else np.arange(len(values))
    return panel.line(stamps[kept], values[kept], ink, width)


def _bars(values: FloatArray, metric: str) -> dict[str, Drawing]:
    return {"spread": path_drawing(values, metric)} if len(values) else {}


def _spread_table(spreads: Mapping[str, Any]) -> SheetTable:
    rows = []
    for name, found in spreads.items():
        # A deviation is a size: it has no sign.
        deviation = written(name, found["deviation"]).removeprefix("+")
        rows.append([label_of(name), *(written(name, found[one]) for one in _SPREAD[:-1]), deviation])
    kinds: list[Kind] = ["text", *_NUMBERS[: len(_SPREAD)]]
    return SheetTable(("Metric", *(one.capitalize() for one in _SPREAD)), kinds, rows)


def _chosen_table(told: Mapping[str, Any]) -> SheetTable:
    rows = []
    for one in told["chosen"]:
        given = "nothing: none had the metric" if one["parameters"] is None else titled("", one["parameters"]).strip()
        rows.append([given, f"{one['splits']:,}", f"{one['splits'] / told['splits']:.0%}"])
    return SheetTable(("Combination", "Splits", "Share"), ("text", "number", "number"), rows)


def _each_table(paths: Columns, metric: str) -> SheetTable:
    shown = [name for name in dict.fromkeys((metric, *_EACH)) if name in paths]
    count = min(len(paths["path"]), MOST_PATHS)
    rows = [[f"{paths['path'][at]:,}", *(written(name, paths[name][at]) for name in shown)] for at in range(count)]
    heads = ("Path", *(label_of(name) for name in shown))
    return SheetTable(heads, _NUMBERS[: len(heads)], rows)


def _notes(told: Mapping[str, Any]) -> list[str]:
    notes = [f"Cost profile {told['cost_profile']}."]
    if told["failed"]:
        notes.append(f"{told['failed']:,} of {told['combinations']:,} combinations were refused and left out.")
    if (listed := told["path_count"]) > MOST_PATHS:
        notes.append(f"{MOST_PATHS:,} of {listed:,} paths are listed; the table holds all.")
    return notes + [f"{label_of(name)}: {DASH} on some path ({words(why)})." for name, why in told["undefined"].items()]


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _number(value: float) -> str:
    return f"{value:,.6g}".replace("-", MINUS)
