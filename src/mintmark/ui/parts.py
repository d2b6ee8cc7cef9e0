"""The small pieces every page is put together from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import DASH, Html, figure, from_iso, label_of, plain, table, tag, text, words
from mintmark.ui.client import ApiRefused

Draw = Callable[[Any], Html]

_TYPES = {
    "agent_research": "Research cycle",
    "agent_design": "Design",
    "training": "Training",
    "backtesting": "Backtest",
    "agent_assessment": "Assessment",
    "sweeping": "Sweep",
    "montecarlo": "Monte Carlo test",
    "walkforward": "Walk-forward",
    "crossvalidation": "Cross-validation",
    "selftest": "Test of the gates",
}
SIMULATED = ("backtesting", "sweeping", "montecarlo", "walkforward", "crossvalidation")
"""What the page Backtests shows when it was started by hand."""
ACTIVE = ("pending", "running", "resuming")


class Part:
    """A piece of a page that is drawn again only when what it shows has changed."""

    def __init__(self, draw: Draw, kind: str = "") -> None:
        self._draw = draw
        self._shown: Any = self
        self._place = ui.html(sanitize=False).classes(kind)
        self._place.set_visibility(False)

    def first(self) -> None:
        """Stand before everything else on the page."""
        self._place.move(target_index=0)

    def hide(self) -> None:
        """Take it off the page; what is shown next is drawn again."""
        self._shown = self
        self._place.set_visibility(False)

    def on_pick(self, attribute: str, act: Callable[[str], Awaitable[None]]) -> None:
        """Await ``act`` with the value of ``attribute`` of whatever inside carries it and is pressed."""
        found = f"event.target.closest('[{attribute}]')"
        at = f"(event) => {{ if ({found}) emit({found}.getAttribute('{attribute}')) }}"

        async def pressed(event: Any) -> None:
            await act(str(event.args))

        self._place.on("click", pressed, js_handler=at)

    def show(self, facts: Any) -> None:
        """Draw ``facts``, nothing when they are what is shown."""
        if facts != self._shown:
            self._shown = facts
            drawn = self._draw(facts)
            self._place.set_visibility(bool(drawn))
            self._place.set_content(drawn)


def heading(title: str) -> None:
    """Name the page, on it and in the browser's tab."""
    ui.page_title(f"{title} – Mintmark")
    ui.html(tag("h1", title), sanitize=False)


def card(title: str, *inside: Any, kind: str = "card") -> Html:
    """Return a card with a heading."""
    return tag("section", tag("h2", title), *inside, kind=kind)


def badge(word: str | None) -> Html:
    """Return a status or verdict as a badge; its colour repeats what the word says."""
    return tag("span", words(word), kind=f"badge {word}") if word else text(DASH)


def tile(label: str, value: Any, href: str = "", live: str = "", note: str = "") -> Html:
    """Return one large figure with its label below."""
    number = tag("b", value, **({"data-live": live} if live else {}))
    body = (number, tag("span", label), tag("div", note, kind="quiet") if note else "")
    return tag("a", *body, kind="tile", href=href) if href else tag("div", *body, kind="tile")


def figure_tiles(source: Mapping[str, Any], names: tuple[str, ...]) -> Html:
    """Return the metrics ``names`` of a result as tiles."""
    return tag("div", *(tile(label_of(name), figure(source, name)) for name in names), kind="tiles four")


def link(href: str, label: Any, kind: str = "") -> Html:
    return tag("a", label, kind=kind, href=href)


def operation_path(operation: Mapping[str, Any]) -> str:
    """Return the page of an operation: a cycle has its story, a simulation its sheet, any other its facts."""
    kind = operation["operation_type"]
    by_hand = kind in SIMULATED and not operation.get("parent_operation_id")
    room = "research" if kind == "agent_research" else "backtests" if by_hand else "operations"
    return f"/{room}/{quote(operation['operation_id'])}"


def report_button(operation_id: str, label: str) -> Html:
    """Return a button that opens the report or tear sheet of an operation beside the page."""
    address = f"/api/v1/operations/{quote(operation_id)}/report"
    return tag("a", label, kind="button", href=address, target="_blank")


def type_name(operation_type: str) -> str:
    return _TYPES.get(operation_type, words(operation_type).capitalize())


def stamp(value: str | None, now: datetime | None = None) -> Html:
    """Return a time as "14:05 UTC" when it is of today, as its date otherwise, the full stamp on hover."""
    if not value:
        return text(DASH)
    moment, today = from_iso(value), (now or datetime.now(UTC)).date()
    short = f"{moment:%H:%M} UTC" if moment.date() == today else f"{moment:%Y-%m-%d}"
    return tag("time", short, kind="nowrap", datetime=value, title=f"{moment:%Y-%m-%d %H:%M:%S} UTC")


def age(value: str | None, now: datetime | None = None) -> str:
    """Return how long ago ``value`` was, in its largest unit.

    >>> age("2026-03-01T00:00:00Z", datetime(2026, 3, 4, tzinfo=UTC))
    '3 days old'
    """
    if not value:
        return ""
    seconds = ((now or datetime.now(UTC)) - from_iso(value if "T" in value else f"{value}T00:00:00Z")).total_seconds()
    for unit, length in (("year", 31_557_600), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count:,} {unit}{'s' if count != 1 else ''} old"
    return "new"


def empty(title: str, would: str, command: str) -> Html:
    """Return what a page without anything says: what would be here and the command that fills it."""
    return tag("div", tag("h2", title), tag("p", would), tag("code", command), kind="empty")


def lost(error: ApiRefused, advice: str = "") -> Html:
    """Return what happened, why, the request id to copy, and what to do: ``advice``, else what the page does itself."""
    identity = tag("code", error.request_id) if error.request_id else text("none")
    copy = tag("button", "copy", kind="button", **{"data-copies": error.request_id or ""}) if error.request_id else ""
    why = tag("p", error.message)
    asked = tag("p", f"Code {error.code}, HTTP {error.status}. Request id ", identity, " ", copy, kind="quiet")
    return tag("section", tag("h2", "This could not be loaded"), why, asked, _advice(error, advice), kind="card lost")


def nowhere(path: str) -> Html:
    """Return what a path without a page says."""
    said = tag("p", "There is no page at ", tag("code", path), ". The rail on the left lists those there are.")
    return tag("section", tag("h2", "No such page"), said, kind="card")


def broke(kind: str) -> Html:
    """Return what a page says that could not be made."""
    said = tag("p", f"Making this page failed with {kind}; the log of the server holds the details.")
    return tag("section", tag("h2", "This page broke"), said, kind="card lost")


def _advice(error: ApiRefused, given: str) -> Html:
    advice = given or {
        404: "Check the id, or open the list it should be in.",
        503: "The database does not answer. This page tries again by itself.",
    }.get(error.status, "This page tries again by itself. The log holds the details under the request id.")
    return tag("p", advice)


def said_of(one: Mapping[str, Any]) -> Html:
    """Return what was said of an operation: its error, why it was cancelled, its warnings."""
    error = one.get("error")
    said = [tag("p", tag("span", "✗ ", kind="no"), error["message"], " ", tag("code", error["code"]))] if error else []
    if one.get("cancel_reason"):
        said.append(tag("p", "Cancelled: ", one["cancel_reason"]))
    said += [tag("p", tag("span", "▲ ", kind="wait"), plain(warning)) for warning in one.get("warnings") or ()]
    return card("What was said", *said) if said else Html("")


def facts(rows: list[tuple[str, Any]]) -> Html:
    """Return label and value pairs as a plain table."""
    return tag("div", table(("", ""), [(tag("span", name, kind="quiet"), value) for name, value in rows]), kind="facts")


def mark_drawer(mark: Mapping[str, Any] | None, operations: list[Mapping[str, Any]]) -> Html:
    """Return the drawer that tells where the figures of a page come from."""
    known = mark or {}
    pack = known.get("pack_id")
    rows: list[tuple[str, Any]] = [
        ("Pack", link(f"/data/{quote(pack)}", pack) if pack else DASH),
        ("Pack hash", tag("span", known.get("pack_sha256") or DASH, kind="id")),
        ("As of", known.get("as_of") or DASH),
        ("Sources", ", ".join(known.get("sources") or ()) or DASH),
        ("Code version", known.get("code_version") or DASH),
        ("Made at", known.get("made_at") or DASH),
        ("Ledger hash", known.get("ledger_hash") or "no ledger took part"),
        ("Operations", Html("".join(tag("div", _operation_link(one)) for one in operations))),
    ]
    listed = "".join(tag("dt", name) + tag("dd", value) for name, value in rows)
    close = tag("button", "✕", kind="plain close", **{"data-closes": "1", "aria-label": "Close"})
    said = "" if mark else tag("p", "The mark is written when the work has ended.", kind="quiet")
    return tag("div", close, tag("h2", "Mark"), said, tag("dl", Html(listed)))


def _operation_link(one: Mapping[str, Any]) -> Html:
    return link(operation_path(one), tag("span", one["operation_id"], kind="id"))


def button(label: str, act: Callable[[], Awaitable[None]] | None = None, kind: str = "") -> ui.element:
    """Make a button that calls ``act``; while it works it cannot be pressed again."""
    made = ui.element("button").classes(f"button {kind}").props('type="button"')
    with made:
        ui.label(label)

    async def pressed() -> None:
        made.props("disabled")
        try:
            if act is not None:
                await act()
        finally:
            made.props(remove="disabled")

    if act is not None:
        made.on("click", pressed)
    return made


def opener(label: str, drawer: str, kind: str = "") -> ui.element:
    """Make a button that opens the drawer of that id in the browser itself."""
    made = ui.element("button").classes(f"button {kind}").props(f'type="button" data-opens="{drawer}"')
    with made:
        ui.label(label)
    return made


def say(error: ApiRefused) -> None:
    """Show a refused action as a notice, with its request id."""
    identity = f" (request {error.request_id})" if error.request_id else ""
    ui.notify(f"{error.message}{identity}", type="negative", multi_line=True, timeout=8000)


def labelled(name: str, field: Any) -> Any:
    """Return ``field`` with its name above, read out by a screen reader too."""
    with ui.element("label").classes("field") as label:
        ui.label(name).classes("name")
    field.props(f'outlined dense aria-label="{name}"').move(label)
    return field
