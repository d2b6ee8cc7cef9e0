"""The frame around every page: rail, top bar, search, help."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import Html, tag, text
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, age, link, operation_path, type_name

STATIC = Path(__file__).parent / "static"
POLL_SECONDS = 2.0
_FOUND_AT_MOST = 12

_ICONS = {
    "overview": '<path d="M3 13a9 9 0 1 1 18 0M12 13l4-5M7 20h10"/>',
    "research": '<path d="M9 3h6M10 3v6l-5 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M8 15h8"/>',
    "backtests": '<path d="M4 4v16h16M8 15l3.5-4 3 2.5L20 7"/>',
    "portfolio": '<path d="M4 8h16v11H4zM9 8V5h6v3M4 13h16M12 12v2"/>',
    "ledger": '<path d="M6 3h13v18H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM9 8h7M9 12h7M9 16h4"/>',
    "data": '<ellipse cx="12" cy="6" rx="8" ry="3"/>'
    '<path d="M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"/>',
    "operations": '<path d="M4 6h16M4 12h10M4 18h13"/><circle cx="19" cy="12" r="1.5"/>',
    "theme": '<circle cx="12" cy="12" r="8"/><path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor"/>',
}
PAGES = (
    ("/", "o", "overview", "Overview"),
    ("/research", "r", "research", "Research"),
    ("/backtests", "b", "backtests", "Backtests"),
    ("/portfolio", "f", "portfolio", "Portfolio"),
    ("/ledger", "l", "ledger", "Ledger"),
    ("/data", "d", "data", "Data"),
    ("/operations", "p", "operations", "Operations"),
)
_BRAND = Html(
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">'
    '<circle cx="12" cy="12" r="9.5"/>'
    '<path d="M7 16V9l5 4.5L17 9v7" stroke-linejoin="round" stroke-linecap="round"/></svg>'
)


def icon(name: str) -> Html:
    """Return a line icon of the house."""
    look = 'fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"'
    return Html(f'<svg viewBox="0 0 24 24" {look} aria-hidden="true">{_ICONS[name]}</svg>')


class Frame:
    """Rail and top bar of one open browser tab."""

    def __init__(self, api: Api) -> None:
        self._api = api
        ui.html(_rail(), sanitize=False, tag="aside").classes("rail").props('aria-label="Pages"')
        with ui.element("header").classes("top"):
            self._search()
            self._state = Part(_state, "state")
        ui.html(_help(), sanitize=False, tag="dialog").classes("help").props("data-drawer=help")
        ui.timer(POLL_SECONDS, self._look)

    def _search(self) -> None:
        with ui.element("div").classes("search"):
            box = ui.element("input").props(
                'type="search" placeholder="Search operations, strategies, packs" '
                'aria-label="Search" autocomplete="off"'
            )
            found = Part(lambda rows: Html("".join(rows)), "found")

        async def search(event: Any) -> None:
            found.show(await _matches(self._api, str(event.args).strip().lower()))

        box.on("input", search, js_handler="(event) => emit(event.target.value)", throttle=0.2)
        box.on("keydown.enter", js_handler="(e) => e.target.parentElement.querySelector('.found a')?.click()")
        box.on("blur", js_handler="(e) => setTimeout(() => { e.target.value = ''; emit('') }, 250)", handler=search)

    async def _look(self) -> None:
        """Bring the top bar up to date; what cannot be read is said, not left as it was."""
        try:
            running = await self._api.get("/operations", active_only=True, limit=1)
            packs = await self._api.data("/packs")
        except ApiRefused as error:
            self._state.show({"trouble": f"{error.code}, request {error.request_id}"})
            return
        live = next((pack for pack in packs if not pack.get("superseded_by")), None)
        self._state.show({"active": running["active_count"], "pack": live, "age": age((live or {}).get("as_of"))})


def _rail() -> Html:
    links = [
        tag("a", icon(name), label, tag("kbd", f"g {key}"), href=path, **{"data-key": key})
        for path, key, name, label in PAGES
    ]
    return Html(tag("a", _BRAND, "Mintmark", kind="brand", href="/") + tag("nav", *links))


def _state(facts: dict[str, Any]) -> Html:
    mode = tag(
        "span", "PAPER", kind="mode", title="Nothing here can trade with real money: no live venue is connected."
    )
    clock = tag("span", text(f"{datetime.now(UTC):%H:%M} UTC"), kind="nowrap", **{"data-clock": "1"})
    theme = tag(
        "button",
        icon("theme"),
        kind="plain push",
        **{"data-theme": "1", "aria-label": "Light or dark", "title": "Light or dark"},
    )
    keys = tag(
        "button", "?", kind="plain", **{"data-opens": "help", "aria-label": "Keyboard help", "title": "Keyboard help"}
    )
    if "trouble" in facts:
        return Html(
            mode + tag("span", f"✗ the API does not answer: {facts['trouble']}", kind="no") + clock + theme + keys
        )
    pack = facts["pack"]
    held = (
        link(f"/data/{quote(pack['pack_id'])}", f"{pack['pack_id']}, {facts['age']}")
        if pack
        else link("/data", "no pack")
    )
    count = facts["active"]
    running = link("/operations", tag("span", f"{count} running", **{"data-live": "running"}))
    return Html(mode + held + running + clock + theme + keys)


async def _matches(api: Api, words: str) -> list[Html]:
    """Return links to what holds ``words`` in its name, newest first."""
    if not words:
        return []
    try:
        operations = await api.data("/operations", limit=100)
        strategies, packs = await api.data("/strategies"), await api.data("/packs")
    except ApiRefused as error:
        return [tag("p", error.message, kind="no")]
    named = [(operation_path(one), one["operation_id"], type_name(one["operation_type"])) for one in operations]
    cycles = [
        (f"/research/{quote(s['operation_id'])}", s["name"], "strategy") for s in strategies if s.get("operation_id")
    ]
    held = [(f"/data/{quote(pack['pack_id'])}", pack["pack_id"], "pack") for pack in packs]
    hits = [hit for hit in (*cycles, *held, *named) if words in hit[1].lower()][:_FOUND_AT_MOST]
    rows = [
        tag("a", tag("span", name, kind="id"), " ", tag("span", kind, kind="quiet"), href=path)
        for path, name, kind in hits
    ]
    return rows or [tag("p", f"Nothing is named like “{words}”.", kind="quiet")]


def _help() -> Html:
    keys = [("/", "search"), ("?", "this help"), ("↑ ↓", "move in a table"), ("Esc", "close")]
    keys[1:1] = [(f"g {key}", label) for _, key, _, label in PAGES]
    rows = "".join(tag("tr", tag("td", tag("kbd", key)), tag("td", does)) for key, does in keys)
    close = tag("form", tag("button", "Close", kind="button"), method="dialog", style="margin-top:14px")
    return Html(tag("h2", "Keyboard") + tag("table", tag("tbody", Html(rows))) + close)
