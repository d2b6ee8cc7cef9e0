"""How much of a provider a plan allows in a day or a month, and how near the end is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Quota:
    """At most ``most`` of ``unit`` in a period; ``warns`` are shares of it, nothing is asked from ``stops`` on."""

    unit: Literal["requests", "bytes"]
    period: Literal["day", "month"]
    most: int
    warns: Sequence[float] = ()
    stops: float = 1.0

    def period_of(self, now: datetime) -> str:
        """Return the name of the period ``now`` lies in.

        >>> from datetime import UTC
        >>> Quota("bytes", "month", 100).period_of(datetime(2026, 3, 1, tzinfo=UTC))
        '2026-03'
        """
        return now.date().isoformat()[: 7 if self.period == "month" else 10]

    def ended(self, used: int) -> bool:
        """Return whether nothing more is asked after ``used``."""
        return used >= self.stops * self.most

    def warnings(self, used: int) -> list[dict[str, Any]]:
        """Return the warning of the highest share that ``used`` has reached, or none."""
        reached = [share for share in self.warns if used >= share * self.most]
        if not reached:
            return []
        message = f"{used} of {self.most} {self.unit} of this {self.period} are used, over {max(reached):.0%}"
        return [{"code": "provider_quota_near", "message": message}]


def quotas(fmp_monthly_bytes: int) -> dict[str, Quota]:
    """Return the quotas of the providers that have one beside their rate."""
    return {
        "fmp": Quota("bytes", "month", fmp_monthly_bytes, warns=(0.70, 0.85), stops=0.95),
        "newsapi": Quota("requests", "day", 100),
    }
