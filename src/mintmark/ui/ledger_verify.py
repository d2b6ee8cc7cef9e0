"""Verify: the whole chain computed again, and whether a printed hash lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from nicegui import ui

from mintmark.domain import Html, duration_text, plain, tag
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.journal import GENESIS
from mintmark.ui.lanes import bar
from mintmark.ui.ledger import head
from mintmark.ui.parts import Part, button, card, facts, link, lost, say

Body = Mapping[str, Any]
_SECONDS = 300.0
_LOOK_SECONDS = 0.5


async def page(api: Api) -> None:
    """Show the button that verifies, and what it found."""
    head("/ledger/verify")
    Part(lambda _: _told()).show(True)
    _Verify(api)


class _Verify:
    """The hash to look for, the button that verifies, how far that is, and its verdict."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._run = ""
        with ui.element("section").classes("card"):
            with ui.element("div").classes("filters"):
                expect = ui.input("Does this hash lie in it?", placeholder=GENESIS[:16] + " …").classes("wide")
                self._expect = expect.props('outlined dense stack-label clearable aria-label="Expected hash"')
            with ui.element("div").classes("buttons"):
                self._pressed = button("Verify the ledger", self._verify, "main")
                self._stop = button("Cancel", self._cancel, "stop")
        self._stop.set_visibility(False)
        self._working = Part(working_part)
        self._trouble = Part(lambda error: lost(error, "Press the button to try again.") if error else Html(""))
        self._shown = Part(verdict_part)

    async def _verify(self) -> None:
        self._run = str(uuid4())
        self._working.show(_BEGINNING)
        self._shown.hide()
        self._stop.set_visibility(True)
        looking = ui.timer(_LOOK_SECONDS, self._look, immediate=False)
        try:
            found = await self._asked()
        finally:
            looking.cancel()
            self._run = ""
        self._stop.set_visibility(False)
        self._working.show(None)
        if found:
            self._shown.show(found)
        self._pressed.props(remove="disabled")

    async def _asked(self) -> Body | None:
        """Return what was found, a broken chain and a missing hash included; any other refusal is shown."""
        given = {"expect": str(self._expect.value or "").strip() or None, "run": self._run}
        try:
            found: Body | None = (await self._api.get("/ledger/verify", seconds=_SECONDS, **given))["data"]
        except ApiRefused as error:
            found = error.details if "first_bad" in error.details else None
            self._trouble.show(None if found else error)
        else:
            self._trouble.show(None)
        return found

    async def _look(self) -> None:
        run = self._run
        try:
            far = await self._api.data(f"/ledger/verify/{run}")
        except ApiRefused:
            # It has not begun, or it has just ended: the answer says which.
            return
        if run == self._run:
            self._working.show(far)

    async def _cancel(self) -> None:
        try:
            await self._api.delete(f"/ledger/verify/{self._run}")
        except ApiRefused as error:
            say(error)


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


_BEGINNING: Body = {"percentage": 0.0, "done": 0, "total": 0, "entries_per_second": 0.0, "seconds_left": None}


def working_part(run: Body | None) -> Html:
    """Return how far a verification is: percentage, entries, rate and time left; empty where none runs."""
    if run is None:
        return Html("")
    counts = [f"{run['percentage']:.1f}%"]
    if run["total"]:
        counts += [f"{run['done']:,} of {run['total']:,} entries", f"{run['entries_per_second']:,.0f} a second"]
    if run["seconds_left"] is not None:
        counts.append(f"about {duration_text(run['seconds_left'])} left")
    said = tag("p", "Computing every hash again: ", tag("span", ", ".join(counts)), kind="quiet")
    return tag("div", said, bar(run["percentage"], "Verifying"))


def _told() -> Html:
    return tag("p", "Every hash is computed again over the stored content, every posting compared with it, every "
               "anchor held against the chain. With a hash from an answer you also learn whether that answer's ledger "
               "is still part of this one.")  # fmt: skip
