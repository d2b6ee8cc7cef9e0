"""An answer as a file: JSON, CSV, a workbook or a PDF, each with its mark, its attributions and its watermarks.

Equal answers and marks give equal bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from mintmark.domain import Refused, canonical_json, iso, plain_json
from mintmark.portfolio.question import FORMATS, Format

METADATA = "__export_metadata__"
MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MONEY = {"amount", "currency"}


@dataclass(frozen=True)
class ExportMark:
    """What an export says of itself. ``mark`` holds pack, ledger and code as the answer's metadata names them."""

    exported_at: datetime
    exported_by: str
    format: Format
    sources: tuple[str, ...]
    attributions: tuple[str, ...]
    watermarks: tuple[str, ...]
    pattern_id: str
    request_id: str
    mark: Mapping[str, Any] = field(default_factory=dict)

    @property
    def watermark(self) -> str:
        """All watermarks as one line."""
        return " | ".join(dict.fromkeys(self.watermarks))

    @property
    def footer(self) -> str:
        """The line at the foot of each page."""
        ledger = str(self.mark.get("ledger_commit_hash") or "none")[:12]
        return f"Pack:{self.mark.get('pricing_pack_id') or 'none'} • Ledger:{ledger} • {iso(self.exported_at)}"

    def as_json(self) -> dict[str, Any]:
        """Return the mark as JSON values, each attribution once."""
        return {
            "exported_at": iso(self.exported_at),
            "exported_by": self.exported_by,
            "format": self.format,
            "sources": list(self.sources),
            "attributions": list(dict.fromkeys(self.attributions)),
            "watermarks": list(dict.fromkeys(self.watermarks)),
            "pattern_id": self.pattern_id,
            "request_id": self.request_id,
            "mark": plain_json(self.mark),
        }


@dataclass(frozen=True)
class Sheet:
    """One table of an answer: its path, its columns, its rows of numbers, texts and None."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def render(answer: Mapping[str, Any], mark: ExportMark, *, title: str, fonts: tuple[bytes, bytes]) -> bytes:
    """Return ``answer`` (``result`` and ``undefined``) as a file of ``mark.format``.

    ``fonts`` are a regular and a bold TrueType face for the PDF.

    Raises:
        Refused: ``input_invalid`` for a format that is none, ``extra_missing`` without the extra ``reports``.
    """
    if mark.format == "json":
        body = {"result": answer["result"], "undefined": answer.get("undefined", {}), METADATA: mark.as_json()}
        return canonical_json(body) + b"\n"
    if mark.format == "csv":
        return _csv(answer, mark)
    try:
        if mark.format == "xlsx":
            from mintmark.portfolio.export_workbook import workbook

            return workbook(sheets_of(answer), mark)
        if mark.format == "pdf":
            from mintmark.portfolio.export_pdf import pdf

            return pdf(sheets_of(answer), mark, title=title, fonts=fonts)
    except ModuleNotFoundError as error:
        raise Refused(f"{mark.format} needs the extra: pip install mintmark[reports]", code="extra_missing") from error
    raise Refused(f"expected a format of {', '.join(FORMATS)}, found {mark.format!r}", code="input_invalid")


def sheets_of(answer: Mapping[str, Any]) -> list[Sheet]:
    """Return the tables of ``answer`` in the order of its keys: single values, lists of rows, series, undefined."""
    result = plain_json(answer["result"])
    sheets = list(_walked(result, ""))
    undefined = plain_json(answer.get("undefined") or {})
    if undefined:
        sheets.append(Sheet("undefined", ("path", "reason"), tuple(sorted(undefined.items()))))
    return sheets


def _walked(value: Any, path: str) -> Iterator[Sheet]:
    if not isinstance(value, Mapping):
        yield from _of_list(value, path) if isinstance(value, list) else (_values({path: value}, path),)
        return
    if _is_series(value):
        yield Sheet(path, tuple(value), tuple(zip(*value.values(), strict=True)))
        return
    single = {key: found for key, found in value.items() if _is_single(found)}
    if single:
        yield _values(single, path)
    for key, found in value.items():
        if not _is_single(found):
            yield from _walked(found, f"{path}.{key}" if path else key)


def _is_single(value: Any) -> bool:
    return not isinstance(value, list | Mapping) or _is_money(value)


def _is_money(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == _MONEY


def _is_series(value: Mapping[str, Any]) -> bool:
    lists = list(value.values())
    same = len(lists) > 1 and all(isinstance(one, list) and len(one) == len(lists[0]) > 0 for one in lists)
    return same and all(not isinstance(cell, list | Mapping) for one in lists for cell in one)


def _values(single: Mapping[str, Any], path: str) -> Sheet:
    rows = tuple(
        (key, found["amount"], found["currency"]) if _is_money(found) else (key, found, "")
        for key, found in single.items()
    )
    return Sheet(path or "values", ("name", "value", "currency"), rows)


def _of_list(rows: list[Any], path: str) -> Iterator[Sheet]:
    if not rows:
        return
    flat = [dict(_flat(row, "")) if isinstance(row, Mapping) else {"value": _cell(row)} for row in rows]
    columns = tuple(dict.fromkeys(key for row in flat for key in row))
    yield Sheet(path, columns, tuple(tuple(row.get(column) for column in columns) for row in flat))


def _flat(row: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping) and not _is_money(value):
            yield from _flat(value, name)
        elif isinstance(value, Mapping):
            yield name, value["amount"]
            yield f"{name}.currency", value["currency"]
        else:
            yield name, _cell(value)


def _cell(value: Any) -> Any:
    return canonical_json(value).decode() if isinstance(value, list) else value


def number_in(value: Any) -> Decimal | None:
    """Return ``value`` as a number when it is one or is written as one, else None.

    >>> number_in("-12.50"), number_in("-12.5.0"), number_in(True)
    (Decimal('-12.50'), None, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Decimal(repr(value))
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def safe_text(value: Any) -> str:
    """Return ``value`` as a cell no spreadsheet runs: a text that begins like a formula gets an apostrophe before it.

    >>> safe_text("=1+1"), safe_text("-5.2"), safe_text("-5 apples"), safe_text(None)
    ("'=1+1", '-5.2', "'-5 apples", '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = _CONTROL.sub("", str(value))
    dangerous = text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if dangerous and number_in(value) is None else text


def mark_lines(mark: ExportMark) -> list[tuple[str, str]]:
    """Return the mark as names and lines of text."""
    found = mark.as_json()
    texts = [(name, found[name]) for name in ("exported_at", "exported_by", "format", "pattern_id", "request_id")]
    texts += [(f"mark.{name}", "" if value is None else value) for name, value in sorted(found["mark"].items())]
    texts += [(name[:-1], one) for name in ("sources", "attributions") for one in found[name]]
    if mark.watermark:
        texts.append(("watermark", mark.watermark))
    return [(name, " ".join(str(text).split())) for name, text in texts]


def _csv(answer: Mapping[str, Any], mark: ExportMark) -> bytes:
    written = io.StringIO()
    for name, text in mark_lines(mark):
        written.write(f"# {name}: {text}\n")
    rows = csv.writer(written, lineterminator="\n")
    for sheet in sheets_of(answer):
        written.write(f"\n# table: {sheet.name}\n")
        for row in (sheet.columns, *sheet.rows):
            rows.writerow([safe_text(cell) for cell in row])
    return written.getvalue().encode()


def cells(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """Return rows as safe texts."""
    return [[safe_text(cell) for cell in row] for row in rows]
