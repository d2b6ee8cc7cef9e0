"""The cycles as the pages follow them: active ones at each look, ended ones when one more has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mintmark.ui.client import Api
from mintmark.ui.parts import ACTIVE


@dataclass(frozen=True)
class Seen:
    """One look at the room: its status, the active cycles, the newest ended ones and how many there are in all."""

    status: dict[str, Any]
    active: list[dict[str, Any]]
    ended: list[dict[str, Any]]
    total: int


class Cycles:
    """Follows the cycles of the house. The ended ones carry their whole results, so they are asked for rarely."""

    def __init__(self, api: Api, limit: int) -> None:
        self._api = api
        self._limit = limit
        self._known: Any = None
        self._ended: list[dict[str, Any]] = []
        self._total = 0

    async def look(self) -> Seen:
        """Return what there is now."""
        status = await self._api.get("/agent/status")
        ids = [one["operation_id"] for one in status["active_researches"]]
        found = [await self._api.data(f"/operations/{quote(one)}") for one in ids]
        state = (ids, status["last_cycle"])
        if state != self._known:
            page = await self._api.get("/operations", operation_type="agent_research", limit=self._limit)
            self._ended = [cycle for cycle in page["data"] if cycle["status"] not in ACTIVE]
            self._total, self._known = page["total_count"], state
        return Seen(status, [one for one in found if one["status"] in ACTIVE], self._ended, self._total)
