"""Looking again: a page asks the API as long as someone watches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from mintmark.domain import Html, tag
from mintmark.ui.client import ApiRefused
from mintmark.ui.parts import Part, lost

SECONDS = 1.0
SETTLED_LOOKS = 10


class Watch:
    """Calls ``look`` now and then again and again; shows what went wrong and goes on trying.

    ``look`` returns whether something is still under way: then it is called each second,
    else now and then, as someone elsewhere may resume what had ended.
    """

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        self._look = look
        self._trouble = Part(lambda error: Html("") if error is None else lost(error))
        self._trouble.first()
        self._loading = Part(lambda said: tag("p", said, kind="quiet"))
        self._loading.show("Loading …")
        self._goes_on = True
        self._ticks = 0

    async def start(self) -> None:
        """Take the first look, then the next ones."""
        await self.again()
        ui.timer(SECONDS, self._tick, immediate=False)

    async def again(self) -> None:
        """Look once."""
        try:
            self._goes_on = await self._look()
        except ApiRefused as error:
            self._loading.hide()
            self._trouble.show(error)
            self._goes_on = True
        else:
            self._loading.hide()
            self._trouble.show(None)

    async def _tick(self) -> None:
        self._ticks += 1
        if self._goes_on or self._ticks % SETTLED_LOOKS == 0:
            await self.again()
