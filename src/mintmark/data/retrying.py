"""When a request that failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

MOST_ATTEMPTS = 5
_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
_MINUTE = 5


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when a request that failed ``attempts`` times is tried again; None when it is dead.

    After 1, 5 and 30 minutes, then five minutes past the next hour.

    >>> next_try(4, datetime.fromisoformat("2026-03-02T20:15:00+00:00")).isoformat()
    '2026-03-02T21:05:00+00:00'
    >>> next_try(5, datetime.fromisoformat("2026-03-02T20:15:00+00:00")) is None
    True
    """
    if attempts < 1:
        raise ValueError(f"expected at least one attempt, found {attempts}")
    if attempts <= len(_WAITS):
        return now + _WAITS[attempts - 1]
    if attempts >= MOST_ATTEMPTS:
        return None
    return now.replace(minute=_MINUTE, second=0, microsecond=0) + timedelta(hours=1)
