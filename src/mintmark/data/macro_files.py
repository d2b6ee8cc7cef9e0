"""Macro series in files: a column of dates and one of values for each series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import polars as pl

from mintmark.data.macro import Frequency, MacroDeclared, macro_frame, release_date
from mintmark.data.rows import Row, read_rows
from mintmark.domain import Refused

_RULES: Mapping[str, int] = {"daily": 1, "quarterly": 30}


@dataclass(frozen=True)
class MacroColumns:
    """Where a file holds its series: ``series`` gives the column of each name.

    Only rows whose cell under each column of ``where`` is the text given count. ``zero_is_missing`` reads a zero as
    "not yet known". ``released`` names a column with the day of release.
    """

    series: Mapping[str, str]
    dates: str
    where: Mapping[str, str]
    zero_is_missing: bool = False
    released: str | None = None


def release_days_of(frequency: Frequency, given: int | None) -> int:
    """Return the days from the end of a period to its release: as given, else 1 for daily, 30 for quarterly series.

    Raises:
        Refused: ``release_required`` for a monthly series: yields take 1, unemployment 10, consumer prices 15.
    """
    if given is not None:
        if not 0 <= given <= 400:
            raise Refused(f"expected 0 to 400 days to the release, found {given}", path="release_days")
        return given
    if frequency not in _RULES:
        message = "say with --release-days how long after its month a value comes: yields 1, unemployment 10, prices 15"
        raise Refused(message, code="release_required", path="release_days")
    return _RULES[frequency]


def read_macro(content: bytes, columns: MacroColumns, declared: MacroDeclared) -> tuple[pl.DataFrame, int]:
    """Return the series ``declared`` as a frame, oldest first, and how many rows had no value.

    Raises:
        Refused: ``layout_unknown``; ``wrong_type`` with line and column; ``duplicate_period``; ``no_values``;
            ``from_the_future`` for a value released before its period began.
    """
    column = columns.series[declared.name]
    wanted = [columns.dates, column, *columns.where, *([columns.released] if columns.released else [])]
    rows: dict[tuple[date, date], str] = {}
    periods: set[date] = set()
    for row in read_rows(content, wanted):
        if any(row.text(name) != text for name, text in columns.where.items()):
            continue
        period = _period(row.day(columns.dates), declared.frequency)
        known = _known(row, period, columns, declared)
        if (period, known) in rows or (period in periods and not declared.vintages):
            message = f"{declared.name} has two values of {period} (line {row.line}): name one with --where"
            raise Refused(message, code="duplicate_period", line=row.line)
        periods.add(period)
        rows[period, known] = _value(row, column, zero_is_missing=columns.zero_is_missing)
    ordered = sorted(rows)
    frame, empty = macro_frame(declared, [(key[0], rows[key]) for key in ordered], [key[1] for key in ordered])
    if frame.is_empty():
        raise Refused(f"{declared.name} has no values", code="no_values", series=declared.name)
    return frame, empty


def _period(day: date, frequency: Frequency) -> date:
    if frequency == "daily":
        return day
    return day.replace(day=1, month=day.month if frequency == "monthly" else (day.month - 1) // 3 * 3 + 1)


def _known(row: Row, period: date, columns: MacroColumns, declared: MacroDeclared) -> date:
    if columns.released is None:
        return release_date(period, declared.frequency, declared.release_days)
    known = row.day(columns.released)
    if known < period:
        raise row.wrong(columns.released, f"a release from {period} on", known.isoformat())
    return known


def _value(row: Row, column: str, *, zero_is_missing: bool) -> str:
    text = row.text(column)
    if text in ("", ".", "NaN", "nan"):
        return ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise row.wrong(column, "a number", text) from None
    if not number.is_finite():
        raise row.wrong(column, "a finite number", text)
    return "" if zero_is_missing and number == 0 else text
