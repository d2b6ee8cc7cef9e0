"""A stored sheet as cards of a page: its figures, pictures and tables, as they were stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mintmark.domain import Html, spoken, tag, typed_table
from mintmark.ui.parts import card, tile


def tiles_of(sheet: Mapping[str, Any]) -> Html:
    """Return the first figures of a sheet."""
    return tag("div", *(tile(one["label"], spoken(one["value"])) for one in sheet["tiles"]), kind="tiles")


def parts_of(sheet: Mapping[str, Any], without: Sequence[str] = (), only: Sequence[str] = ()) -> Html:
    """Return the parts of a sheet as cards, those named in ``without`` left out; ``only`` names all there may be."""
    kept = [part for part in sheet["parts"] if part["name"] not in without and (not only or part["name"] in only)]
    return Html("".join(_part(part) for part in kept))


def _part(part: Mapping[str, Any]) -> Html:
    said = [tag("p", one, kind="quiet") for one in part["said"]]
    # A picture of a sheet holds shapes and escaped words, nothing that runs.
    figures = [tag("figure", Html(one["svg"])) for one in part["drawings"]]
    return card(
        part["title"],
        *said,
        *figures,
        *(typed_table(one["heads"], one["kinds"], one["rows"]) for one in part["tables"]),
    )
