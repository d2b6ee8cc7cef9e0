"""One simulation: what was asked, how far it is, and its sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import DASH, FIGURES, Html, duration_text, figure, label_of, plain, tag
from mintmark.ui import charts
from mintmark.ui.actions import Actions
from mintmark.ui.backtests import name_of
from mintmark.ui.chart import Chart
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.lanes import progress_card
from mintmark.ui.live import Watch
from mintmark.ui.parts import (
    ACTIVE,
    Part,
    badge,
    card,
    facts,
    link,
    mark_drawer,
    opener,
    report_button,
    said_of,
    stamp,
    tile,
    type_name,
)
from mintmark.ui.sheets import parts_of, tiles_of
from mintmark.ui.sorting import SortedRows, Wanted

_POINTS = 1_500
_SHOWN_BY_THE_PAGE = {"sweeping": ("map", "best"), "crossvalidation": ("each",)}
_CURVED = ("backtesting", "walkforward")
_SWEPT = ("sharpe_ratio", "total_return", "annual_return", "max_drawdown", "total_trades", "win_rate",
          "profit_factor", "net_profit", "code")  # fmt: skip
_MAPPED = ("sharpe_ratio", "total_return", "max_drawdown", "sortino_ratio", "profit_factor", "win_rate",
           "total_trades", "net_profit")  # fmt: skip
_TRADED = ("side", "entry_stamp", "exit_stamp", "entry_price", "exit_price", "exit_reason", "bars_held", "net_profit",
           "return", "mfe", "mae")  # fmt: skip
_PATHS = ("path", "sharpe_ratio", "total_return", "annual_return", "annual_volatility", "max_drawdown", "sortino_ratio",
          "calmar_ratio", "cvar_95")  # fmt: skip
_LUCK = ("dsr", "dsr_trials", "psr", "pbo")
_TOLD = {
    "method": "Method", "runs": "Runs", "metric": "Judged by", "grid": "Grid", "initial_capital": "Capital",
    "random_state": "Random state",
}  # fmt: skip


async def page(api: Api, operation_id: str) -> None:
    """Show the simulation ``operation_id``."""
    shown = _Simulation(api, operation_id)
    watch = Watch(shown.look)
    shown.actions.done = watch.again
    await watch.start()


class _Simulation:
    """The parts of the page, top to bottom, and what was fetched of a finished result."""

    def __init__(self, api: Api, operation_id: str) -> None:
        self._api, self._id = api, operation_id
        self._sheet: dict[str, Any] | None = None
        self._fetched = ""
        with ui.element("div").classes("head"):
            self._title = Part(_title)
            self.actions = Actions(api, operation_id)
            with ui.element("div").classes("buttons"):
                self._report = Part(_report)
                opener("Mark", "mark")
        self._progress, self._said = Part(progress_card), Part(said_of)
        self._tiles, self._luck = Part(_tiles), Part(_luck)
        with ui.element("section").classes("card") as self._equity_place:
            ui.html("<h2>Equity</h2>", sanitize=False)
            self._equity = Chart("Equity, drawdown below", "chart tall")
        with ui.element("section").classes("card") as self._map_place:
            self._map = _Map(api, operation_id)
        self._first = Part(lambda held: parts_of(held["sheet"], without=held["without"]) if held else Html(""))
        with ui.element("section").classes("card") as self._rows_place:
            self._rows_title = Part(lambda said: tag("h2", said))
            self._rows = SortedRows(api, operation_id, "Rows")
        self._last = Part(lambda sheet: parts_of(sheet, only=("metrics", "notes")) if sheet else Html(""))
        self._asked = Part(_asked)
        for place in (self._equity_place, self._map_place, self._rows_place):
            place.set_visibility(False)
        with ui.element("aside").classes("drawer").props('data-drawer="mark" aria-label="Mark"'):
            self._mark = Part(lambda one: mark_drawer(one.get("mark"), [one]))

    async def look(self) -> bool:
        """Ask the API and show what changed; return whether it still goes on."""
        one = await self._api.data(f"/operations/{quote(self._id)}")
        self._title.show({name: one[name] for name in ("operation_id", "operation_type", "status", "metadata")})
        self.actions.show(one)
        self._report.show(one)
        for part in (self._progress, self._said, self._luck, self._asked, self._mark):
            part.show(one)
        key = f"{one['status']} {one['completed_at']}"
        if one["status"] == "completed" and key != self._fetched:
            await self._show_result(one)
            self._fetched = key
        return one["status"] in ACTIVE

    async def _show_result(self, one: Mapping[str, Any]) -> None:
        kind, result = one["operation_type"], one.get("result_summary") or {}
        path = f"/operations/{quote(self._id)}"
        try:
            self._sheet = await self._api.data(f"{path}/sheet")
        except ApiRefused as error:
            # A result of an older release has figures and no sheet.
            if error.code != "not_found":
                raise
        self._tiles.show(self._sheet or {"tiles": []})
        if kind in _CURVED:
            self._equity.show(charts.equity(await self._api.data(f"{path}/equity", points=_POINTS)))
            self._equity_place.set_visibility(True)
        mapped = await self._map.offer() if kind == "sweeping" else False
        self._map_place.set_visibility(mapped)
        without = [
            "metrics",
            "notes",
            *(["equity"] if kind in _CURVED else []),
            *_SHOWN_BY_THE_PAGE.get(kind, ()),
        ]
        self._first.show({"sheet": self._sheet, "without": without} if self._sheet else None)
        self._last.show(self._sheet)
        await self._show_rows(kind, result)

    async def _show_rows(self, kind: str, result: Mapping[str, Any]) -> None:
        currency = (result.get("initial_capital") or {}).get("currency", "")
        if kind == "sweeping":
            parameters = _parameters(result)
            wanted = Wanted("table", (*parameters, *_SWEPT), "sharpe_ratio", currency)
            self._rows_title.show(f"All {result['combinations']:,} combinations")
        elif kind == "crossvalidation":
            wanted = Wanted("paths", _PATHS, "sharpe_ratio", currency)
            self._rows_title.show(f"All {result['path_count']:,} paths")
        elif kind in _CURVED and result.get("total_trades"):
            wanted = Wanted("trades", _TRADED, "entry_stamp", currency)
            self._rows_title.show(f"All {result['total_trades']:,} trades")
        else:
            return
        self._rows_place.set_visibility(True)
        await self._rows.offer(wanted)


class _Map:
    """A sweep as a heat map, its metric and its two parameters to be chosen."""

    def __init__(self, api: Api, operation_id: str) -> None:
        self._api, self._path = api, f"/operations/{quote(operation_id)}/map"
        ui.html("<h2>Map of the sweep</h2>", sanitize=False)
        with ui.element("div").classes("filters"):
            metrics = {one: label_of(one) for one in _MAPPED}
            self._metric = _field("Metric", ui.select(metrics, value="sharpe_ratio", on_change=self._draw))
            self._across = _field("Across", ui.select([], on_change=self._draw))
            self._down = _field("Down", ui.select([], on_change=self._draw))
        self._shown = Part(_drawn_map)
        self._offered = False

    async def offer(self) -> bool:
        """Draw the map of the sweep; return whether it has one, as it takes two parameters."""
        try:
            found = await self._api.data(self._path)
        except ApiRefused as error:
            if error.code not in ("bad_value", "not_found"):
                raise
            return False
        self._across.set_options(found["parameters"], value=found["across"]["name"])
        self._down.set_options(found["parameters"], value=found["down"]["name"])
        self._offered = True
        self._shown.show(found)
        return True

    async def _draw(self) -> None:
        if not self._offered:
            return
        asked = {"metric": self._metric.value, "across": self._across.value, "down": self._down.value}
        try:
            self._shown.show(await self._api.data(self._path, **asked))
        except ApiRefused as error:
            self._shown.show({"refused": error.message})


def _field(name: str, made: ui.select) -> ui.select:
    made.props(f'outlined dense label="{name}"')
    return made


def _drawn_map(found: Mapping[str, Any]) -> Html:
    if "refused" in found:
        return tag("p", "✗ ", found["refused"], kind="no")
    best = found["best"]
    if best is None:
        return tag("p", "No combination has a value of this metric.", kind="quiet")
    value, name = found["values"][best[0]][best[1]], found["metric"]
    places = (("across", best[1]), ("down", best[0]))
    where = ", ".join(f"{found[side]['name']} {plain(found[side]['values'][at])}" for side, at in places)
    shown = figure({name: value}, name)
    said = tag("p", "Best: ", tag("b", shown), f" at {where}, one of {found['tries']:,} tries.")
    return Html(said + tag("figure", Html(found["svg"])))


def _parameters(result: Mapping[str, Any]) -> Sequence[str]:
    best = (result.get("best") or [{}])[0]
    return [name for name in best if name not in FIGURES]


def _title(one: Mapping[str, Any]) -> Html:
    kicker = tag(
        "p", type_name(one["operation_type"]), " · ", tag("span", one["operation_id"], kind="id"), kind="kicker"
    )
    return Html(kicker + tag("h1", name_of(one), " ", badge(one["status"])))


def _report(one: Mapping[str, Any]) -> Html:
    held = (one.get("result_summary") or {}).get("sheet_path")
    return report_button(one["operation_id"], "Full report") if held else Html("")


def _tiles(sheet: Mapping[str, Any]) -> Html:
    return tiles_of(sheet) if sheet["tiles"] else Html("")


def _luck(one: Mapping[str, Any]) -> Html:
    """Return what speaks for and against luck, as it stands in the result."""
    result = one.get("result_summary") or {}
    # The sheet of a sweep shows the probability of overfitting among its first figures.
    asked = _LUCK[:3] if one["operation_type"] == "sweeping" else _LUCK
    names = [name for name in asked if result.get(name) is not None or (name == "dsr" and name in result)]
    if not names:
        return Html("")
    tiles = tag("div", *(tile(label_of(name), figure(result, name)) for name in names), kind="tiles")
    said = "Each try on this data makes the deflated Sharpe ratio of all later ones harder to reach."
    return Html(tag("h3", "Evidence against luck") + tiles + tag("p", said, kind="quiet"))


def _asked(one: Mapping[str, Any]) -> Html:
    meta = one.get("metadata") or {}
    given = {**(meta.get("parameters") or {}), **((meta.get("parameters") or {}).get("plan") or {})}
    window = given.get("window") or {}
    days = " to ".join(str(window[name] or "…") for name in ("start", "end")) if any(window.values()) else None
    pack = meta.get("pack_id")
    rows: list[tuple[str, Any]] = [
        ("Strategy", given.get("strategy_name")),
        ("Pack", link(f"/data/{quote(pack)}", pack) if pack else None),
        ("Symbols, timeframe", f"{plain(meta.get('symbols'))}, {plain(meta.get('timeframes'))}"),
        ("Days", days or "all that may be used"),
        *((label, plain(given[name])) for name, label in _TOLD.items() if given.get(name) is not None),
        ("Windows", _windows(given)),
        ("Folds", _folds(given)),
        ("Created, ended", Html(stamp(one["created_at"]) + ", " + stamp(one["completed_at"]))),
        ("Took", duration_text(one["duration_seconds"])),
        ("Everything else", link(f"/operations/{quote(one['operation_id'])}", "facts and events of the operation")),
    ]
    return card("What was asked", facts([(name, value) for name, value in rows if value not in (None, DASH)]))


def _windows(given: Mapping[str, Any]) -> str | None:
    if "is_bars" not in given:
        return None
    return (
        f"{given['mode']}: {given['is_bars']:,} bars inside, {given['purge']:,} left out, {given['oos_bars']:,} outside"
    )


def _folds(given: Mapping[str, Any]) -> str | None:
    if "test_folds" not in given:
        return None
    embargo = "0.01 of all" if given["embargo"] is None else f"{given['embargo']:,}"
    beside = f"{given['purge']:,} bars left out beside one, {embargo} after it"
    return f"{given['folds']}, every {given['test_folds']} tested together; {beside}"
