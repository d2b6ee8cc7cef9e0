"""What every report has: its page, its head of figures, and its mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mintmark.domain import DASH, Html, figure, label_of, section, table, tag, text
from mintmark.research.report_style import STYLE


def page(title: str, parts: Sequence[Html]) -> str:
    """Return ``parts`` as one self-contained HTML document."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)} – Mintmark</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def tiles(result: Mapping[str, Any], names: Sequence[str]) -> Html:
    """Return the metrics ``names`` as large figures, each with its label."""
    cells = [tag("div", tag("b", figure(result, name)), tag("span", label_of(name)), kind="tile") for name in names]
    return tag("div", *cells, kind="tiles")


def mark_section(mark: Mapping[str, Any], more: Sequence[tuple[str, Any]]) -> Html:
    """Return where every figure of a report comes from, ``more`` rows below."""
    rows = [
        ("Pack", mark.get("pack_id")),
        ("Pack hash", mark.get("pack_sha256")),
        ("As of", mark.get("as_of")),
        ("Code version", mark.get("code_version")),
        ("Made at", mark.get("made_at")),
        ("Sources", lines(mark.get("sources") or ()) or DASH),
        *more,
    ]
    shown = table(("", ""), [(name, tag("span", value if value else DASH, kind="id")) for name, value in rows])
    return section("Mark", tag("p", "Where every figure above comes from.", kind="quiet"), shown)


def lines(values: Sequence[Any]) -> Html:
    """Return ``values`` one below the other."""
    return Html("<br>".join(text(value) for value in values))


def absent(sentence: str) -> Html:
    """Return a sentence where a figure would be that does not exist."""
    return tag("p", sentence, kind="quiet")
