"""An answer as a PDF: a strip of values, charts, tables, and its mark on every page."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table

from mintmark.domain import DASH, answer_label, figure_name, read_figure
from mintmark.portfolio.exports import ExportMark, Sheet, number_in, safe_text

REGULAR, BOLD = "MintmarkRegular", "MintmarkBold"
INK, QUIET, ACCENT, RULE, BAND = (
    colors.HexColor(one) for one in ("#16202c", "#66727f", "#0f766e", "#d5dbe1", "#f4f6f8")
)
MARGIN, FOOT = 16 * mm, 24 * mm
WIDTH = A4[0] - 2 * MARGIN
_TILES, _COLUMNS, _MOST_ROWS, _MOST_POINTS = 4, 7, 500, 400
# Names for machines: what they stand for is written beside them.
_INNER = ("security_id", "artifact_id", "entry_id")


def pdf(sheets: Sequence[Sheet], mark: ExportMark, *, title: str, fonts: tuple[bytes, bytes]) -> bytes:
    """Return ``sheets`` as a PDF; equal sheets and marks give equal bytes."""
    for name, face in zip((REGULAR, BOLD), fonts, strict=True):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(face)))
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer, pagesize=A4, invariant=1, title=title, author="Mintmark", subject=mark.footer,
        keywords=json.dumps(mark.as_json(), sort_keys=True),
    )  # fmt: skip
    frame = Frame(MARGIN, FOOT, WIDTH, A4[1] - MARGIN - FOOT, 0, 0, 0, 0)
    template = PageTemplate("page", [frame], onPage=lambda canvas, _: _page(canvas, mark))
    document.addPageTemplates([template])
    document.build(list(_story(sheets, mark, title)))
    return buffer.getvalue()


def _style(size: float, *, bold: bool = False, color: Any = INK, **more: Any) -> ParagraphStyle:
    face = BOLD if bold else REGULAR
    return ParagraphStyle(f"{face}{size}", fontName=face, fontSize=size, leading=size * 1.3, textColor=color, **more)


def _page(canvas: Any, mark: ExportMark) -> None:
    canvas.saveState()
    if mark.watermark:
        canvas.saveState()
        canvas.setFillColor(QUIET)
        canvas.setFillAlpha(0.3)
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(50)
        size = min(54.0, 640.0 / max(1.0, pdfmetrics.stringWidth(mark.watermark, BOLD, 1.0)))
        canvas.setFont(BOLD, size)
        canvas.drawCentredString(0, 0, mark.watermark)
        canvas.restoreState()
    canvas.setStrokeColor(RULE)
    canvas.line(MARGIN, FOOT - 3 * mm, A4[0] - MARGIN, FOOT - 3 * mm)
    canvas.setFillColor(QUIET)
    canvas.setFont(REGULAR, 7)
    canvas.drawString(MARGIN, FOOT - 7 * mm, mark.footer)
    canvas.drawRightString(A4[0] - MARGIN, FOOT - 7 * mm, f"{canvas.getPageNumber()}")
    text = Paragraph(escape("  •  ".join(dict.fromkeys(mark.attributions))), _style(6.5, color=QUIET))
    _, height = text.wrap(WIDTH, FOOT)
    text.drawOn(canvas, MARGIN, FOOT - 8.5 * mm - height)
    canvas.restoreState()


def _story(sheets: Sequence[Sheet], mark: ExportMark, title: str) -> Iterator[Flowable]:
    as_of = mark.mark.get("asof_date")
    yield Paragraph(escape(title), _style(20, bold=True))
    yield Paragraph(escape(f"As of {as_of}" if as_of else mark.pattern_id), _style(9.5, color=QUIET, spaceAfter=8))
    first = next((sheet for sheet in sheets if sheet.columns == ("name", "value", "currency")), None)
    for sheet in sheets:
        if sheet is first:
            yield _strip(sheet)
            continue
        yield Paragraph(escape(_label(sheet.name)), _style(11.5, bold=True, spaceBefore=12, spaceAfter=5))
        line = _line_of(sheet)
        if line is not None:
            yield _Chart(*line)
        else:
            yield from _tables(sheet)


def _strip(sheet: Sheet) -> Flowable:
    tiles = [
        [
            Paragraph(escape(answer_label(name)), _style(7.5, color=QUIET)),
            Paragraph(escape(_shown(name, value, currency)), _style(12, bold=True)),
        ]
        for name, value, currency in sheet.rows
    ]
    rows = [tiles[start : start + _TILES] for start in range(0, len(tiles), _TILES)]
    rows = [[*row, *([[]] * (_TILES - len(row)))] for row in rows]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), BAND),
        ("INNERGRID", (0, 0), (-1, -1), 2, colors.white),
        ("LEFTPADDING", (0, 0), (-1, -1), 7),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, [WIDTH / _TILES] * _TILES, style=look, spaceAfter=6)


def _tables(sheet: Sheet) -> Iterator[Flowable]:
    """Give the table, side by side in parts of as many columns as a page holds, each led by the first column."""
    names, rows = _columns(sheet)
    rest = list(range(1, len(names)))
    parts = [rest[start : start + _COLUMNS - 1] for start in range(0, len(rest), _COLUMNS - 1)] or [[]]
    for part in parts:
        columns = [0, *part]
        numeric = {at for at in columns if any(row[at].lstrip("+−")[:1].isdigit() for row in rows)}
        body = [[_text(_label(names[at]), at in numeric, head=True) for at in columns]]
        body += [[_text(row[at], at in numeric) for at in columns] for row in rows]
        look = [
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
        yield Table(body, [WIDTH / len(columns)] * len(columns), repeatRows=1, style=look, spaceAfter=6)
    if len(sheet.rows) > _MOST_ROWS:
        said = f"{_MOST_ROWS} of {len(sheet.rows)} rows; the spreadsheet has all of them."
        yield Paragraph(said, _style(7.5, color=QUIET))
    yield Spacer(0, 2)


def _text(text: str, right: bool, *, head: bool = False) -> Paragraph:
    more = {"alignment": TA_RIGHT} if right else {}
    return Paragraph(escape(text), _style(7, bold=head, color=QUIET if head else INK, **more))


def _label(name: str) -> str:
    """Return a name as a person reads it.

    >>> _label("perf_strip.total_return")
    'Perf strip, total return'
    """
    first, *rest = (answer_label(part) for part in name.split("."))
    return ", ".join([first, *(part[:1].lower() + part[1:] for part in rest)])


def _shown(name: str, value: Any, currency: Any = None) -> str:
    """Return the figure ``name`` as the pages write it."""
    if value is None:
        return DASH
    if currency:
        return read_figure(name, {"amount": value, "currency": currency})
    return safe_text(value) if number_in(value) is None else read_figure(name, value)


def _columns(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    """Return the names and the texts of a table as a person reads it: money with its currency, no inner names."""
    rows = sheet.rows[:_MOST_ROWS]
    if sheet.columns == ("name", "value", "currency"):
        return ["name", "value"], [
            [answer_label(name), _shown(figure_name(f"{sheet.name}.{name}"), value, currency)]
            for name, value, currency in rows
        ]
    place = {name: at for at, name in enumerate(sheet.columns)}
    currencies = {f"{name}.currency" for name in place} & set(place)
    shown = [name for name in sheet.columns if name not in _INNER and name not in currencies]

    def text(row: Sequence[Any], name: str) -> str:
        currency = row[place[f"{name}.currency"]] if f"{name}.currency" in place else None
        return _shown(name.rpartition(".")[2], row[place[name]], currency)

    return shown, [[text(row, name) for name in shown] for row in rows]


def _line_of(sheet: Sheet) -> tuple[str, list[str], list[tuple[str, list[float]]]] | None:
    """Return a table of days and numbers as lines: its name, days, and the values of each column; else None."""
    if len(sheet.rows) < 20 or not all(_is_day(row[0]) for row in sheet.rows):
        return None
    step = -(-len(sheet.rows) // _MOST_POINTS)
    rows = [*sheet.rows[:-1:step], sheet.rows[-1]]
    lines = []
    for at, column in enumerate(sheet.columns[1:], 1):
        numbers = [number_in(row[at]) for row in rows]
        if all(number is not None for number in numbers):
            lines.append((column, [float(number) for number in numbers if number is not None]))
    return (sheet.name, [str(row[0]) for row in rows], lines) if lines else None


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return False


class _Chart(Flowable):  # type: ignore[misc]
    """Lines over days, one scale, the last value written beside each."""

    def __init__(self, name: str, days: list[str], lines: list[tuple[str, list[float]]]) -> None:
        super().__init__()
        self._name, self._days, self._lines = name, days, lines
        self.width, self.height = WIDTH, 52 * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        values = [value for _, line in self._lines for value in line]
        low, high = min(values), max(values)
        span = (high - low) or abs(high) or 1.0
        left, right, bottom, top = 44.0, self.width - 4, 14.0, self.height - 12
        pen = self.canv
        pen.setFont(REGULAR, 6.5)
        for part in range(5):
            y = bottom + (top - bottom) * part / 4
            pen.setStrokeColor(RULE)
            pen.setLineWidth(0.4)
            pen.line(left, y, right, y)
            pen.setFillColor(QUIET)
            pen.drawRightString(left - 4, y - 2, f"{low + span * part / 4:,.4g}")
        pen.drawString(left, 3, self._days[0][:10])
        pen.drawRightString(right, 3, self._days[-1][:10])
        for at, (name, line) in enumerate(self._lines):
            color = (ACCENT, colors.HexColor("#8a5cf6"), colors.HexColor("#b45309"), QUIET)[at % 4]
            path = pen.beginPath()
            for index, value in enumerate(line):
                x = left + (right - left) * index / max(1, len(line) - 1)
                y = bottom + (top - bottom) * (value - low) / span
                (path.lineTo if index else path.moveTo)(x, y)
            pen.setStrokeColor(color)
            pen.setLineWidth(1.2)
            pen.drawPath(path)
            pen.setFillColor(color)
            pen.drawString(left + 110 * at, self.height - 7, f"{_label(name)}  {line[-1]:,.6g}")
