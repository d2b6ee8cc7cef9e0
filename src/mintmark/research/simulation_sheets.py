"""The sheet of each kind of simulation, from what it stored: here of sweeps, Monte Carlo tests, walk-forwards. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import DASH, FIGURES, Refused, label_of, plain, titled, words, written
from mintmark.research.crossvalidation_sheet import crossvalidation_sheet
from mintmark.research.drawing import svg
from mintmark.research.report_charts import EquityCurve
from mintmark.research.sheet import FORMULAS, SheetInput, sheet_of
from mintmark.research.sheet_charts import Prices
from mintmark.research.sheet_parts import Columns, Kind, Sheet, SheetPart, SheetTable, data_lead, tiles_of
from mintmark.research.simulation_charts import (
    Bands,
    band_drawing,
    map_drawing,
    runs_drawing,
    stress_drawing,
    window_drawing,
)
from mintmark.research.sweep_map import map_of

FloatArray = NDArray[np.float64]

_BEST = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades", "win_rate", "net_profit")
_METHODS = {
    "trade_shuffle": "The same trades in another order",
    "block_bootstrap": "Blocks of the same bar returns, drawn anew",
    "path_permutation": "The same moves in another order, signals made anew on every path",
    "cost_stress": "The same decisions at other costs",
}
_JUDGED = {"trade_shuffle": "max_drawdown", "block_bootstrap": "total_return"}
MONEY = tuple(name for name, figure in FIGURES.items() if figure.kind == "money")
_LONGEST = "max_drawdown_bars"
_SHUFFLED = (
    "Runs are measured after each trade and their longest drawdown counts trades; the real drawdown is measured at "
    "every bar, so that it can only be deeper."
)
_SIX: tuple[Kind, ...] = ("number",) * 6
_SHARES = ("5 %", "25 %", "50 %", "75 %", "95 %")

_EDGES = ("number", "inside_", "outside_")

MOST_WINDOWS = 200
"""As many windows as a sheet lists: the newest."""

FAN_COLUMNS = ("p05", "p25", "p50", "p75", "p95")
"""The columns of a stored fan."""


def simulation_sheet(
    kind: str, told: Mapping[str, Any], tables: Mapping[str, Columns], prices: Sequence[Prices] = ()
) -> Sheet:
    """Return the sheet of a simulation of ``kind``. ``tables``: by name, as the operation stores them."""
    if kind == "sweeping":
        return sweep_sheet(told, tables["sweep"])
    if kind == "montecarlo":
        return montecarlo_sheet(told, tables["runs"], tables.get("fan"))
    if kind == "crossvalidation":
        return crossvalidation_sheet(told, tables["paths"], tables["returns"])
    trades = {name: np.array(values) for name, values in tables["trades"].items()}
    return walkforward_sheet(told, walkforward_input(told, tables["equity"], trades, prices), tables["windows"])


def sweep_sheet(told: Mapping[str, Any], columns: Columns) -> Sheet:
    """Return the sheet of a sweep: its map, its best combinations. ``columns``: the table it stored."""
    parameters = swept(columns)
    found = map_of(columns, parameters, "sharpe_ratio", ())
    parts = []
    if found is not None:
        said = f"One of {found.tries:,} tries: the best of many is better than it will be again."
        parts.append(SheetPart("map", "Map of the sweep", [said], {"map": map_drawing(found)}))
    rows = [
        [*(plain(row[name]) for name in parameters), *(written(name, row[name]) for name in _BEST)]
        for row in told["best"]
    ]
    heads = [*parameters, *(_headed(name, told["initial_capital"]["currency"]) for name in _BEST)]
    best = SheetTable(heads, ["number"] * len(heads), rows)
    parts.append(SheetPart("best", "The best, by Sharpe ratio", tables=[best]))
    sharpe = told["best"][0]["sharpe_ratio"] if told["best"] else None
    tiles = [
        ("Combinations", f"{told['combinations']:,}"),
        ("Profitable", f"{told['profitable']:,}"),
        ("Best Sharpe ratio, a year", written("sharpe_ratio", sharpe)),
        ("Failed", f"{told['failed']:,}"),
        *tiles_of(told, ("pbo",)),
    ]
    title = f"Sweep of {told['strategy_name']} on {', '.join(told['symbols'])}"
    return Sheet(title, data_lead(told, f"Grid {told['grid']}."), tiles, parts, told["mark"])


def sweep_map_body(columns: Columns, metric: str, pair: Sequence[str]) -> dict[str, Any]:
    """Return the map of a sweep's table as JSON, drawn and as numbers; raises as ``map_of``.

    Raises:
        Refused: ``bad_value`` where fewer than two parameters were swept.
    """
    parameters = swept(columns)
    found = map_of(columns, parameters, metric, pair)
    if found is None:
        message = f"a map needs two different parameters, found {', '.join(pair) or ', '.join(parameters) or 'none'}"
        raise Refused(message, code="bad_value", field="across", value=", ".join(pair))
    return {
        "metric": metric,
        "parameters": parameters,
        "across": {"name": found.across_name, "values": found.across.tolist()},
        "down": {"name": found.down_name, "values": found.down.tolist()},
        "values": [[value if math.isfinite(value) else None for value in row] for row in found.values.tolist()],
        "best": None if found.best is None else list(found.best),
        "tries": found.tries,
        "folded": found.folded,
        "svg": svg(map_drawing(found)),
    }


def swept(columns: Columns) -> list[str]:
    """Return the parameters of a sweep's table: its columns between the number and the metrics."""
    names = list(columns)
    first = next((at for at, name in enumerate(names) if name in FORMULAS or name == "code"), len(names))
    return names[1:first]


def montecarlo_sheet(told: Mapping[str, Any], runs: Columns, bands: Columns | None) -> Sheet:
    """Return the sheet of a Monte Carlo test. ``runs``: its table; ``bands``: its fan, where the method has one."""
    method = told["method"]
    parts = []
    if bands is not None:
        shown = Bands(
            np.array(bands["stamp"], dtype=np.int64),
            np.array(bands["real"], dtype=np.float64),
            np.array([bands[name] for name in FAN_COLUMNS], dtype=np.float64),
            told["fan_runs"],
            words(method).capitalize(),
            told["currency"],
        )
        parts.append(
            SheetPart("fan", "Equity that chance draws", [_METHODS[method] + "."], {"fan": band_drawing(shown)})
        )
    parts += _stress(told) if told["stress"] else _runs(told, runs)
    lead = data_lead(told, f"{_METHODS[method]}; random state {told['random_state']}.")
    title = f"Monte Carlo test of {titled(told['strategy_name'], told['parameters'])} on {', '.join(told['symbols'])}"
    return Sheet(title, lead, _tiles(told), parts, told["mark"])


def _tiles(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    judged = told["metric"] or _JUDGED.get(told["method"], "net_profit")
    why = (told["undefined"] or {}).get("p_value")
    tiles = [(f"Real: {_headed(judged, told['currency'])}", written(judged, told["real"][judged]))]
    if told["p_value"] is not None or why:
        tiles.append(("p: chance is at least as good", f"{DASH} ({words(why)})" if why else f"{told['p_value']:.4f}"))
    if told["stress"]:
        broken = told["break_even"]
        reason = words((told["undefined"] or {}).get("break_even", ""))
        tiles.append(("Break-even, times the costs", f"{DASH} ({reason})" if broken is None else f"{broken:.4f}"))
    return [*tiles, ("Runs", f"{told['runs']:,}")]


def _runs(told: Mapping[str, Any], runs: Columns) -> list[SheetPart]:
    judged, intervals = told["metric"] or _JUDGED[told["method"]], told["intervals"]
    values = np.array([value for value in runs[judged] if value is not None], dtype=np.float64)
    drawings = {"runs": runs_drawing(values, told["real"][judged], judged)} if len(values) else {}
    rows = [
        (
            _headed(name, told["currency"]),
            written(name, told["real"].get(name)),
            *(written(name, value) for value in values),
            *_interval(name, intervals),
        )
        for name, values in (told["quantiles"] or {}).items()
        if values is not None
    ]
    heads = ("Metric", "Real", *_SHARES, *(("95 % interval",) if intervals else ()))
    said = [f"Stationary blocks of {told['mean_block']:.1f} bars on average."] if told["mean_block"] else []
    if told["method"] == "trade_shuffle":
        said = [_SHUFFLED]
        rows = [("Longest drawdown, trades", *row[1:]) if row[0] == label_of(_LONGEST) else row for row in rows]
    table = SheetTable(heads, ("text", *_SIX, "number")[: len(heads)], rows)
    return [SheetPart("runs", "The real result among the runs", said, drawings, [table])]


def _headed(name: str, currency: str) -> str:
    """Return the label of a metric, with its currency where it is money."""
    return f"{label_of(name)}, {currency}" if name in MONEY else label_of(name)


def _interval(name: str, intervals: Mapping[str, Any] | None) -> list[str]:
    if not intervals:
        return []
    pair = intervals.get(name)
    return [f"{written(name, pair[0])} to {written(name, pair[1])}" if pair else DASH]


def _stress(told: Mapping[str, Any]) -> list[SheetPart]:
    rows, names = told["stress"], ("net_profit", "total_return", "sharpe_ratio", "max_drawdown", "total_trades")
    profits = [row["net_profit"] for row in rows]
    drawn = stress_drawing([row["factor"] for row in rows], profits, told["break_even"], told["currency"])
    lines = [(f"× {row['factor']:g}", *(written(name, row[name]) for name in names)) for row in rows]
    table = SheetTable(("Costs", *(_headed(name, told["currency"]) for name in names)), _SIX, lines)
    said = "Spread, commission and slippage times the factor; the decisions stay."
    return [SheetPart("stress", "Net profit by costs", [said], {"stress": drawn}, [table])]


def walkforward_sheet(told: Mapping[str, Any], given: SheetInput, windows: Columns) -> Sheet:
    """Return the sheet of a walk-forward: its chained equity as a tear sheet, its windows before the metrics."""
    name = told["metric"]
    drawn = window_drawing(_floats(windows, f"inside.{name}"), _floats(windows, f"outside.{name}"), name)
    parameters = _chosen(windows)
    shown = list(dict.fromkeys((name, "sharpe_ratio", "total_return", "max_drawdown", "total_trades")))
    count = len(windows["number"])
    rows = [_window(windows, at, parameters, name, shown) for at in range(max(0, count - MOST_WINDOWS), count)]
    heads = ("Window", *parameters, f"{label_of(name)}, inside", *(f"{label_of(one)}, outside" for one in shown))
    table = SheetTable(heads, ["number"] * len(heads), rows)
    said = (
        f"{words(told['mode']).capitalize()} windows: chosen on {told['is_bars']:,} bars, {told['purge']:,} left out, "
        f"traded on {told['oos_bars']:,}. All of the equity above was made outside."
    )
    part = SheetPart("windows", "Windows", [said], {"windows": drawn}, [table])
    sheet = sheet_of(given, [part])
    kept = tiles_of(told, ("profitable_windows", "degradation", "rank_correlation"))
    return Sheet(sheet.title, sheet.lead, [*sheet.tiles[:4], *kept], sheet.parts, sheet.mark)


def _window(windows: Columns, at: int, parameters: Sequence[str], name: str, shown: Sequence[str]) -> list[str]:
    chosen = [plain(windows[one][at]) for one in parameters]
    outside = [written(one, windows[f"outside.{one}"][at]) for one in shown]
    return [f"{windows['number'][at] + 1:,}", *chosen, written(name, windows[f"inside.{name}"][at]), *outside]


def walkforward_input(told: Mapping[str, Any], equity: Columns, trades: Mapping[str, Any], prices: Any) -> SheetInput:
    """Return what the tear sheet of a walk-forward shows; ``trades``: the columns it stored as arrays."""
    capital = told["initial_capital"]
    stamps, values = np.array(equity["stamp"], dtype=np.int64), np.array(equity["equity"], dtype=np.float64)
    curve = EquityCurve(stamps, values, None, capital["currency"], capital=float(capital["amount"]))
    title = f"Walk-forward of {told['strategy_name']} on {', '.join(told['symbols'])}"
    notes = [f"Cost profile {told['cost_profile']}.", f"{told['combinations']:,} combinations of {told['grid']}."]
    figures = {name: value for name, value in told.items() if name not in ("dsr", "dsr_trials")}
    return SheetInput(title, curve, trades, figures, told["bars_per_year"], prices, told["mark"], notes=notes)


def _chosen(windows: Columns) -> list[str]:
    names = list(windows)
    return [name for name in names[: names.index(_first(names, "inside."))] if not name.startswith(_EDGES)]


def _first(names: Sequence[str], head: str) -> str:
    return next(name for name in names if name.startswith(head))


def _floats(columns: Columns, name: str) -> FloatArray:
    return np.array([np.nan if value is None else float(value) for value in columns[name]], dtype=np.float64)
