"""Cancel and resume of one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from mintmark.domain import plain
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import ACTIVE, button, say

_RESUMABLE = ("failed", "cancelled")


class Actions:
    """The buttons an operation offers in its state. ``done`` is awaited after each."""

    def __init__(self, api: Api, operation_id: str) -> None:
        self._api = api
        self.operation_id = operation_id
        self.done: Any = None
        with ui.element("div").classes("right"):
            self._cancel = button("Cancel", self._stop, "stop")
            self._resume = button("Resume", self._go_on)
        self._cancel.set_visibility(False)
        self._resume.set_visibility(False)

    def show(self, one: Mapping[str, Any]) -> None:
        """Offer what can be done with ``one`` as it stands; what a gate ended is final."""
        gated = (one.get("error") or {}).get("code") == "gate_refused"
        self._cancel.set_visibility(one["status"] in ACTIVE)
        self._resume.set_visibility(one["status"] in _RESUMABLE and not gated)

    async def _stop(self) -> None:
        try:
            await self._api.delete(f"/operations/{self.operation_id}", {"reason": "cancelled on its page"})
        except ApiRefused as error:
            say(error)
        await self.done()

    async def _go_on(self) -> None:
        try:
            answer = await self._api.post(f"/operations/{self.operation_id}/resume")
        except ApiRefused as error:
            say(error)
        else:
            ui.notify(f"Resumed from {plain(answer['data'].get('resumed_from'))}", type="positive")
        await self.done()
