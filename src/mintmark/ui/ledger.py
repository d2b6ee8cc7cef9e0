"""Ledger: its entries with search, one entry with its neighbours, lots and balances."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import ui

from mintmark.domain import Html, tag
from mintmark.ui.answermark import short
from mintmark.ui.client import Api
from mintmark.ui.journal import (
    GENESIS,
    balances_part,
    chain_part,
    entry_facts,
    entry_title,
    listed,
    lots_part,
    postings_part,
    tabs,
)
from mintmark.ui.live import Watch
from mintmark.ui.parts import Part, button, card, empty, heading, link

_PAGE = 50
_ALL = "all portfolios"


def head(chosen: str) -> Part:
    """Draw the head of a part of the ledger; returns the part that says what its head hash is."""
    with ui.element("div").classes("head"):
        heading("Ledger")
        with ui.element("div").classes("right"):
            state = Part(_head_hash)
    Part(tabs).show(chosen)
    return state


async def page(api: Api) -> None:
    """Show the entries, newest first."""
    state = head("/ledger")
    asked: dict[str, Any] = {"search": None, "portfolio": None}
    # Where each page begins: entries before that one.
    turned: list[int | None] = [None]
    last: dict[str, int] = {}

    async def look() -> bool:
        found = await api.get("/ledger/entries", limit=_PAGE, before=turned[-1], **asked)
        rows, total = found["data"], found["total_count"]
        filtered = bool(asked["search"] or asked["portfolio"])
        state.show({"head": found["ledger_commit_hash"]})
        listed_rows.show({"rows": rows, "total": total, "first": (len(turned) - 1) * _PAGE, "filtered": filtered})
        more.set_visibility(total > _PAGE)
        newer.set_visibility(len(turned) > 1)
        older.set_visibility(len(rows) == _PAGE and (len(turned) - 1) * _PAGE + len(rows) < total)
        last["sequence"] = rows[-1]["sequence"] if rows else 0
        return False

    watch = Watch(look)

    async def ask(**change: Any) -> None:
        asked.update(change)
        turned[1:] = []
        await watch.again()

    async def turn(*, on: bool) -> None:
        if on:
            turned.append(last["sequence"])
        else:
            turned.pop()
        await watch.again()

    with ui.element("div").classes("filters"):
        words = ui.input(placeholder="AAPL, dividend, an id").props(
            'outlined dense clearable debounce="300" aria-label="Search entries"'
        )
        words.on_value_change(lambda event: ask(search=str(event.value or "").strip() or None))
        await _portfolio_choice(api, lambda code: ask(portfolio=code))
    listed_rows = Part(listed)
    with ui.element("div").classes("buttons") as more:
        newer = button("Newer", lambda: turn(on=False))
        older = button("Older", lambda: turn(on=True))
    await watch.start()


async def _portfolio_choice(api: Api, chosen: Any) -> None:
    """Offer the portfolios, all of them first; ``chosen`` is awaited with a code or None."""
    codes = [one["code"] for one in await api.data("/portfolios")]
    made = ui.select([_ALL, *codes], value=_ALL).props('outlined dense aria-label="Portfolio"')
    made.on_value_change(lambda event: chosen(None if event.value == _ALL else event.value))


async def entry(api: Api, entry_id: str) -> None:
    """Show the entry ``entry_id`` with its postings and its neighbours."""
    ui.page_title("Entry – Mintmark")
    one = await api.data(f"/ledger/entries/{quote(entry_id)}")
    with ui.element("div").classes("head"):
        Part(entry_title).show(one)
    Part(tabs).show("")
    for draw in (postings_part, chain_part, entry_facts):
        Part(draw).show(one)


async def at(api: Api, commit_hash: str) -> None:
    """Show the entry whose hash is ``commit_hash``: the ledger as an answer saw it ends there."""
    if commit_hash == GENESIS:
        head("")
        Part(lambda _: _empty_ledger()).show(True)
        return
    found = await api.get("/ledger/entries", search=commit_hash, limit=1)
    if not found["data"]:
        head("")
        Part(_unknown_hash).show(commit_hash)
        return
    await entry(api, found["data"][0]["id"])


async def lots(api: Api) -> None:
    """Show the lots, oldest first."""
    await _records(api, "/ledger/lots", lots_part, closed=True)


async def balances(api: Api) -> None:
    """Show what each account holds."""
    await _records(api, "/ledger/balances", balances_part)


async def _records(api: Api, path: str, draw: Any, *, closed: bool = False) -> None:
    """Show the records at ``path`` by portfolio and day."""
    state = head(path)
    asked: dict[str, Any] = {}

    async def look() -> bool:
        found = await api.get(path, **asked)
        state.show({"head": found["ledger_commit_hash"]})
        rows.show(found["data"])
        return False

    watch = Watch(look)

    async def ask(**change: Any) -> None:
        asked.update(change)
        await watch.again()

    with ui.element("div").classes("filters"):
        await _portfolio_choice(api, lambda code: ask(portfolio=code))
        day = ui.input("As of").props('type="date" outlined dense stack-label aria-label="As of"')
        day.on_value_change(lambda event: ask(asof=event.value or None))
        if closed:
            also = ui.checkbox("closed ones too").props("dense")
            also.on_value_change(lambda event: ask(closed=bool(event.value) or None))
    rows = Part(draw)
    await watch.start()


def _head_hash(found: dict[str, Any]) -> Html:
    copy = tag("button", "copy", kind="button", type="button", **{"data-copies": found["head"]})
    return tag("p", "head ", tag("span", short(found["head"]), kind="id", title=found["head"]), " ", copy, kind="quiet")


def _empty_ledger() -> Html:
    return empty("The ledger as it was before its first entry", "That state has no entry.", "mintmark ledger import")


def _unknown_hash(commit_hash: str) -> Html:
    asked = link("/ledger/verify", "Verify")
    said = tag("p", "None of your entries has the hash ", tag("code", commit_hash), ". ", asked,
               " says whether it lies in this chain at all: the entry may be another's.")  # fmt: skip
    return card("No entry of yours", said, kind="card lost")
