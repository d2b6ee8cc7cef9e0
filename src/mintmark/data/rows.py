"""Files of rows that are no bars, read as text with the line each row stands on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from mintmark.domain import Refused

_PARQUET = b"PAR1"


class Row:
    """One row of a file: its cells as text, empty where there is nothing."""

    def __init__(self, line: int, cells: Mapping[str, Any]) -> None:
        self.line = line
        self._cells = cells

    def text(self, name: str) -> str:
        """Return the cell under ``name``, without blanks around it; empty where there is none."""
        found = self._cells.get(name)
        return "" if found is None else str(found).strip()

    def values(self, name: str) -> list[str]:
        """Return the cell under ``name`` as several values: a list, or text parted by blanks."""
        found = self._cells.get(name)
        return [str(one).strip() for one in found] if isinstance(found, list) else self.text(name).split()

    def day(self, name: str) -> date:
        """Return the day under ``name``: a date, a date with a time, or a month."""
        text = self.text(name)
        if (found := day_in(text)) is None:
            raise self.wrong(name, "a day such as 2015-12-31", text)
        return found

    def number(self, name: str) -> Decimal:
        """Return the number under ``name``, exactly as written."""
        text = self.text(name)
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise self.wrong(name, "a number", text) from None
        if not found.is_finite():
            raise self.wrong(name, "a finite number", text)
        return found

    def wrong(self, name: str, expected: str, found: str) -> Refused:
        """Return the refusal of a cell that is not what was expected."""
        message = f"expected {expected} in column {name}, found {found[:50]!r} in line {self.line}"
        return Refused(message, code="wrong_type", column=name, line=self.line, value=found[:100])


def day_in(text: str) -> date | None:
    """Return the day written in ``text``, or None.

    >>> day_in("2009-07"), day_in("2009-07-01 00:00:00"), day_in("07/01/2009"), day_in("soon")
    (datetime.date(2009, 7, 1), datetime.date(2009, 7, 1), datetime.date(2009, 7, 1), None)
    """
    try:
        if len(text) >= 10 and text[4] == "-":
            return date.fromisoformat(text[:10])
    except ValueError:
        return None
    for layout in ("%Y-%m", "%m/%d/%Y", "%Y%m"):
        try:
            return datetime.strptime(text, layout).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def read_rows(content: bytes, wanted: Sequence[str]) -> Iterator[Row]:
    """Give the rows of a CSV, JSON (a list of objects) or parquet file that has the ``wanted`` columns.

    Raises:
        Refused: ``file_unreadable``, ``layout_unknown`` naming the missing columns.
    """
    if content.lstrip()[:1] in (b"[", b"{"):
        yield from _json_rows(content, wanted)
        return
    try:
        frame = pl.read_parquet(content) if content[:4] == _PARQUET else pl.read_csv(content, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise Refused(f"the file cannot be read: {str(error).splitlines()[0]}", code="file_unreadable") from error
    _require(wanted, frame.columns)
    for line, cells in enumerate(frame.iter_rows(named=True), 2):
        yield Row(line, cells)


def _json_rows(content: bytes, wanted: Sequence[str]) -> Iterator[Row]:
    try:
        # A number keeps the digits it was written with.
        found = json.loads(content, parse_float=Decimal)
    except ValueError as error:
        raise Refused(f"the file is no JSON: {error}", code="file_unreadable") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refused("expected a JSON list of objects", code="layout_unknown")
    for line, cells in enumerate(found, 1):
        _require(wanted, list(cells))
        yield Row(line, cells)


def _require(wanted: Sequence[str], held: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in held]
    if missing:
        message = f"expected columns {', '.join(wanted)}; missing {', '.join(missing)}; found {', '.join(held)[:200]}"
        raise Refused(message, code="layout_unknown", missing=missing)
