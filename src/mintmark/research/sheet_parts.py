"""What a sheet is made of: figures, and parts with sentences, pictures and tables; as HTML, as JSON, as PNGs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mintmark.domain import DASH, Html, label_of, plain, section, spoken, tag, typed_table, words, written
from mintmark.research.drawing import Drawing, png, svg
from mintmark.research.report_page import absent, mark_section, page

Kind = Literal["text", "number", "name", "quiet"]
Columns = Mapping[str, Sequence[Any]]
"""A stored table by the names of its columns."""


@dataclass(frozen=True)
class SheetTable:
    """Rows of text under their heads; ``kinds`` says of each column how it reads."""

    heads: Sequence[str]
    kinds: Sequence[Kind]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class SheetPart:
    """One part of a sheet. ``drawings``: by the name of their file."""

    name: str
    title: str
    said: Sequence[str] = ()
    drawings: Mapping[str, Drawing] = field(default_factory=dict)
    tables: Sequence[SheetTable] = ()


@dataclass(frozen=True)
class Sheet:
    """A whole sheet: its first figures (label and value), its parts from top to bottom, its mark as JSON."""

    title: str
    lead: str
    tiles: Sequence[tuple[str, str]]
    parts: Sequence[SheetPart]
    mark: Mapping[str, Any]


def figure_text(source: Mapping[str, Any], name: str) -> str:
    """Return one metric as text, its reason behind it when it is undefined.

    >>> figure_text({"sharpe_ratio": None, "undefined": {"sharpe_ratio": "no_variation"}}, "sharpe_ratio")
    '– (no variation)'
    """
    reason = (source.get("undefined") or {}).get(name)
    if source.get(name) is None and reason:
        return f"{DASH} ({words(reason)})"
    return written(name, source.get(name))


def tiles_of(source: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the metrics ``names`` of ``source`` as labels and values."""
    return [(label_of(name), figure_text(source, name)) for name in names]


def data_lead(told: Mapping[str, Any], more: str) -> str:
    """Return in one sentence on which bars a simulation ran, and ``more`` behind it."""
    return f"{told['bars']:,} bars of {told['timeframe']} from {plain(told['start'])} to {plain(told['end'])}. {more}"


def html_of(sheet: Sheet) -> str:
    """Return the sheet as one self-contained HTML document that needs no network."""
    parts = [_head(sheet), *(_part(part) for part in sheet.parts)]
    mark = mark_section(sheet.mark, [("Operation", sheet.mark.get("operation_id") or DASH)])
    return page(sheet.title, [*parts, mark])


def json_of(sheet: Sheet) -> dict[str, Any]:
    """Return the sheet as JSON, each picture as inline SVG in the variables of its page's style."""
    return {
        "title": sheet.title,
        "lead": sheet.lead,
        "tiles": [{"label": label, "value": value} for label, value in sheet.tiles],
        "parts": [
            {
                "name": part.name,
                "title": part.title,
                "said": list(part.said),
                "drawings": [{"name": name, "svg": svg(drawing)} for name, drawing in part.drawings.items()],
                "tables": [
                    {"heads": list(one.heads), "kinds": list(one.kinds), "rows": [list(row) for row in one.rows]}
                    for one in part.tables
                ],
            }
            for part in sheet.parts
        ],
    }


def drawing_svg(drawing: Drawing) -> str:
    """Return one drawing of a sheet as inline SVG."""
    return svg(drawing)


def pictures_of(sheet: Sheet) -> dict[str, bytes]:
    """Return every drawing of the sheet as PNG, by name."""
    return {name: png(drawing) for part in sheet.parts for name, drawing in part.drawings.items()}


def _head(sheet: Sheet) -> Html:
    shown = [tag("div", tag("b", spoken(value)), tag("span", label), kind="tile") for label, value in sheet.tiles]
    return tag(
        "header",
        tag("p", "Mintmark tear sheet", kind="kicker"),
        tag("h1", sheet.title),
        tag("p", sheet.lead, kind="lead"),
        tag("div", *shown, kind="tiles"),
    )


def _part(part: SheetPart) -> Html:
    figures = [tag("figure", Html(svg(drawing))) for drawing in part.drawings.values()]
    return section(
        part.title,
        *(absent(one) for one in part.said),
        *figures,
        *(typed_table(one.heads, one.kinds, one.rows) for one in part.tables),
    )
