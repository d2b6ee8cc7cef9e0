"""Looking again: a page asks the API as long as someone watches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from mintmark.ui.client import ApiRefused
from mintmark.ui.parts import Part, lost

SECONDS = 1.0


class Watch:
    """Calls ``look`` now and then again each second; shows what went wrong and goes on trying."""

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        self._look = look
        self._trouble = Part(lambda error: lost(error) if error is not None else Part.NOTHING)
        self._trouble.first()
        self._timer: ui.timer | None = None

    async def start(self) -> None:
        """Take the first look, and the next ones until ``look`` returns False: nothing can change any more."""
        await self.again()
        self._timer = ui.timer(SECONDS, self._tick, immediate=False)

    async def again(self) -> None:
        """Look once, outside the rhythm."""
        try:
            goes_on = await self._look()
        except ApiRefused as error:
            self._trouble.show(error)
            return
        self._trouble.show(None)
        if self._timer is not None:
            self._timer.active = goes_on

    async def wake(self) -> None:
        """Look at once, and go on looking: something was done that changes what is shown."""
        if self._timer is not None:
            self._timer.active = True
        await self.again()

    async def _tick(self) -> None:
        await self.again()
