"""What a capability's answer is wrapped in: its value, what is null and why, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from mintmark.portfolio.capability import Warned

# When the next pack of a policy begins: its hour and the zone it is told in.
CUTOFFS: Final[Mapping[str, tuple[time, str]]] = {
    "EOD": (time(0, 5), "America/New_York"),
    "UTC": (time(0, 10), "UTC"),
}


@dataclass(frozen=True)
class Envelope:
    """The result of one capability call as plain values, with its metadata.

    ``sources`` are those it read itself; once released, those of the results it was computed from as well. ``said`` is
    ``value`` as the JSON values of an answer, where they were made before.
    """

    agent: str
    capability: str
    value: Mapping[str, Any]
    undefined: Mapping[str, str]
    warnings: tuple[Warned, ...]
    sources: tuple[str, ...]
    asof: date
    ttl: int
    confidence: float
    attributions: tuple[str, ...] = ()
    watermarks: tuple[str, ...] = ()
    duration_ms: float = field(compare=False, default=0.0)
    said: Any = field(compare=False, repr=False, default=None)


def seconds_to_cutoff(policy: str, now: datetime) -> int:
    """Return the whole seconds from ``now`` until the next pack of ``policy`` begins, at least 1.

    >>> from datetime import UTC
    >>> seconds_to_cutoff("UTC", datetime(2025, 10, 22, 0, 9, tzinfo=UTC))
    60
    """
    at, zone = CUTOFFS.get(policy, CUTOFFS["UTC"])
    local = now.astimezone(ZoneInfo(zone))
    cut = datetime.combine(local.date(), at, ZoneInfo(zone))
    if cut <= now:
        cut = datetime.combine(local.date() + timedelta(days=1), at, ZoneInfo(zone))
    return max(1, math.ceil(cut.timestamp() - now.timestamp()))


def not_finite(value: Any, path: str = "") -> str | None:
    """Return the path of the first NaN or Infinity below ``value``, or None."""
    # Nearly every value is finite; its path is told only when it is not.
    return None if _finite(value) else _place(value, path)


_CALM: Final = frozenset({type(None), bool, int, str, date})


def _finite(value: Any) -> bool:
    kind = type(value)
    if kind is float:
        return math.isfinite(value)
    if kind is dict or kind is list:
        for one in value.values() if kind is dict else value:
            if type(one) not in _CALM and not _finite(one):
                return False
        return True
    return _place(value, "") is None


def _place(value: Any, path: str) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return path
    if isinstance(value, Decimal) and not value.is_finite():
        return path
    if isinstance(value, Mapping):
        return _first(_place(found, f"{path}.{key}") for key, found in value.items())
    if isinstance(value, list | tuple):
        return _first(_place(found, f"{path}[{index}]") for index, found in enumerate(value))
    return None


def joined(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return all texts of ``parts`` once each, in order."""
    return tuple(sorted({text for part in parts for text in part}))


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one is not None), None)
