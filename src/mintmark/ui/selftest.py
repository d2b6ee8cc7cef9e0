"""The gates, tested: the section of the page Research that shows the newest test and starts another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import Html, Timeframe, duration_text, plain, tag
from mintmark.ui.actions import Actions
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.lanes import progress_line
from mintmark.ui.parts import ACTIVE, Part, button, empty, labelled, link, opener, operation_path, report_button, stamp
from mintmark.ui.sheets import parts_of, tiles_of

SELFTEST = "selftest"
_LOOKED_AT = 20
_COMMAND = "mintmark gates selftest"
_WHOLE = ("cycles", "edges", "turning", "random_state", "workers")
_TITLE = "The gates, tested"


class GateTest:
    """What the newest test of the gates found, what runs, and a drawer with a form that starts one.

    ``changed`` is awaited after one was started, cancelled or resumed.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._actions: Actions | None = None
        self._sheet: tuple[str, dict[str, Any]] | None = None
        self.changed: Any = None
        self._form = _Form(api)
        with ui.element("section").classes("card"):
            with ui.element("div").classes("head"):
                ui.html(f"<h2>{_TITLE}</h2>", sanitize=False)
                with ui.element("div").classes("right"):
                    opener("Test the gates", "selftest")
            self._running = Part(_running)
            self._buttons = ui.element("div")
            self._ended = Part(_ended)
        self._parts = Part(lambda sheet: parts_of(sheet) if sheet else Html(""))

    async def look(self) -> None:
        """Ask the API and show what changed."""
        self._form.started = self.changed
        found = await self._api.data("/operations", operation_type=SELFTEST, limit=_LOOKED_AT)
        newest = found[0] if found else None
        self._offer(newest)
        self._running.show(newest if newest and newest["status"] != "completed" else None)
        completed = next((one for one in found if one["status"] == "completed"), None)
        sheet = await self._sheet_of(completed) if completed else None
        self._ended.show({"one": completed, "sheet": sheet, "any": bool(found)})
        self._parts.show(sheet)

    def _offer(self, newest: Mapping[str, Any] | None) -> None:
        """Offer to cancel or resume the newest."""
        if newest is None or newest["status"] == "completed":
            self._buttons.clear()
            self._actions = None
            return
        if self._actions is None or self._actions.operation_id != newest["operation_id"]:
            self._buttons.clear()
            with self._buttons:
                self._actions = Actions(self._api, newest["operation_id"])
            self._actions.done = self.changed
        self._actions.show(newest)

    async def _sheet_of(self, one: Mapping[str, Any]) -> dict[str, Any]:
        key = f"{one['operation_id']} {one['completed_at']}"
        if self._sheet is None or self._sheet[0] != key:
            self._sheet = key, await self._api.data(f"/operations/{quote(one['operation_id'])}/sheet")
        return self._sheet[1]


def _running(one: Mapping[str, Any] | None) -> Html:
    if one is None:
        return Html("")
    name = link(operation_path(one), tag("span", one["operation_id"], kind="id"))
    if one["status"] in ACTIVE:
        return Html(tag("p", "Running: ", name) + progress_line(one))
    why = one.get("error_message") or one.get("cancel_reason") or "no reason given"
    return tag("p", tag("span", "✗ ", kind="no"), f"{one['status'].capitalize()}: {why}. ", name)


def _ended(held: Mapping[str, Any]) -> Html:
    one, sheet = held["one"], held["sheet"]
    if one is None:
        if held["any"]:
            return Html("")
        would = (
            "What the gates let through of noise, and hold back of a real edge, would be here: random strategies on "
            "permuted bars, and one that can read a planted drift, each through a whole cycle."
        )
        return empty("The gates of this house were not tested", would, _COMMAND)
    took = duration_text(one["duration_seconds"])
    said = tag(
        "p", f"{sheet['lead']} Ended ", stamp(one["completed_at"]), f", took {took}. ",
        link(operation_path(one), "Facts and events"), " ", report_button(one["operation_id"], "Full report"),
    )  # fmt: skip
    return Html(tiles_of(sheet) + said)


class _Form:
    """A drawer with what a test of the gates may be told; empty fields are left to the house."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.started: Any = None
        self._fields: dict[str, Any] = {}
        with ui.element("aside").classes("drawer").props(f'data-drawer="{SELFTEST}" aria-label="Test the gates"'):
            ui.html(_head(), sanitize=False)
            with ui.element("div").classes("fields"):
                self._make()
                self._refusal = Part(lambda said: _refused(said) if said else Html(""))
                button("Start the test", self._start, "main")

    def _make(self) -> None:
        frames = {"": "the coarsest base of the pack", **{frame.value: frame.value for frame in Timeframe}}
        with ui.element("div").classes("two"):
            self._named("cycles", "Cycles of noise", _number("200"))
            self._named("edges", "Cycles with each edge", _number("50"))
        with ui.element("div").classes("two"):
            self._named("sizes", "Edge sizes, judged by the first", ui.input(placeholder="0.8"))
            self._named("turning", "Bars until it turns", _number("10"))
        self._named("symbols", "Symbols, with commas between", ui.input(placeholder="all the newest pack trades"))
        self._named("timeframe", "Timeframe", ui.select(frames, value=""))
        with ui.element("div").classes("two"):
            self._named("random_state", "Random state", _number("7"))
            self._named("workers", "Processes", _number("1"))

    def _named(self, key: str, name: str, field: Any) -> None:
        self._fields[key] = labelled(name, field.props("hide-bottom-space"))

    def _request(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for key, field in self._fields.items():
            value = str(field.value or "").strip()
            if key in ("sizes", "symbols"):
                parts = [one.strip() for one in value.split(",") if one.strip()]
                given[key] = [_as_number(one) for one in parts] if key == "sizes" else parts
            else:
                given[key] = int(value) if key in _WHOLE and value.lstrip("-").isdigit() else value
        return {key: value for key, value in given.items() if value not in ("", [])}

    async def _start(self) -> None:
        self._show({})
        try:
            answer = await self._api.post("/selftests", self._request())
        except ApiRefused as error:
            self._show(_said_of(error))
            return
        ui.notify(f"Started {answer['operation_id']}", type="positive")
        ui.run_javascript(f"document.querySelector('[data-drawer=\"{SELFTEST}\"]')?.classList.remove('open')")
        await self.started()

    def _show(self, said: Mapping[str, str]) -> None:
        """Show what was refused at its field; what is about no field stands below them."""
        for key, field in self._fields.items():
            field.error = said.get(key)
        self._refusal.show([one for key, one in said.items() if key not in self._fields])


def _said_of(error: ApiRefused) -> dict[str, str]:
    problems = error.details.get("problems") or []
    if problems:
        # A problem of one of several values has its place behind the field.
        return {str(one["path"]).split(".")[0]: str(one["message"]) for one in problems}
    at = {"no_pack": "symbols", "symbol_unknown": "symbols", "timeframe_unknown": "timeframe"}
    return {str(error.details.get("field") or at.get(error.code, "")): f"{error.message} ({error.code})"}


def _as_number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        # The house says at the field what it expects.
        return value


def _number(usual: str) -> Any:
    return ui.input(placeholder=usual).props('inputmode="numeric"')


def _head() -> Html:
    close = tag("button", "✕", kind="plain close", **{"data-closes": "1", "aria-label": "Close"})
    said = tag(
        "p", "Whole cycles nobody asked for: random strategies on noise, and one that reads a planted edge. They are "
        "tries of no strategy and count none. A cycle takes a second or two.", kind="quiet",
    )  # fmt: skip
    return Html(close + tag("h2", "Test the gates") + said)


def _refused(said: list[str]) -> Html:
    return tag("div", *(tag("div", tag("b", "✗ "), plain(one)) for one in said), kind="asked")
