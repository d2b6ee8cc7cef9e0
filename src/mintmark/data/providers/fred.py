"""Macro series of FRED, the Federal Reserve Bank of St. Louis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from mintmark.data.macro import Frequency, MacroDeclared
from mintmark.data.providers.door import ProviderAccess, ProviderDoor, invalid, validated
from mintmark.domain import Refused

NAME = "fred"
BASE_URL = "https://api.stlouisfed.org/fred/"
PER_MINUTE = 60.0
RIGHTS = "fred"
EARLIEST, LATEST = "1776-07-04", "9999-12-31"

_FREQUENCIES: Mapping[str, Frequency] = {"D": "daily", "M": "monthly", "Q": "quarterly"}
_RELEASES = {"daily": 1, "quarterly": 30}
_MONTHLY_RELEASES = {"UNRATE": 10, "CPIAUCNS": 15, "CPIAUCSL": 15, "CPILFESL": 15}
_MONTHLY_YIELDS = ("GS", "TB", "AAA", "BAA", "FEDFUNDS")


class _Series(BaseModel):
    id: str
    title: str
    frequency_short: str
    units: str


class _Observation(BaseModel):
    realtime_start: date
    day: date = Field(alias="date")
    value: str


def access(key: str, base_url: str = BASE_URL, per_minute: float = PER_MINUTE, **more: Any) -> ProviderAccess:
    """Return how FRED is reached with ``key``."""
    return ProviderAccess(NAME, base_url, key, "api_key", "parameter", per_minute, **more)


async def series(
    door: ProviderDoor, series_id: str, *, vintages: bool = False
) -> tuple[MacroDeclared, list[tuple[date, str]], list[date] | None]:
    """Return a series: what it is, its rows (period, value as printed; "." where missing), and with ``vintages``
    the day each value was released, revisions too.

    Percent become fractions. Refuses: ``release_required`` for a monthly series whose delay no rule gives.
    Raises: ``provider_answer_invalid``, and as ``ProviderDoor.get``.
    """
    asked = {"series_id": series_id, "file_type": "json"}
    told = await door.get("series", asked)
    found = validated(NAME, _Series, _list(told, "seriess"))
    if len(found) != 1 or found[0].frequency_short not in _FREQUENCIES:
        raise invalid(NAME, f"no daily, monthly or quarterly series {series_id}")
    one = found[0]
    if vintages:
        asked |= {"realtime_start": EARLIEST, "realtime_end": LATEST}
    rows = validated(NAME, _Observation, _list(await door.get("series/observations", asked), "observations"))
    if not any(row.value != "." for row in rows):
        raise invalid(NAME, f"no value of {series_id}")
    for row in rows:
        _number(series_id, row.value)
    declared = _declared(one, vintages=vintages)
    released = [row.realtime_start for row in rows] if vintages else None
    return declared, [(row.day, row.value) for row in rows], released


def _declared(one: _Series, *, vintages: bool) -> MacroDeclared:
    frequency = _FREQUENCIES[one.frequency_short]
    percent = one.units.lower().startswith("percent")
    return MacroDeclared(
        name=one.id,
        unit="fraction" if percent else one.units,
        frequency=frequency,
        release_days=0 if vintages else _release_days(one.id, frequency),
        source=NAME,
        rights=RIGHTS,
        origin=f"FRED {one.id}: {one.title}"[:200],
        scale=Decimal("0.01") if percent else Decimal(1),
        vintages=vintages,
    )


def _release_days(series_id: str, frequency: Frequency) -> int:
    if frequency in _RELEASES:
        return _RELEASES[frequency]
    if series_id in _MONTHLY_RELEASES:
        return _MONTHLY_RELEASES[series_id]
    if series_id.startswith(_MONTHLY_YIELDS):
        return 1
    message = f"no rule says when {series_id} is released: ask for its vintages"
    raise Refused(message, code="release_required", series=series_id)


def _list(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict) or name not in answer:
        raise invalid(NAME, f"an answer without {name}")
    return answer[name]


def _number(series_id: str, text: str) -> None:
    try:
        fine = text == "." or Decimal(text).is_finite()
    except ArithmeticError:
        fine = False
    if not fine:
        raise invalid(NAME, f"{text[:50]!r} as a value of {series_id}")
