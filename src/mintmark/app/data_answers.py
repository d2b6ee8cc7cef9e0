"""What the doors answer about macro series, fundamentals and news."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from mintmark.app.wiring import App
from mintmark.domain import Refused

Body = dict[str, Any]
_FREQUENCIES = ("daily", "monthly", "quarterly")
_SHOWN = ("name", "unit", "frequency", "rows", "first", "last", "dropped", "stored")


def import_macro(
    app: App,
    path: Path,
    *,
    series: Sequence[str],
    dates: str,
    frequency: str,
    unit: str,
    scale: str,
    source: str,
    rights: str,
    release_days: int | None,
    released: str | None,
    where: Sequence[str],
    zero_is_missing: bool,
    average: bool,
    vintages: bool,
) -> Body:
    """Import macro series; say of each what is held now."""
    from mintmark.data import MacroColumns, MacroDeclared, release_days_of

    if frequency not in _FREQUENCIES:
        allowed = ", ".join(_FREQUENCIES)
        raise Refused(f"expected a frequency of {allowed}, found {frequency!r}", path="frequency")
    if vintages and released is None:
        raise Refused("vintages need the column with the day of each release", path="release_column")
    columns = MacroColumns(_named("series", series), dates, _named("where", where), zero_is_missing, released)
    if not columns.series:
        raise Refused("expected at least one --series NAME=COLUMN", path="series")
    declared = MacroDeclared(
        name="",
        unit=unit,
        frequency=frequency,  # type: ignore[arg-type]
        release_days=0 if released else release_days_of(frequency, release_days),  # type: ignore[arg-type]
        source=source,
        rights=rights,
        origin=path.name,
        scale=_scale(scale),
        average=average,
        vintages=vintages,
    )
    found = app.data.import_macro(path, columns, declared)
    return {"success": True, "data": [{name: one[name] for name in _SHOWN} for one in found]}


def import_fundamentals(app: App, path: Path, *, source: str, rights: str, currency: str, scale: str) -> Body:
    """Import reported figures."""
    found = app.data.import_fundamentals(path, source=source, rights=rights, currency=currency, scale=_scale(scale))
    return {"success": True, "data": found}


def import_news(app: App, path: Path, *, source: str, rights: str) -> Body:
    """Import headlines."""
    return {"success": True, "data": app.data.import_news(path, source=source, rights=rights)}


def _named(option: str, given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, parted, column = text.partition("=")
        if not parted or not name or not column or name in found:
            raise Refused(f"expected --{option} NAME=TEXT with each name once, found {text!r}", path=option)
        found[name] = column
    return found


def _scale(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(0)
    if not found.is_finite() or found <= 0:
        raise Refused(f"expected a scale above zero, found {text!r}", path="scale")
    return found
