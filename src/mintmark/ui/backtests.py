"""Backtests: what was simulated by hand, and the form that starts more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import DASH, Html, duration_text, plain, table, tag, titled, words, written
from mintmark.ui.client import Api
from mintmark.ui.lanes import progress_line
from mintmark.ui.live import Watch
from mintmark.ui.parts import (
    ACTIVE,
    SIMULATED,
    Part,
    badge,
    button,
    card,
    empty,
    heading,
    link,
    opener,
    operation_path,
    stamp,
    type_name,
)
from mintmark.ui.simulating import SimulationForm

_PAGE = 25
_COMMAND = "mintmark sweep sma_cross --symbol NASDAQ --grid fast=5:30,slow=40:80 --follow"


async def page(api: Api) -> None:
    """Show the simulations started by hand, newest first."""
    with ui.element("div").classes("head"):
        heading("Backtests")
        with ui.element("div").classes("right"):
            opener("New backtest", "simulate", "main")
    form = SimulationForm(api)
    seen = _Seen(api)
    asked: dict[str, Any] = {"kind": None, "offset": 0}

    async def look() -> bool:
        rows, total = await seen.look(asked["kind"], asked["offset"])
        running.show([one for one in rows if one["status"] in ACTIVE])
        listed.show({"rows": [one for one in rows if one["status"] not in ACTIVE], "total": total, **asked})
        waiting.show(any(one["status"] == "pending" for one in rows) and not await _live(api))
        more.set_visibility(total > _PAGE)
        await form.offer()
        return True

    watch = Watch(look)

    async def ask(**change: Any) -> None:
        asked.update({"offset": 0, **change})
        await watch.again()

    async def started(operation_id: str) -> None:
        ui.navigate.to(f"/backtests/{quote(operation_id)}")

    form.started = started
    with ui.element("div").classes("buttons"):
        kinds: dict[str | None, str] = {None: "All", **{one: f"{type_name(one)}s" for one in SIMULATED}}
        _Choice(kinds, lambda kind: ask(kind=kind))
    waiting, running, listed = Part(_waiting), Part(_running), Part(_listed)
    with ui.element("div").classes("buttons") as more:
        button("Newer", lambda: ask(offset=max(0, asked["offset"] - _PAGE)))
        button("Older", lambda: ask(offset=asked["offset"] + _PAGE))
    await watch.start()


class _Choice:
    """Buttons of which one is picked."""

    def __init__(self, names: Mapping[str | None, str], chosen: Any) -> None:
        self._chosen = chosen
        self._made = {key: button(name, self._pick(key)) for key, name in names.items()}
        self._made[next(iter(names))].classes("picked")

    def _pick(self, key: str | None) -> Any:
        async def pick() -> None:
            for one, made in self._made.items():
                made.classes(add="picked") if one == key else made.classes(remove="picked")
            await self._chosen(key)

        return pick


class _Seen:
    """The simulations, newest first. What has ended is asked for once, as it carries its whole result."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ended: dict[str, dict[str, Any]] = {}

    async def look(self, kind: str | None, offset: int) -> tuple[list[dict[str, Any]], int]:
        """Return a page of them, and how many there are."""
        found: list[dict[str, Any]] = []
        total = 0
        for one in (kind,) if kind else SIMULATED:
            given = await self._api.get("/operations", operation_type=one, roots_only=True, limit=offset + _PAGE)
            found += given["data"]
            total += given["total_count"]
        found.sort(key=lambda one: str(one["created_at"]), reverse=True)
        return [await self._whole(one) for one in found[offset : offset + _PAGE]], total

    async def _whole(self, one: dict[str, Any]) -> dict[str, Any]:
        if one["status"] != "completed":
            return one
        key = f"{one['operation_id']} {one['completed_at']}"
        if key not in self._ended:
            self._ended[key] = await self._api.data(f"/operations/{quote(one['operation_id'])}")
        return self._ended[key]


async def _live(api: Api) -> bool:
    return any(worker["live"] for worker in await api.data("/workers"))


def _waiting(is_so: bool) -> Html:
    if not is_so:
        return Html("")
    command = tag("code", "mintmark worker", kind="command")
    said = tag("p", tag("span", "▲ ", kind="wait"), "No worker is live. Start one: ", command)
    return card("Waiting for a worker", said)


def name_of(one: Mapping[str, Any]) -> str:
    """Return what a simulation ran: its strategy, what was set of it where no grid did that, and its symbols."""
    meta = one.get("metadata") or {}
    given = meta.get("parameters") or {}
    strategy = given.get("strategy_name") or type_name(one["operation_type"])
    values = {} if "grid" in given else given.get("values") or {}
    return f"{titled(strategy, values)} on {', '.join(meta.get('symbols') or ()) or DASH}"


def told_of(one: Mapping[str, Any]) -> str:
    """Return in a few words what a simulation was asked for."""
    given = (one.get("metadata") or {}).get("parameters") or {}
    frame = ", ".join((one.get("metadata") or {}).get("timeframes") or ())
    own = {
        "sweeping": given.get("grid"),
        "walkforward": given.get("grid"),
        "crossvalidation": given.get("grid"),
        "montecarlo": _drawn(given),
    }.get(one["operation_type"])
    return ", ".join(str(part) for part in (frame, own) if part)


def _drawn(given: Mapping[str, Any]) -> str:
    method = plain(given.get("method"))
    return words(method) if method == "cost_stress" else f"{words(method)}, {plain(given.get('runs'))} runs"


def _running(rows: list[dict[str, Any]]) -> Html:
    cards = [
        tag(
            "div",
            tag("h3", link(operation_path(one), f"{type_name(one['operation_type'])}: {name_of(one)}")),
            progress_line(one),
        )
        for one in rows
    ]
    return card("Running now", *cards) if cards else Html("")


def _listed(facts: dict[str, Any]) -> Html:
    if not facts["total"]:
        would = (
            "Backtests, sweeps, Monte Carlo tests, walk-forwards and cross-validations would be here, each with its "
            "sheet. Those of a research cycle are in its story."
        )
        start = tag("button", "Start the first one", kind="button main", **{"data-opens": "simulate"})
        return Html(
            empty("Nothing was simulated by hand", would, _COMMAND) + tag("p", start, style="text-align:center")
        )
    if not facts["rows"]:
        return Html("")
    heads = ("What ran", "", "Status", "Sharpe", "Return", "Drawdown", "Trades", "Evidence", "Took", "Started")
    return card("Ended", table(heads, [_row(one) for one in facts["rows"]], (3, 4, 5, 6, 8)))


def _row(one: dict[str, Any]) -> list[Any]:
    result = one.get("result_summary") or {}
    why = one.get("error_message") or one.get("cancel_reason") or told_of(one)
    name = Html(link(operation_path(one), name_of(one), "row") + tag("div", why, kind="quiet"))
    figures = [
        written(key, value) if value is not None else tag("span", DASH, title=_why(one, key), kind="quiet")
        for key, value in figures_of(one).items()
    ]
    return [
        name, tag("span", type_name(one["operation_type"]), kind="nowrap"), badge(one["status"]), *figures,
        _evidence(one["operation_type"], result), duration_text(one["duration_seconds"]), stamp(one["created_at"]),
    ]  # fmt: skip


def figures_of(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return the four first figures of a simulation: of the run, a sweep's best, the real run, the median path."""
    result = one.get("result_summary") or {}
    best = (result.get("best") or [{}])[0]
    medians = {name: spread["median"] for name, spread in (result.get("distribution") or {}).items()}
    sources = {"sweeping": best, "montecarlo": result.get("real") or {}, "crossvalidation": medians}
    source = sources.get(one["operation_type"], result)
    return {name: source.get(name) for name in ("sharpe_ratio", "total_return", "max_drawdown", "total_trades")}


def _why(one: Mapping[str, Any], name: str) -> str:
    if one["status"] != "completed":
        return f"it {one['status']} before it had a result"
    if one["operation_type"] == "crossvalidation" and name == "total_trades":
        return "a path is put together from folds and has no trades of its own"
    return plain(((one.get("result_summary") or {}).get("undefined") or {}).get(name) or "no value")


def _evidence(kind: str, result: Mapping[str, Any]) -> Html:
    """Return what speaks against luck: p, the share of paths that gained, else the deflated Sharpe ratio."""
    if not result:
        return tag("span", DASH, kind="quiet")
    if kind == "crossvalidation":
        of_paths = tag("div", f"of {result['path_count']:,} paths, median shown", kind="quiet nowrap")
        return Html(tag("span", f"gained on {result['profitable_paths']:.0%}", kind="nowrap") + of_paths)
    if kind == "montecarlo":
        said, value = "p", result.get("p_value")
        if value is None and result.get("break_even") is not None:
            said, value = "break-even ×", result["break_even"]
        if value is None:
            return tag("span", DASH, kind="quiet", title="this method gives no p-value, or it is undefined")
        return tag("span", f"{said} {value:.4f}", kind="nowrap")
    tries = result.get("dsr_trials")
    counted = tag("div", f"of {tries:,} tries", kind="quiet nowrap") if tries else ""
    return Html(tag("span", f"deflated {written('dsr', result.get('dsr'))}", kind="nowrap") + counted)
