"""Data: packs with their supersede chain, series with their quality, gaps on a line, candles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import DASH, Html, as_kind, from_iso, iso, plain, table, tag
from mintmark.ui import charts
from mintmark.ui.chart import Chart
from mintmark.ui.client import Api
from mintmark.ui.live import Watch
from mintmark.ui.parts import Part, age, button, card, empty, facts, heading, link, stamp

_RANGES = {"1 month": 31, "3 months": 92, "1 year": 366, "5 years": 1827, "All": 0}
_POINTS = 1500


async def page(api: Api, pack_id: str | None = None) -> None:
    """Show the packs, and the series of ``pack_id``: the newest live one when none is named."""
    heading("Data")
    packs, told, series, gaps = Part(_packs), Part(_pack), Part(_series), Part(_gaps)
    with ui.element("section").classes("card") as place:
        view = _Candles(api)
    place.set_visibility(False)

    async def look() -> bool:
        held = await api.data("/packs")
        chosen = pack_id or next((pack["pack_id"] for pack in held if not pack.get("superseded_by")), None)
        packs.show({"packs": held, "chosen": chosen})
        if chosen is not None and not view.offered:
            report = await api.data(f"/packs/{quote(chosen)}/quality")
            manifest = await api.data(f"/packs/{quote(chosen)}")
            told.show({"manifest": manifest, "pack_id": chosen})
            series.show(report)
            gaps.show(report)
            place.set_visibility(bool(report))
            await view.offer(chosen, report)
        return True

    await Watch(look).start()


class _Candles:
    """The candle chart with its choice of series and range."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._asked: dict[str, Any] = {}
        self._last: dict[str, str] = {}
        self.offered = False
        ui.html("<h2>Bars</h2>", sanitize=False)
        with ui.element("div").classes("filters"):
            self._symbol = ui.select([], on_change=self._choose).props('outlined dense aria-label="Series"')
            with ui.element("div").classes("buttons"):
                self._ranges = {name: button(name, self._reach(name)) for name in _RANGES}
        self._chart = Chart("Candles with volume", "chart tall")
        self._note = Part(_thinned)

    async def offer(self, pack_id: str, report: Sequence[Mapping[str, Any]]) -> None:
        """Offer the series of ``report`` and draw the first."""
        if not report:
            return
        self.offered = True
        self._last = {f"{one['symbol']} {one['timeframe']}": one["last"] for one in report}
        self._asked = {"pack": pack_id, "range": "1 year"}
        self._symbol.set_options(list(self._last), value=next(iter(self._last)))

    def _reach(self, name: str) -> Any:
        async def reach() -> None:
            self._asked["range"] = name
            await self._draw()

        return reach

    async def _choose(self) -> None:
        await self._draw()

    async def _draw(self) -> None:
        for name, made in self._ranges.items():
            made.classes(add="picked") if name == self._asked["range"] else made.classes(remove="picked")
        symbol, timeframe = str(self._symbol.value).rsplit(" ", 1)
        days = _RANGES[self._asked["range"]]
        start = iso(from_iso(self._last[f"{symbol} {timeframe}"]) - timedelta(days=days)) if days else None
        query = {"symbol": symbol, "timeframe": timeframe, "points": _POINTS, "start": start}
        bars = await self._api.data(f"/packs/{quote(self._asked['pack'])}/bars", **query)
        self._chart.show(charts.candles(bars))
        self._note.show((len(bars["stamps"]), bars["total"], bars["downsampled"]))


def _thinned(shown: tuple[int, int, bool]) -> Html:
    count, total, thinned = shown
    said = (
        f"{count:,} of {total:,} bars drawn, chosen to keep the shape; a shorter range shows candles."
        if thinned
        else f"{total:,} bars"
    )
    return tag("p", said, kind="quiet")


def _packs(held: Mapping[str, Any]) -> Html:
    if not held["packs"]:
        would = "Packs would be here: sealed cuts of market data that research, tests and reports point to."
        return empty("No pack yet", would, "mintmark data sample")
    rows = [_pack_row(pack, held["chosen"]) for pack in held["packs"]]
    return card("Packs", table(("Pack", "State", "As of", "Superseded by", "Hash"), rows))


def _pack_row(pack: Mapping[str, Any], chosen: str) -> list[Any]:
    later = pack.get("superseded_by")
    state = tag("span", "superseded", kind="quiet") if later else tag("span", "● live", kind="yes")
    name = link(f"/data/{quote(pack['pack_id'])}", pack["pack_id"], "row")
    here = Html(name + tag("span", " shown", kind="quiet")) if pack["pack_id"] == chosen else name
    old = tag("span", f"{str(pack.get('as_of') or DASH)[:10]}, {age(pack.get('as_of'))}")
    chain = link(f"/data/{quote(later)}", later) if later else DASH
    return [
        here,
        state,
        old,
        chain,
        tag("span", str(pack.get("pack_sha256") or pack.get("sha256") or DASH)[:16], kind="id"),
    ]


def _pack(held: Mapping[str, Any]) -> Html:
    manifest = held["manifest"]
    rows = [
        (key.replace("_", " ").capitalize(), plain(value))
        for key, value in manifest.items()
        if isinstance(value, (str, int, float))
    ]
    sources, macro = manifest.get("sources"), manifest.get("macro")
    if sources:
        rows.append(("Sources and rights", plain(sources)))
    if macro:
        names = (
            macro
            if isinstance(macro, dict)
            else [one.get("name", one) if isinstance(one, dict) else one for one in macro]
        )
        rows.append(("Macro series", ", ".join(str(name) for name in names)))
    return tag("details", tag("summary", f"What {held['pack_id']} says of itself"), facts(rows), kind="card")


def _series(report: Sequence[Mapping[str, Any]]) -> Html:
    heads = (
        "Series",
        "Bars",
        "First",
        "Last",
        "Completeness",
        "Gaps",
        "Unexpected",
        "Longest gap, h",
        "Flat",
        "Largest move",
        "Warnings",
    )
    return (
        card("Series and their quality", table(heads, [_series_row(one) for one in report], range(4, 10)))
        if report
        else Html("")
    )


def _series_row(one: Mapping[str, Any]) -> list[Any]:
    warnings = [tag("div", tag("span", "▲ ", kind="wait"), warning["message"]) for warning in one.get("warnings") or ()]
    unexpected = (one.get("gaps_by_kind") or {}).get("unexpected")
    return [
        tag("b", f"{one['symbol']} {one['timeframe']}", kind="nowrap"),
        f"{one['rows']:,}",
        stamp(one["first"]),
        stamp(one["last"]),
        as_kind("share", one["completeness"]),
        f"{one['gaps_total']:,}",
        as_kind("count", unexpected),
        as_kind("ratio", one["longest_gap_hours"]),
        f"{one['flat_bars']:,}",
        as_kind("share", one.get("max_abs_log_return")),
        Html("".join(warnings)) if warnings else tag("span", "✓ none", kind="yes"),
    ]


def _gaps(report: Sequence[Mapping[str, Any]]) -> Html:
    """Return the unexpected gaps of each series on one common line of time."""
    if not report:
        return Html("")
    first, last = min(_seconds(one["first"]) for one in report), max(_seconds(one["last"]) for one in report)
    rows = [_gap_row(one, first, (last - first) or 1.0) for one in report]
    starts, ends = min(one["first"] for one in report)[:10], max(one["last"] for one in report)[:10]
    axis = tag("span") + tag("div", tag("span", starts), tag("span", ends), kind="axis") + tag("span")
    said = tag("p", "Gaps the calendar does not explain; at most the first 20 of a series are drawn.", kind="quiet")
    return card(
        "Gaps on a line of time", said, tag("div", tag("div", Html("".join(rows) + axis), kind="gaps"), kind="scroll")
    )


def _gap_row(one: Mapping[str, Any], first: float, span: float) -> Html:
    known = [gap for warning in one.get("warnings") or () for gap in warning.get("gaps") or ()]
    place = f"margin-left:{100 * (_seconds(one['first']) - first) / span:.3f}%;width:{100 * (_seconds(one['last']) - _seconds(one['first'])) / span:.3f}%"
    own, length = _seconds(one["first"]), (_seconds(one["last"]) - _seconds(one["first"])) or 1.0
    drawn = [
        tag(
            "i",
            title=f"{gap['after']} to {gap['before']}",
            style=f"left:{100 * (_seconds(gap['after']) - own) / length:.3f}%;width:{100 * (_seconds(gap['before']) - _seconds(gap['after'])) / length:.3f}%",
        )
        for gap in known
    ]
    count = (one.get("gaps_by_kind") or {}).get("unexpected", 0)
    shown = tag("span", f"▲ {count:,}", kind="wait num") if count else tag("span", "✓ none", kind="yes num")
    return Html(
        tag("span", f"{one['symbol']} {one['timeframe']}") + tag("div", *drawn, kind="timeline", style=place) + shown
    )


def _seconds(moment: str) -> float:
    return from_iso(moment).timestamp()
