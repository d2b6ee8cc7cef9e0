"""The pictures of a report: SVG that follows the reader's theme, PNG for elsewhere.

matplotlib is imported inside the functions; its bytes depend on the arrays alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Colours no drawing would hold by chance: each is replaced by the page's own variable of that name.
_INKS = {
    "ink": "#010203",
    "muted": "#040506",
    "grid": "#070809",
    "accent": "#0a0b0c",
    "loss": "#0d0e0f",
    "second": "#101112",
}
_PAPER = {
    "ink": "#1b2430",
    "muted": "#66707c",
    "grid": "#e3e7ec",
    "accent": "#2a5bd0",
    "loss": "#c2413b",
    "second": "#8a93a0",
}


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
    return _svg(_equity_figure(curve, _INKS), "equity")


def equity_picture(curve: EquityCurve) -> bytes:
    """Return equity over its benchmark with the drawdown below, as PNG."""
    figure = _equity_figure(curve, _PAPER)
    figure.set_facecolor("white")
    return _saved(figure, "png", "equity")


def learning_svg(history: Mapping[str, Sequence[float | None]], names: Sequence[str], title: str, best: int) -> str:
    """Return the learning curves ``names`` of ``history``, the kept round marked, as inline SVG."""
    from matplotlib.ticker import MaxNLocator

    figure = _figure(3.4, width=5.6)
    axes = figure.add_subplot()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for name, colour in zip(names, ("accent", "second"), strict=False):
        values = np.array([np.nan if value is None else value for value in history[name]], dtype=np.float64)
        axes.plot(np.arange(len(values)), values, color=_INKS[colour], linewidth=1.6, label=_curve_label(name))
    axes.axvline(best, color=_INKS["muted"], linewidth=0.8, linestyle=(0, (4, 3)))
    axes.annotate(
        f"kept, round {best}",
        (best, 1.0),
        (4, -10),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=_INKS["muted"],
        fontsize=8,
    )
    axes.set_xlabel("Round", color=_INKS["muted"])
    _dress(axes, _INKS, title)
    axes.legend(frameon=False, labelcolor=_INKS["ink"], fontsize=9, loc="best")
    return _svg(figure, title)


def _curve_label(name: str) -> str:
    return "training part" if name.startswith("train") else "validation part"


def _equity_figure(curve: EquityCurve, inks: Mapping[str, str]) -> Figure:
    figure = _figure(4.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    moments = curve.stamps.astype("datetime64[ns]")
    if curve.benchmark is not None:
        upper.plot(moments, curve.benchmark, color=inks["second"], linewidth=1.2, label=curve.benchmark_name)
    upper.plot(moments, curve.equity, color=inks["accent"], linewidth=1.7, label="Strategy")
    upper.legend(frameon=False, labelcolor=inks["ink"], fontsize=9, loc="upper left")
    fall = curve.falls() * 100.0
    lower.fill_between(moments, fall, 0.0, color=inks["loss"], alpha=0.25, linewidth=0)
    lower.plot(moments, fall, color=inks["loss"], linewidth=1.0)
    _dress(upper, inks, f"Equity, {curve.currency}")
    _dress(lower, inks, "Drawdown, %")
    upper.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def _figure(height: float, width: float = 10.0) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.set_facecolor("none")
    return figure


def _dress(axes: Axes, inks: Mapping[str, str], title: str) -> None:
    axes.set_facecolor("none")
    axes.set_title(title, loc="left", color=inks["ink"], fontsize=10)
    axes.grid(axis="y", color=inks["grid"], linewidth=0.8)
    axes.tick_params(colors=inks["muted"], labelsize=8.5, length=0, pad=5)
    axes.margins(x=0.01)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(inks["grid"])


def _saved(figure: Figure, form: str, salt: str) -> bytes:
    from matplotlib import rc_context

    kept: dict[str, Any] = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    target = io.BytesIO()
    with rc_context({"svg.hashsalt": salt, "svg.fonttype": "none"}):
        figure.savefig(target, format=form, dpi=110, metadata=kept)
    return target.getvalue()


def _svg(figure: Figure, name: str) -> str:
    """Return the drawing without prolog, its inks as CSS variables, its width the page's."""
    text = _saved(figure, "svg", name).decode()
    text = text[text.index("<svg") :]
    for ink, colour in _INKS.items():
        text = text.replace(colour, f"var(--{ink})")
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r" font-family: [^;]*;", "", text)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*pt"', r"\1", text)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*pt"', r"\1", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{name}"', 1)
