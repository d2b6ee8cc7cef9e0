"""Charts of a portfolio: options for ECharts, and bars that are words of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mintmark.domain import DASH, AnswerKind, Html, tag
from mintmark.ui.charts import framed, line, plain_axis
from mintmark.ui.traced import Reasons, traced

Body = Mapping[str, Any]


def growth(charts: Body) -> dict[str, Any] | None:
    """Return the growth of one unit of the portfolio and of its benchmark as lines; None without a day."""
    found = {name: charts.get(name) or [] for name in ("growth", "benchmark")}
    series = [
        line(_LINES[name], [[one["date"], one["value"]] for one in points], colour)
        for (name, points), colour in zip(found.items(), ("var(--accent)", "var(--second)"), strict=True)
        if points
    ]
    if not series:
        return None
    return framed(
        dataZoom=[{"type": "inside", "filterMode": "none"}],
        series=series,
        grid={"left": 52, "right": 14, "top": 44, "bottom": 30},
        xAxis=plain_axis("", "time"),
        yAxis=plain_axis("growth of 1", scale=True),
    )


_LINES = {"growth": "Portfolio", "benchmark": "Benchmark"}


def reach(options: dict[str, Any], days: int | None) -> dict[str, Any]:
    """Return ``options`` zoomed to the last ``days`` points; None shows all."""
    points = len(options["series"][0]["data"])
    start = 0.0 if days is None or points <= days else 100.0 * (1 - days / points)
    return {**options, "dataZoom": [{**options["dataZoom"][0], "start": start, "end": 100}]}


def bars_of(path: str, rows: Sequence[tuple[str, str, Any]], reasons: Reasons, kind: AnswerKind = "share") -> Html:
    """Return (label, name in the answer, value) as bars from a common zero; each figure opens its mark.

    A value is a number, money or null, written as ``kind``.
    """
    sizes = [_size(value) for _, _, value in rows]
    low, high = min([0.0, *sizes]), max([0.0, *sizes])
    span = (high - low) or 1.0
    drawn = [_bar(path, row, -low / span, span, reasons, kind) for row in rows]
    return tag("div", *drawn, kind="bars")


def _size(value: Any) -> float:
    amount = value["amount"] if isinstance(value, Mapping) else value
    return 0.0 if amount is None else float(amount)


def _bar(path: str, row: tuple[str, str, Any], zero: float, span: float, reasons: Reasons, kind: AnswerKind) -> Html:
    label, name, value = row
    size = _size(value)
    left, width = (zero + min(size, 0.0) / span) * 100, abs(size) / span * 100
    look = "gain" if size > 0 else "fall"
    bar = tag("i", style=f"left:{left:.2f}%;width:{width:.2f}%", kind=look)
    axis = tag("u", style=f"left:{zero * 100:.2f}%")
    figure = traced(f"{path}.{name}" if name else path, value, reasons, kind=kind, name=name.rpartition(".")[2])
    return tag("div", tag("span", label or DASH, title=label), tag("div", bar, axis, kind="track"), figure, kind="row")
