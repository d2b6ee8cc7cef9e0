"""Verify: the whole chain computed again, and whether a printed hash lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from mintmark.domain import Html, plain, tag
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.journal import GENESIS
from mintmark.ui.ledger import head
from mintmark.ui.parts import Part, button, card, facts, link, lost

Body = Mapping[str, Any]
_SECONDS = 300.0


async def page(api: Api) -> None:
    """Show the button that verifies, and what it found."""
    head("/ledger/verify")
    Part(lambda _: _told()).show(True)
    with ui.element("section").classes("card"):
        with ui.element("div").classes("filters"):
            expect = ui.input("Does this hash lie in it?", placeholder=GENESIS[:16] + " …").classes("wide")
            expect.props('outlined dense stack-label clearable aria-label="Expected hash"')
        with ui.element("div").classes("buttons"):
            pressed = button("Verify the ledger", lambda: run(), "main")
    working, trouble, shown = (
        Part(_working),
        Part(lambda error: lost(error, "Press the button to try again.") if error else Html("")),
        Part(verdict_part),
    )

    async def run() -> None:
        asked = str(expect.value or "").strip()
        working.show(True)
        shown.hide()
        try:
            found = (await api.get("/ledger/verify", seconds=_SECONDS, expect=asked or None))["data"]
        except ApiRefused as error:
            found = error.details if "first_bad" in error.details else None
            trouble.show(None if found else error)
        else:
            trouble.show(None)
        if found:
            shown.show(found)
        working.show(False)
        pressed.props(remove="disabled")


def verdict_part(found: Body) -> Html:
    """Return what verify found: the first bad entry and field, and where the expected hash lies."""
    bad, wanted = found["first_bad"], found["expected"]
    verdict = (
        tag("span", "✓ The chain is whole", kind="yes")
        if bad is None
        else tag("span", f"✗ The chain is broken at entry {bad['sequence']:,}", kind="no")
    )
    rows: list[tuple[str, Any]] = [
        ("Entries", f"{found['entries']:,}"),
        ("Anchors held against it", f"{found['anchors']:,}"),
        ("Head", tag("span", found["head"], kind="id")),
    ]
    if bad is not None:
        rows += [
            ("Field", tag("code", bad["field"])),
            ("Expected", tag("span", plain(bad["expected"]), kind="id")),
            ("Found", tag("span", plain(bad["found"]), kind="id")),
        ]
    if wanted is not None:
        rows.append(("Expected hash", _wanted(wanted)))
    return card("Result", tag("p", verdict, kind="said"), facts(rows))


def _wanted(wanted: Body) -> Html:
    if not wanted["found"]:
        return tag("span", "✗ is not in this chain", kind="no")
    place = link(f"/ledger/at/{wanted['hash']}", f"entry {wanted['sequence']:,}")
    return Html(tag("span", "✓ lies in this chain, ", kind="yes") + place)


def _working(is_so: bool) -> Html:
    if not is_so:
        return Html("")
    bar = tag("div", tag("i"), kind="bar busy", role="progressbar", **{"aria-label": "Verifying"})
    return tag("div", tag("p", "Computing every hash again …", kind="quiet"), bar)


def _told() -> Html:
    return tag("p", "Every hash is computed again over the stored content, every posting compared with it, every "
               "anchor held against the chain. With a hash from an answer you also learn whether that answer's ledger "
               "is still part of this one.")  # fmt: skip
