"""Chart options: pure, and in the page's own variables, so that a chart follows the theme by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Series = Sequence[float | None]

_INK, _MUTED, _GRID = "var(--ink)", "var(--muted)", "var(--grid)"
_SHORT = {
    "color": _MUTED,
    "hideOverlap": True,
    ":formatter": "value => Intl.NumberFormat('en', {notation: 'compact'}).format(value)",
}
_TOOLTIP = {
    "trigger": "axis",
    "backgroundColor": "var(--card)",
    "borderColor": _GRID,
    "textStyle": {"color": _INK, "fontSize": 12.5},
    "axisPointer": {"type": "cross", "lineStyle": {"color": _MUTED}, "crossStyle": {"color": _MUTED}},
}


def line(name: str, points: list[Any], colour: str, **more: Any) -> dict[str, Any]:
    """Return one line series."""
    look = {"color": colour, "width": 1.6}
    return {
        "type": "line",
        "name": name,
        "data": points,
        "showSymbol": False,
        "lineStyle": look,
        "itemStyle": {"color": colour},
        **more,
    }


def plain_axis(name: str, kind: str = "value", **more: Any) -> dict[str, Any]:
    """Return an axis in the colours of the page."""
    return {
        "type": kind,
        "name": name,
        "nameTextStyle": {"color": _MUTED, "align": "left"},
        "axisLabel": {"color": _MUTED, "hideOverlap": True},
        "axisLine": {"lineStyle": {"color": _GRID}},
        "axisTick": {"show": False},
        "splitLine": {"show": kind == "value", "lineStyle": {"color": _GRID}},
        **more,
    }


def framed(**more: Any) -> dict[str, Any]:
    """Return the options every chart shares, and ``more``."""
    legend = {"textStyle": {"color": _INK}, "top": 0, "right": 0, "icon": "roundRect", "itemHeight": 3, "itemWidth": 18}
    return {
        "animation": False,
        "textStyle": {"fontFamily": "Roboto, system-ui, sans-serif"},
        "tooltip": _TOOLTIP,
        "legend": legend,
        **more,
    }


def learning(rounds: Sequence[Mapping[str, Any]], what: str, unit: str) -> dict[str, Any]:
    """Return the curves of ``what`` (loss, accuracy) over the training rounds."""

    def points(part: str) -> list[list[Any]]:
        return [[row["round"], row.get(f"{part}_{what}")] for row in rounds]

    return framed(
        grid={"left": 8, "right": 12, "top": 44, "bottom": 30, "containLabel": True},
        xAxis=plain_axis("", minInterval=1, splitLine={"show": False}),
        yAxis=plain_axis(unit, scale=True),
        series=[
            line("training part", points("train"), "var(--accent)"),
            line(
                "validation part",
                points("validation"),
                "var(--second)",
                lineStyle={"color": "var(--second)", "type": "dashed"},
            ),
        ],
    )


def equity(curve: Mapping[str, Any]) -> dict[str, Any]:
    """Return equity over its benchmark with the drawdown below."""
    stamps: Sequence[str] = curve["stamps"]
    held = [line("Strategy", _pairs(stamps, curve["equity"]), "var(--accent)")]
    if curve.get("benchmark"):
        held.append(line("Buy and hold", _pairs(stamps, curve["benchmark"]), "var(--second)"))
    fall = [None if value is None else round(100.0 * value, 4) for value in curve["drawdown"]]
    area = {"color": "var(--loss)", "opacity": 0.2}
    below = line("Drawdown", _pairs(stamps, fall), "var(--loss)", xAxisIndex=1, yAxisIndex=1, areaStyle=area)
    return _two_panes([*held, below], f"Equity, {curve.get('currency', '')}", "Drawdown, %")


def candles(bars: Mapping[str, Any]) -> dict[str, Any]:
    """Return candles with volume below; when the bars were thinned, a line of closes instead."""
    stamps: Sequence[str] = bars["stamps"]
    if bars["downsampled"]:
        price = line("Close", _pairs(stamps, bars["close"]), "var(--accent)")
    else:
        rows = zip(stamps, bars["open"], bars["close"], bars["low"], bars["high"], strict=True)
        # A bar that rose is hollow, one that fell is filled: the colour is not alone.
        look = {
            "color": "var(--card)",
            "color0": "var(--loss)",
            "borderColor": "var(--gain)",
            "borderColor0": "var(--loss)",
        }
        price = {"type": "candlestick", "name": "Price", "data": [list(row) for row in rows], "itemStyle": look}
    below = (
        None
        if bars["volume"] is None
        else {
            "type": "bar",
            "name": "Volume",
            "data": _pairs(stamps, bars["volume"]),
            "xAxisIndex": 1,
            "yAxisIndex": 1,
            "itemStyle": {"color": "var(--second)"},
        }
    )
    return _two_panes([price, *([below] if below else [])], bars.get("currency") or "Price", "Volume")


def _two_panes(series: list[dict[str, Any]], upper: str, lower: str) -> dict[str, Any]:
    zoom = {"xAxisIndex": [0, 1], "filterMode": "none"}
    return framed(
        axisPointer={"link": [{"xAxisIndex": "all"}]},
        grid=[
            {"left": 62, "right": 14, "top": 44, "height": "54%"},
            {"left": 62, "right": 14, "top": "76%", "bottom": 28},
        ],
        xAxis=[plain_axis("", "time", axisLabel={"show": False}), plain_axis("", "time", gridIndex=1)],
        yAxis=[plain_axis(upper, scale=True), plain_axis(lower, gridIndex=1, splitNumber=2, axisLabel=_SHORT)],
        dataZoom=[{"type": "inside", **zoom}],
        series=series,
    )


def _pairs(stamps: Sequence[str], values: Series) -> list[list[Any]]:
    return [list(pair) for pair in zip(stamps, values, strict=True)]
