"""An answer as a workbook: a sheet for each table, and its mark on one of its own."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mintmark.portfolio.exports import ExportMark, Sheet, mark_lines, number_in, safe_text

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LONGEST = 31
MARK = "Mark"


def workbook(sheets: Sequence[Sheet], mark: ExportMark) -> bytes:
    """Return ``sheets`` as an xlsx file; equal sheets and marks give equal bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, **plain})
    book.set_properties({"created": mark.exported_at.replace(tzinfo=None), "author": "Mintmark"})
    bold = book.add_format({"bold": True, "bottom": 1})
    taken = {MARK.lower()}
    for sheet in sheets:
        page = book.add_worksheet(_sheet_name(sheet.name, taken))
        page.freeze_panes(1, 0)
        page.write_row(0, 0, [safe_text(column) for column in sheet.columns], bold)
        for index, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(row):
                _write(page, index, column, value)
        page.autofit()
        if mark.watermark:
            page.set_header(f"&C{mark.watermark.replace('&', '&&')}")
    page = book.add_worksheet(MARK)
    for index, (name, text) in enumerate(mark_lines(mark)):
        page.write_string(index, 0, name, bold)
        page.write_string(index, 1, safe_text(text))
    page.autofit()
    book.close()
    return buffer.getvalue()


def _write(page: Any, row: int, column: int, value: Any) -> None:
    number = number_in(value)
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif number is not None and Decimal(repr(float(number))) == number:
        page.write_number(row, column, float(number))
    elif value is not None:
        # A number that a cell could not hold digit for digit stays text.
        page.write_string(row, column, safe_text(value))


def _sheet_name(path: str, taken: set[str]) -> str:
    plain = _FORBIDDEN.sub("_", path)[-_LONGEST:] or "values"
    name, count = plain, 1
    while name.lower() in taken:
        count += 1
        name = f"{plain[: _LONGEST - len(str(count)) - 1]}_{count}"
    taken.add(name.lower())
    return name
