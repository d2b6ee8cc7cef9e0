"""The answer of any pattern as cards: its panels in order, then what no panel names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mintmark.domain import DASH, Html, answer_label, figure_kind, plain, table, tag, words
from mintmark.ui.answermark import row_keys, short, value_at
from mintmark.ui.parts import card, link
from mintmark.ui.portfolio_charts import bars_of
from mintmark.ui.traced import Reasons, traced

Body = Mapping[str, Any]
_ROWS_AT_MOST = 200
# Names for machines: what they stand for is shown beside them.
_INNER = ("security_id", "artifact_id", "entry_id")
_DEEPEST = 4
# A row of these alone is a bar of a chart; ``low`` and ``high`` are an error below and above it.
_BAR = {"name", "value", "low", "high"}


@dataclass(frozen=True)
class Piece:
    """One part of an answer: its title, its path in the result and how it wants to be shown."""

    title: str
    path: str
    type: str = "card"


def pieces_of(pattern: Body, result: Body) -> list[Piece]:
    """Return the panels of ``pattern``, then each output of ``result`` that no panel shows."""
    panels = [Piece(one["title"], one["from"], one["type"]) for one in pattern.get("panels") or ()]
    seen = {one.path.partition(".")[0] for one in panels}
    return panels + [Piece(answer_label(key), key) for key in pattern["outputs"] if key in result and key not in seen]


def piece_card(answer: Body, piece: Piece) -> Html:
    """Return ``piece`` of ``answer`` as a card; every figure opens its mark."""
    value = value_at(answer["result"], piece.path)
    reasons = Reasons(answer["undefined"])
    refused = _refusal(answer, piece.path)
    if value is None and refused is not None:
        return card(piece.title, refused_of(refused))
    if piece.type == "metrics" and isinstance(value, Mapping):
        return card(piece.title, tiles_of(piece.path, value, reasons))
    return card(piece.title, drawn(piece.path, value, reasons))


def refused_of(refused: Body) -> Html:
    """Return what a step of a pattern refused, with what it observed and its limit."""
    numbers = [f"{name} {plain(refused[name])}" for name in ("observed", "limit") if name in refused]
    told = tag("p", tag("span", f"{DASH} ", kind="wait"), refused["message"])
    return Html(told + tag("p", tag("code", refused["code"]), " ", ", ".join(numbers), kind="quiet"))


def _refusal(answer: Body, path: str) -> Body | None:
    return next((one for one in answer["refusals"] if one["step"] == path.partition(".")[0]), None)


def tiles_of(path: str, values: Body, reasons: Reasons) -> Html:
    """Return the figures of ``values`` as tiles, and what is no figure below them."""
    flat = {key: value for key, value in values.items() if is_figure(value) and key not in _INNER}
    figures = [(tag("b", traced(f"{path}.{key}", value, reasons)), answer_label(key)) for key, value in flat.items()]
    drawn_tiles = [tag("div", figure, tag("span", label), kind="tile") for figure, label in figures]
    rest = {key: value for key, value in values.items() if not is_figure(value)}
    below = drawn(path, rest, reasons) if rest else Html("")
    return Html(tag("div", *drawn_tiles, kind="tiles") + below)


def drawn(path: str, value: Any, reasons: Reasons, depth: int = 0) -> Html:
    """Return any value of an answer: figures, facts, tables, one inside the other."""
    if is_figure(value):
        return tag("p", traced(path, value, reasons))
    if isinstance(value, Mapping):
        return _facts(path, value, reasons, depth)
    return _list(path, value, reasons)


def is_figure(value: Any) -> bool:
    """Return whether ``value`` is one figure: a number, a text, money or a null."""
    return not isinstance(value, Mapping | list) or figure_kind("", value) == "money"


def _facts(path: str, value: Body, reasons: Reasons, depth: int) -> Html:
    flat = [(key, one) for key, one in value.items() if is_figure(one) and key not in _INNER]
    rows = [(tag("span", answer_label(key), kind="quiet"), traced(f"{path}.{key}", one, reasons)) for key, one in flat]
    parts = [tag("div", table(("", ""), rows), kind="facts")] if rows else []
    for key, one in value.items():
        if is_figure(one) or not one:
            continue
        inside = drawn(f"{path}.{key}", one, reasons, depth + 1)
        parts += [tag("h3", answer_label(key)), inside] if depth < _DEEPEST else [tag("p", plain(one))]
    return Html("".join(parts)) or tag("p", DASH, kind="quiet")


def _list(path: str, value: Sequence[Any], reasons: Reasons) -> Html:
    if not value:
        return tag("p", "None.", kind="quiet")
    if not all(isinstance(row, Mapping) for row in value):
        return tag("p", ", ".join(plain(one) for one in value))
    if all({"name", "value"} <= set(row) <= _BAR for row in value):
        return _bars(path, value, reasons)
    return rows_of(path, value, reasons)


def _bars(path: str, rows: Sequence[Body], reasons: Reasons) -> Html:
    """Return rows of a name and a value as bars; money is coloured by its sign."""
    kind = figure_kind(path.rpartition(".")[2], rows[0]["value"])
    given = [(_said(row["name"]), f"{key}.value", row["value"]) for key, row in _keyed(rows)]
    drawn = bars_of(path, given, reasons, kind)
    return tag("div", drawn, kind="signed") if kind == "money" else drawn


def rows_of(path: str, rows: Sequence[Body], reasons: Reasons, columns: Sequence[str] = ()) -> Html:
    """Return records as a table; ``columns`` names and orders them, else every figure there is."""
    names = [name for name in (columns or _columns(rows)) if any(name in row for row in rows)]
    numbers = [at for at, name in enumerate(names) if any(_numeric(name, row.get(name)) for row in rows)]
    cells = [list(_cells(f"{path}.{key}", row, names, reasons)) for key, row in _keyed(rows)]
    more = len(rows) - _ROWS_AT_MOST
    said = tag("p", f"and {more:,} more, all in the exported answer", kind="quiet") if more > 0 else ""
    return Html(table([answer_label(name) for name in names], cells, numbers) + said)


def _said(name: str) -> str:
    return words(name).capitalize() if "_" in name else name


def _keyed(rows: Sequence[Body]) -> list[tuple[str, Body]]:
    return list(zip(row_keys(rows), rows, strict=True))[:_ROWS_AT_MOST]


def _columns(rows: Sequence[Body]) -> list[str]:
    """Return the columns that hold figures: what a row is first, then how much."""
    found = dict.fromkeys(key for row in rows for key in row)
    shown = [key for key in found if key not in _INNER and all(is_figure(row.get(key)) for row in rows)]
    return sorted(shown, key=lambda key: any(_numeric(key, row.get(key)) for row in rows))


def _cells(path: str, row: Body, names: Sequence[str], reasons: Reasons) -> Iterator[Html]:
    for name in names:
        value = row.get(name)
        if name == "entry_hash" and value is not None:
            yield link(f"/ledger/at/{value}", tag("span", short(str(value)), kind="id"))
        elif figure_kind(name, value) == "text" and value is not None:
            yield tag("span", words(value) if isinstance(value, str) and name == "status" else plain(value))
        else:
            yield traced(f"{path}.{name}", value, reasons, name=name)


def _numeric(name: str, value: Any) -> bool:
    return value is not None and figure_kind(name, value) != "text"
