"""Clocks, timeframes and stamps. All times are UTC and aware; stamps are int64 ns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

NANOSECONDS = 1_000_000_000


class Clock(Protocol):
    """Whoever needs the time is handed one of these."""

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock; made in ``app`` only."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Timeframe(StrEnum):
    """The length of a bar.

    >>> Timeframe("4h").is_multiple_of(Timeframe("1h"))
    True
    """

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"
    W1 = "1w"

    @property
    def seconds(self) -> int:
        return _SECONDS[self.value]

    @property
    def nanoseconds(self) -> int:
        return self.seconds * NANOSECONDS

    def is_multiple_of(self, base: Timeframe) -> bool:
        """Return whether this frame is coarser than ``base`` and holds it a whole number of times."""
        return self.seconds > base.seconds and self.seconds % base.seconds == 0


_SECONDS = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
    "1w": 604_800,
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp_of(moment: datetime) -> int:
    """Return ``moment`` as int64 nanoseconds since 1970, exact to the microsecond.

    Raises:
        ValueError: ``moment`` is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"expected an aware time, found {moment!r}")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def moment_of(stamp: int) -> datetime:
    """Return the aware UTC time of ``stamp`` (ns), cut to the microsecond.

    >>> moment_of(946_684_800 * NANOSECONDS).isoformat()
    '2000-01-01T00:00:00+00:00'
    """
    return _EPOCH + timedelta(microseconds=stamp // 1_000)


def iso(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 with ``Z``; microseconds only when there are any.

    >>> iso(datetime(2026, 3, 1, 10, 15, tzinfo=UTC))
    '2026-03-01T10:15:00Z'
    """
    if moment.tzinfo is None:
        raise ValueError(f"expected an aware time, found {moment!r}")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Return the aware UTC time written in ``text``.

    Raises:
        ValueError: no ISO time, or one without an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with its offset, found {text!r}")
    return moment.astimezone(UTC)


def day_start(day: date) -> datetime:
    """Return the first moment of ``day``, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def day_end(day: date) -> datetime:
    """Return the first moment after ``day``, UTC."""
    return day_start(day) + timedelta(days=1)
