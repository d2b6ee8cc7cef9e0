"""The pictures of a report: equity over its benchmark with the drawdown below, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mintmark.research.drawing import Drawing, Line, Patch, Shape, Words, png, svg
from mintmark.research.plotting import Panel, below, calendar, frame, legend, spread_of, ticks, wide

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WIDTH = 912.0
_HALF = 470.0


@dataclass(frozen=True)
class EquityCurve:
    """The holdout run bar by bar.

    Shape: all (n,). ``stamps`` int64 ns of the bar opens, UTC; ``equity`` and ``benchmark`` in
    ``currency``, the benchmark being buy and hold from the same ``capital``, which the first bar
    stands for where it is not given.
    """

    stamps: IntArray
    equity: FloatArray
    benchmark: FloatArray | None = None
    currency: str = "USD"
    benchmark_name: str = "Buy and hold"
    capital: float | None = None

    def falls(self) -> FloatArray:
        """Return how far each bar lies under the highest equity so far, capital included, as a negative fraction."""
        from mintmark.measures import drawdowns

        return -drawdowns(self.equity, self.equity[0] if self.capital is None else self.capital)


def equity_svg(curve: EquityCurve) -> str:
    """Return equity over its benchmark with the drawdown below, as inline SVG."""
    return svg(equity_drawing(curve))


def equity_picture(curve: EquityCurve) -> bytes:
    """Return equity over its benchmark with the drawdown below, as PNG."""
    return png(equity_drawing(curve))


def equity_drawing(curve: EquityCurve) -> Drawing:
    """Return equity over its benchmark, the drawdown below on the same times."""
    lines = [("accent", "Strategy", curve.equity)]
    if curve.benchmark is not None:
        lines.insert(0, ("second", curve.benchmark_name, curve.benchmark))
    low, high = spread_of(*(values for _, _, values in lines))
    fall = curve.falls() * 100.0
    left = wide(np.array([low, high]), _whole)
    first, last = float(curve.stamps[0]), float(curve.stamps[-1])
    upper = Panel(left, 30.0, WIDTH - 12.0, 270.0, first, last, low, high)
    lower = Panel(left, 312.0, WIDTH - 12.0, 390.0, first, last, min(float(fall.min()) * 1.06, -0.01), 0.0)
    title = f"Equity, {curve.currency}"
    shapes = frame(upper, title, _whole)
    shapes += [upper.line(curve.stamps, values, ink) for ink, _, values in lines]
    shapes += legend(upper, title, [(ink, said) for ink, said, _ in lines])
    shapes += frame(lower, "Drawdown, %", _short, 3)
    shapes += _falling(lower, curve.stamps, fall)
    return Drawing("equity", WIDTH, 418.0, (*shapes, *calendar(lower)))


def _falling(panel: Panel, stamps: IntArray, fall: FloatArray) -> list[Shape]:
    line = panel.line(stamps, fall, "loss", 1.0)
    ground = np.full(2, panel.top)
    edge = Line(np.concatenate([line.across, line.across[[-1, 0]]]), np.concatenate([line.down, ground]), "loss")
    return [Patch(edge.across, edge.down, "loss", 0.25), line]


def learning_svg(history: Mapping[str, Sequence[float | None]], names: Sequence[str], title: str, best: int) -> str:
    """Return the learning curves ``names`` of ``history``, the kept round marked, as inline SVG."""
    curves = {
        name: np.array([np.nan if value is None else value for value in history[name]], dtype=np.float64)
        for name in names
    }
    low, high = spread_of(*curves.values())
    rounds = max(len(values) for values in curves.values()) - 1
    panel = Panel(56.0, 30.0, _HALF - 10.0, 232.0, 0.0, float(rounds), low, high)
    shapes = frame(panel, title, _exact)
    shapes += legend(panel, title, list(zip(("accent", "second"), map(_curve_label, names), strict=False)))
    for (_, values), ink in zip(curves.items(), ("accent", "second"), strict=False):
        shapes.append(panel.line(np.arange(len(values), dtype=np.int64), values, ink))
    kept = float(panel.across(float(best)))
    shapes.append(Line(np.array([kept, kept]), np.array([panel.top, panel.bottom]), "muted", 0.8, dashed=True))
    near = kept < (panel.left + panel.right) / 2.0
    said = Words(kept + (5.0 if near else -5.0), panel.bottom - 6.0, f"kept, round {best}", size=11.0)
    shapes.append(said if near else replace(said, anchor="end"))
    shapes += below(panel, [(value, f"{value:.0f}") for value in ticks(0.0, float(rounds)) if value == int(value)])
    shapes.append(Words((panel.left + panel.right) / 2.0, panel.bottom + 36.0, "Round", anchor="middle"))
    return svg(Drawing(title, _HALF, 276.0, tuple(shapes)))


def _curve_label(name: str) -> str:
    return "training part" if name.startswith("train") else "validation part"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _short(value: float) -> str:
    return f"{value:g}"


def _exact(value: float) -> str:
    return f"{value:.4g}"
