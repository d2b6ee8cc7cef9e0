"""What a file that once left the house says of its sources."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

from mintmark.domain import Refused
from mintmark.portfolio.exports import METADATA

_KEYWORDS = re.compile(rb"/Keywords \(((?:\\.|[^()\\])*)\)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_TEXT = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sources_of_export(content: bytes) -> list[str]:
    """Return the sources an export names in its mark, whatever its format.

    Raises:
        Refused: ``no_export_mark`` for a file that carries none.
    """
    try:
        sources = _sources(content)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, ET.ParseError) as error:
        raise _no_mark() from error
    if not sources:
        raise _no_mark()
    return sources


def _no_mark() -> Refused:
    message = "expected an export of this house as JSON, CSV, xlsx or PDF with its mark, found none"
    return Refused(message, code="no_export_mark")


def _sources(content: bytes) -> list[str]:
    if content.startswith(b"%PDF"):
        found = _KEYWORDS.search(content)
        return [] if found is None else _listed(json.loads(_ESCAPED.sub(_unescaped, found.group(1))))
    if content.startswith(b"PK"):
        return _of_workbook(content)
    if content.startswith(b"{"):
        return _listed(json.loads(content)[METADATA])
    head = content.decode("utf-8").split("\n\n")[0].splitlines()
    return [line.removeprefix("# source: ") for line in head if line.startswith("# source: ")]


def _listed(mark: dict[str, Any]) -> list[str]:
    return [str(source) for source in mark["sources"]]


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found.group(1)
    if len(code) == 3:
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(code, code)


def _of_workbook(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        pages = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        # The mark is the last sheet that is written.
        last = max(pages, key=lambda name: int(re.sub(r"\D", "", name)))
        texts = ["".join(one.itertext()) for one in ET.fromstring(book.read("xl/sharedStrings.xml"))]
        rows = ET.fromstring(book.read(last)).iter(f"{_TEXT}row")
        pairs = [[texts[int(cell.findtext(f"{_TEXT}v") or 0)] for cell in row] for row in rows]
    return [pair[1] for pair in pairs if len(pair) == 2 and pair[0] == "source"]
