"""The pictures of a tear sheet: months, trades on price, returns, costs, and the fan of a Monte Carlo run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import MINUS, money_text
from mintmark.measures import bar_returns, fan, period_returns, return_counts
from mintmark.research.drawing import Drawing, Line, Patch, Shape, Words, box, level
from mintmark.research.plotting import Panel, below, calendar, frame, legend, spread_of, ticks, wide
from mintmark.research.report_charts import WIDTH, EquityCurve
from mintmark.research.simulation_charts import Bands, band_drawing

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Trades = Mapping[str, NDArray[Any]]

MOST_TRADES = 200
"""As many trades as can be told apart in one picture."""

_BAND_POINTS = 400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RIGHT = WIDTH - 12.0


@dataclass(frozen=True)
class Prices:
    """The closes of one symbol, for its trades to be drawn on.

    Shape: both (n_bars,). ``stamps`` are ns of the opens. ``column`` is the number its trades carry.
    """

    symbol: str
    column: int
    stamps: IntArray
    close: FloatArray
    currency: str = ""


def month_drawing(curve: EquityCurve) -> Drawing:
    """Return what each month gained as a heat map, a row a year, the year's gain at its end."""
    capital = _capital(curve)
    months, gained = period_returns(curve.stamps, curve.equity, capital, "month")
    years, yearly = period_returns(curve.stamps, curve.equity, capital, "year")
    rows = {int(year): at for at, year in enumerate(range(int(years[0]), int(years[-1]) + 1))}
    strongest = float(np.abs(gained).max()) or 1.0
    cell, left, top, high = 58.0, 48.0, 54.0, 27.0
    shapes: list[Shape] = [Words(0.0, 20.0, "Return by month, %", "ink", 13.5)]
    shapes += [Words(left + (at + 0.5) * cell, top - 8.0, said, anchor="middle") for at, said in enumerate(_MONTHS)]
    shapes.append(Words(left + 13.15 * cell, top - 8.0, "Year", anchor="middle"))
    shapes += [Words(0.0, top + (at + 0.65) * high, str(1970 + year), size=12.0) for year, at in rows.items()]
    for month, value in zip(months.tolist(), gained.tolist(), strict=True):
        across, down = left + (month % 12) * cell, top + rows[month // 12] * high
        ink, strength = "gain" if value > 0.0 else "loss", 0.6 * abs(value) / strongest
        if value != 0.0:
            shapes.append(box(across + 1.0, down + 1.0, across + cell - 1.0, down + high - 1.0, ink, strength + 0.04))
        shapes.append(Words(across + cell / 2.0, down + high * 0.65, _percent(value), "ink", 12.0, "middle"))
    for year, value in zip(years.tolist(), yearly.tolist(), strict=True):
        down = top + (rows[year] + 0.65) * high
        shapes.append(Words(left + 13.15 * cell, down, _percent(value), "ink", 12.5, "middle"))
    return Drawing("return by month", WIDTH, top + len(rows) * high + 8.0, tuple(shapes))


def trade_drawing(prices: Prices, trades: Trades) -> Drawing | None:
    """Return the last trades of one symbol on its closes; None where it has none.

    A line joins entry and exit, in the ink of gain or loss; a triangle at the entry points the way of the bet.
    """
    own = np.flatnonzero(trades["column"] == prices.column)
    if len(own) == 0:
        return None
    shown = own[np.argsort(trades["exit_stamp"][own], kind="stable")][-MOST_TRADES:]
    trade = {name: np.asarray(values)[shown] for name, values in trades.items()}
    start, stop = _window(prices.stamps, trade, whole=len(shown) == len(own))
    stamps, close = prices.stamps[start:stop], prices.close[start:stop]
    low, high = spread_of(close, trade["entry_price"], trade["exit_price"])
    left = wide(np.array([low, high]), _price)
    panel = Panel(left, 30.0, _RIGHT, 300.0, float(stamps[0]), float(stamps[-1]), low, high)
    said = "Trades" if len(shown) == len(own) else f"The last {len(shown)} of {len(own):,} trades"
    title = f"{said} on {prices.symbol}" + (f", {prices.currency}" if prices.currency else "")
    shapes = [*frame(panel, title, _price), *legend(panel, title, (("gain", "gain"), ("loss", "loss")))]
    shapes.append(panel.line(stamps, close, "second", 1.1))
    won = trade["net_profit"] > 0.0
    for ink, chosen in (("gain", won), ("loss", ~won)):
        shapes += _bets(panel, {name: values[chosen] for name, values in trade.items()}, ink)
    return Drawing(f"trades on {prices.symbol}", WIDTH, 330.0, (*shapes, *calendar(panel)))


def _window(stamps: IntArray, trade: Trades, whole: bool) -> tuple[int, int]:
    """Return the bars to show: all, or from before the first of the trades to after the last."""
    if whole:
        return 0, len(stamps)
    first, last = np.searchsorted(stamps, [trade["entry_stamp"].min(), trade["exit_stamp"].max()])
    room = int(last - first) // 50 + 2
    return max(0, int(first) - room), min(len(stamps), int(last) + room)


def _bets(panel: Panel, trade: Trades, ink: str) -> list[Shape]:
    if len(trade["side"]) == 0:
        return []
    gap = np.full(len(trade["side"]), np.nan)
    x, y = panel.across(trade["entry_stamp"]), panel.down(trade["entry_price"])
    ends, exits = panel.across(trade["exit_stamp"]), panel.down(trade["exit_price"])
    held = Line(np.column_stack([x, ends, gap]).ravel(), np.column_stack([y, exits, gap]).ravel(), ink, 1.3)
    tip = np.where(trade["side"] > 0, -4.5, 4.5)
    across = np.column_stack([x - 4.0, x, x + 4.0, gap]).ravel()
    return [held, Patch(across, np.column_stack([y - tip, y + tip, y - tip, gap]).ravel(), ink)]


def return_drawing(curve: EquityCurve) -> Drawing:
    """Return how often each bar return occurs; bars without a move are left out and counted in the title."""
    returns = bar_returns(curve.equity, _capital(curve))
    moved = returns[returns != 0.0]
    still = len(returns) - len(moved)
    title = f"Returns of {len(moved):,} bars, %" + (f"; {still:,} without a move left out" if still else "")
    if len(moved) == 0:
        return Drawing("returns", WIDTH, 34.0, (Words(0.0, 20.0, title, "ink", 13.5),))
    edges, counts = return_counts(moved)
    edges = edges * 100.0
    high = float(counts.max()) * 1.06
    panel = Panel(wide(np.array([high]), _whole), 30.0, _RIGHT, 200.0, edges[0], edges[-1], 0.0, high)
    shapes = frame(panel, title, _whole, 4)
    places, tops = panel.across(edges), panel.down(counts.astype(np.float64))
    for at, top in enumerate(tops.tolist()):
        ink = "gain" if edges[at] + edges[at + 1] > 0.0 else "loss"
        shapes.append(box(places[at] + 0.6, top, places[at + 1] - 0.6, panel.bottom, ink, 0.75))
    shapes += below(panel, [(value, _short(value)) for value in ticks(panel.first, panel.last, 9)])
    return Drawing("returns", WIDTH, 228.0, tuple(shapes))


def cost_drawing(amounts: Sequence[tuple[str, float]], currency: str) -> Drawing:
    """Return how ``amounts`` (name, value), from the price profit over the costs, lead to the last: the net profit."""
    values = [value for _, value in amounts]
    ends = np.cumsum([*values[:-1]]).tolist()
    begins = [0.0, *ends[:-1]]
    bars = [*zip(begins, ends, strict=True), (0.0, values[-1])]
    low, high = min(0.0, *map(min, bars)), max(0.0, *map(max, bars))
    panel = Panel(120.0, 34.0, _RIGHT - 100.0, 34.0 + 30.0 * len(bars), low, high, 0.0, 1.0)
    if low == high:
        panel = Panel(120.0, 34.0, _RIGHT - 100.0, 34.0 + 30.0 * len(bars), -1.0, 1.0, 0.0, 1.0)
    shapes: list[Shape] = [Words(0.0, 20.0, f"From prices to profit, {currency}", "ink", 13.5)]
    for at, ((name, value), (begin, end)) in enumerate(zip(amounts, bars, strict=True)):
        top = panel.top + 30.0 * at
        left, right = sorted((float(panel.across(begin)), float(panel.across(end))))
        if value != 0.0:
            ink = "gain" if value > 0.0 else "loss"
            shapes.append(box(left, top + 5.0, max(right, left + 1.0), top + 25.0, ink, 0.8))
        shapes.append(Words(0.0, top + 19.0, name, "ink", 12.0))
        shapes.append(Words(_RIGHT, top + 19.0, money_text(value, signed=True), "ink", 12.0, "end"))
    shapes.append(level(0.0, _RIGHT, panel.bottom - 30.0, "grid", 1.0))
    zero = float(panel.across(0.0))
    shapes.append(Line(np.array([zero, zero]), np.array([panel.top, panel.bottom]), "muted", 0.8))
    return Drawing("from prices to profit", WIDTH, panel.bottom + 8.0, tuple(shapes))


def fan_drawing(curve: EquityCurve, paths: FloatArray, title: str) -> Drawing:
    """Return the real equity over the bands of ``paths`` (n_paths, n_bars): 5, 25, 50, 75 and 95 %."""
    kept = np.unique(np.linspace(0, len(curve.stamps) - 1, _BAND_POINTS).astype(np.int64))
    real = np.ascontiguousarray(curve.equity[kept])
    return band_drawing(Bands(curve.stamps[kept], real, fan(paths[:, kept]), len(paths), title, curve.currency))


def _capital(curve: EquityCurve) -> float:
    return float(curve.equity[0]) if curve.capital is None else curve.capital


def _percent(value: float) -> str:
    return f"{value * 100.0:+.1f}".replace("-", MINUS)


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _short(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)


def _price(value: float) -> str:
    return f"{value:,.6g}"
