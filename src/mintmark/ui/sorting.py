"""A stored table, page by page, in the order of the column one presses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import FIGURES, Html, label_of, plain, tag, words, written
from mintmark.ui.client import Api, ApiRefused
from mintmark.ui.parts import Part, button, say, stamp

_PAGE = 25
_TEXTS = ("code", "exit_reason", "side", "entry_stamp", "exit_stamp")
_LABELS = {
    "entry_stamp": "Entry", "exit_stamp": "Exit", "exit_reason": "Left by", "entry_price": "Entry price",
    "exit_price": "Exit price", "return": "Return", "bars_held": "Bars held", "mfe": "Best excursion",
    "mae": "Worst excursion", "code": "Refused", "number": "No.", "path": "Path", "side": "Side",
}  # fmt: skip
_SHARES = ("return", "mfe", "mae")


@dataclass(frozen=True)
class Wanted:
    """Which table of an operation to show: the columns, where they are there, and the first order."""

    table: str
    columns: Sequence[str]
    sort: str
    currency: str = ""


class SortedRows:
    """A table whose heads sort it."""

    def __init__(self, api: Api, operation_id: str, name: str) -> None:
        self._path = f"/operations/{quote(operation_id)}/rows"
        self._api = api
        self._wanted: Wanted | None = None
        self._asked: dict[str, Any] = {}
        self._shown = Part(self._draw)
        self._shown.on_pick("data-sort", self._pressed)
        with ui.element("div").classes("buttons pager") as self._pager:
            self._newer = button("Previous", lambda: self._turn(-_PAGE))
            self._older = button("Next", lambda: self._turn(_PAGE))
        self._pager.set_visibility(False)
        self._pager.props(f'aria-label="{name}"')

    async def offer(self, wanted: Wanted) -> None:
        """Show ``wanted``, from its first row; nothing when it is what is shown."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._asked = {"table": wanted.table, "sort": wanted.sort, "descending": True, "offset": 0, "limit": _PAGE}
        await self._look()

    async def _turn(self, step: int) -> None:
        self._asked["offset"] = max(0, self._asked["offset"] + step)
        await self._look()

    async def _pressed(self, column: str) -> None:
        same = self._asked["sort"] == column
        self._asked |= {"sort": column, "descending": not self._asked["descending"] if same else True, "offset": 0}
        await self._look()

    async def _look(self) -> None:
        try:
            found = await self._api.data(self._path, **self._asked)
        except ApiRefused as error:
            say(error)
            return
        self._shown.show({**found, **self._asked})
        self._pager.set_visibility(found["total"] > _PAGE)
        self._newer.set_visibility(found["offset"] > 0)
        self._older.set_visibility(found["offset"] + _PAGE < found["total"])

    def _draw(self, found: Mapping[str, Any]) -> Html:
        assert self._wanted is not None
        names = [name for name in self._wanted.columns if name in found["columns"]]
        if "code" in names and all(row[found["columns"].index("code")] is None for row in found["rows"]):
            names.remove("code")
        places = [found["columns"].index(name) for name in names]
        heads = "".join(self._head(name, found) for name in names)
        rows = "".join(
            tag(
                "tr",
                *(tag("td", _cell(names[at], row[place]), kind=_kind(names[at])) for at, place in enumerate(places)),
            )
            for row in found["rows"]
        )
        listed = tag("table", tag("thead", tag("tr", Html(heads))), tag("tbody", Html(rows)))
        last = min(found["offset"] + len(found["rows"]), found["total"])
        first = found["offset"] + 1 if found["rows"] else 0
        said = tag("p", f"{first:,} to {last:,} of {found['total']:,}; a head sorts by its column.", kind="quiet")
        return Html(said + tag("div", listed, kind="scroll"))

    def _head(self, name: str, found: Mapping[str, Any]) -> Html:
        money = name in FIGURES and FIGURES[name].kind == "money" and self._wanted is not None
        unit = f", {self._wanted.currency}" if money and self._wanted and self._wanted.currency else ""
        here = found["sort"] == name
        arrow = (" ↓" if found["descending"] else " ↑") if here else ""
        order = {"aria-sort": "descending" if found["descending"] else "ascending"} if here else {}
        press = tag("button", f"{_label(name)}{unit}{arrow}", kind="sort", **{"data-sort": name, "type": "button"})
        return tag("th", press, kind=_kind(name), **order)


def _label(name: str) -> str:
    return _LABELS.get(name) or (label_of(name) if name in FIGURES else name)


def _kind(name: str) -> str:
    return "" if name in _TEXTS else "num"


def _cell(name: str, value: Any) -> Any:
    if name == "side" and value is not None:
        return "▲ long" if value > 0 else "▼ short"
    if name in ("entry_stamp", "exit_stamp"):
        return stamp(value)
    if name in _SHARES:
        return written("total_return", value)
    if name in ("exit_reason", "code"):
        return words(value) if value else ""
    if name in FIGURES:
        return written(name, value)
    return f"{value:,.6g}".replace("-", "−") if isinstance(value, float) else plain(value)
