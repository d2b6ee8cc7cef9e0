"""An answer as a file: the formats its pattern allows, and what the rights of its sources forbid."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from mintmark.domain import Html, plain, tag
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, button

Body = Mapping[str, Any]
_SECONDS = 130.0


class Exports:
    """Buttons that make a file of the answer that is shown: of the same pack and the same state of the ledger."""

    def __init__(self, api: Api, pattern: Body) -> None:
        self._api = api
        self._body: dict[str, Any] = {}
        with ui.element("div").classes("buttons") as self._place:
            ui.html(tag("span", "As a file:", kind="quiet"), sanitize=False)
            for name, allowed in pattern["export_allowed"].items():
                if allowed:
                    button(name.upper(), self._maker(name))
        self._said = Part(lambda one: one)
        self.hide()

    def hide(self) -> None:
        """Offer nothing."""
        self._place.set_visibility(False)
        self._said.hide()

    def offer(self, body: Body, answer: Body) -> None:
        """Offer files of ``answer``, which ``body`` asked for; one it made itself is offered at once."""
        meta = answer["metadata"]
        pinned = {"pack_id": meta["pricing_pack_id"], "ledger_commit_hash": meta["ledger_commit_hash"]}
        self._body = {**body, **pinned}
        made = [one for one in answer["result"].values() if isinstance(one, Mapping) and "artifact_id" in one]
        self._place.set_visibility(not made)
        if made:
            self._said.show(file_of(made[0]))

    def _maker(self, name: str) -> Callable[[], Awaitable[None]]:
        async def make() -> None:
            try:
                answer = await self._api.post("/execute", {**self._body, "format": name}, seconds=_SECONDS)
            except ApiRefused as error:
                self._said.show(forbidden_file(error, name))
            else:
                self._said.show(file_of(answer["result"]))

        return make


def file_of(made: Body) -> Html:
    """Return a link to a file that was made, with its size and hash."""
    name = f"Download the {str(made['format']).upper()}"
    address = tag("a", name, href=str(made["url"]), kind="button", download="")
    said = tag("span", f" {made['bytes']:,} bytes, sha256 ", tag("span", made["sha256"], kind="id"), kind="quiet")
    return tag("p", tag("span", "✓ ", kind="yes"), address, said)


def forbidden_file(error: ApiRefused, name: str) -> Html:
    """Return why there is no file, with the sources that forbid it."""
    blocked = error.details.get("blocked_sources") or error.details.get("sources")
    whose = tag("p", "Forbidden by ", tag("b", plain(blocked)), ".") if blocked else ""
    asked = tag("p", f"Code {error.code}, HTTP {error.status}, request {error.request_id}", kind="quiet")
    return tag("div", tag("p", tag("b", f"✗ No {name.upper()}: "), error.message), whose, asked, kind="banner")
