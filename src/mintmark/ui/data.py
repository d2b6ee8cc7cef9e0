"""Data: packs with their supersede chain, series with their quality, gaps on a line, candles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import Html, from_iso, iso, tag
from mintmark.ui import charts
from mintmark.ui.chart import Chart
from mintmark.ui.client import Api
from mintmark.ui.live import Watch
from mintmark.ui.packs import gaps_part, pack_part, packs_part, series_part
from mintmark.ui.parts import Part, button, heading

_RANGES = {"1 month": 31, "3 months": 92, "1 year": 366, "5 years": 1827, "All": 0}
_POINTS = 1500


async def page(api: Api, pack_id: str | None = None) -> None:
    """Show the packs, and the series of ``pack_id``: the newest live one when none is named."""
    heading("Data")
    packs, told, series, gaps = Part(packs_part), Part(pack_part), Part(series_part), Part(gaps_part)
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
