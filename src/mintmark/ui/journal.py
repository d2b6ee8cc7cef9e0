"""What the ledger page says of entries, their postings and their place in the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mintmark.domain import DASH, Html, exact_text, plain, table, tag, words
from mintmark.ui.answermark import short
from mintmark.ui.parts import card, empty, facts, link, stamp

Body = Mapping[str, Any]
GENESIS = "0" * 64
IMPORT_COMMAND = "mintmark ledger import history.csv --portfolio GROWTH --dry-run"
_TABS = (
    ("/ledger", "Entries"),
    ("/ledger/lots", "Lots"),
    ("/ledger/balances", "Balances"),
    ("/ledger/verify", "Verify"),
    ("/ledger/import", "Import"),
)


def tabs(chosen: str) -> Html:
    """Return the parts of the ledger as tabs."""
    links = [link(path, name, "tab here" if path == chosen else "tab") for path, name in _TABS]
    return tag("nav", *links, kind="tabs", **{"aria-label": "Parts of the ledger"})


def entry_path(entry: Body) -> str:
    return f"/ledger/entries/{quote(entry['id'])}"


def listed(found: Body) -> Html:
    """Return a page of entries, newest first."""
    if not found["rows"]:
        return _nothing(found)
    rows = [_entry_row(one) for one in found["rows"]]
    first, last = found["first"] + 1, found["first"] + len(found["rows"])
    said = tag("p", f"{first:,} to {last:,} of {found['total']:,}", kind="quiet")
    heads = ("No.", "Date", "Kind", "Portfolio", "What moved", "Said", "Hash")
    return card("Entries", said, table(heads, rows))


def _nothing(found: Body) -> Html:
    if found["filtered"]:
        return card("Entries", tag("p", "No entry holds that. Take a word away, or choose another portfolio."))
    would = (
        "Every deposit, trade, dividend and split would be here, each chained to the one before it. "
        "Import a brokerage history, or post entries from a file."
    )
    start = link("/ledger/import", "Import a history", "button main")
    return Html(empty("The ledger is empty", would, IMPORT_COMMAND) + tag("p", start, style="text-align:center"))


def _entry_row(one: Body) -> list[Any]:
    kind = tag("span", words(one["kind"]), kind="nowrap")
    number = link(entry_path(one), f"{one['sequence']:,}", "row")
    moved = Html("".join(_moves(one["postings"])))
    said = tag("span", one["narration"], kind="quiet")
    return [number, tag("span", one["date"], kind="nowrap"), kind, one["portfolio"], moved, said, _hash(one["hash"])]


def _moves(postings: Sequence[Body]) -> list[Html]:
    """Return what came to or left the assets."""
    own = [one for one in postings if one["account"].startswith("Assets:")] or list(postings)[:2]
    return [tag("div", amount(one["units"], signed=True), " ", one["commodity"], kind="nowrap") for one in own[:4]]


def amount(units: str, *, signed: bool = False) -> Html:
    """Return an exact amount, signed when it is a change: of an account, so neither gain nor loss."""
    plus = "+" if signed and not units.startswith("-") else ""
    return tag("span", f"{plus}{exact_text(units)}")


def _hash(value: str) -> Html:
    return tag("span", short(value), kind="id quiet", title=value)


def entry_title(one: Body) -> Html:
    """Return the head of an entry."""
    said = f"{one['portfolio']} · {one['date']} · entry {one['sequence']:,}"
    return Html(tag("p", said, kind="kicker") + tag("h1", words(one["kind"]).capitalize()))


def entry_facts(one: Body) -> Html:
    """Return what an entry says of itself."""
    meta = [(words(key).capitalize(), plain(value)) for key, value in sorted(one["meta"].items())]
    rows: list[tuple[str, Any]] = [
        ("Said", one["narration"] or DASH),
        ("Happened", stamp(one["happened_at"])),
        ("Known", stamp(one["known_at"])),
        ("Source", one["source"]),
        ("External id", tag("span", one["external_id"] or DASH, kind="id")),
        ("Id", tag("span", one["id"], kind="id")),
        *meta,
    ]
    if one.get("reverses"):
        rows.append(("Reverses", link(f"/ledger/entries/{quote(one['reverses'])}", one["reverses"], "id")))
    if one.get("reversed_by"):
        rows.append(("Reversed by", link(f"/ledger/entries/{quote(one['reversed_by'])}", one["reversed_by"], "id")))
    return card("Entry", facts(rows))


def postings_part(one: Body) -> Html:
    """Return the postings of an entry."""
    rows = [_posting_row(posting) for posting in one["postings"]]
    heads = ("Account", "Units", "Of", "Cost", "Price")
    said = tag("p", "What they weigh sums to exactly zero for each commodity.", kind="quiet")
    return card("Postings", table(heads, rows, (1,)), said)


def _posting_row(one: Body) -> list[Any]:
    cost, price = one["cost"], one["price"]
    paid = DASH
    if cost:
        paid = f"{exact_text(cost['total'])} {cost['commodity']}, acquired {cost['acquired']}"
        paid += f", {cost['label']}" if cost["label"] else ""
    at = DASH
    if price:
        each = "amount" in price
        at = f"{exact_text(price['amount' if each else 'total'])} {price['commodity']}{'' if each else ' in all'}"
    return [tag("code", one["account"]), amount(one["units"], signed=True), one["commodity"], paid, at]


def chain_part(one: Body) -> Html:
    """Return the entry between its neighbours: each hash is made of the one before."""
    before, after = one["previous"], one["next"]
    blocks = [
        _block(before, "before") if before else _edge("The first entry follows 64 zeros.", GENESIS),
        _block(one, "this entry", here=True),
        _block(after, "after") if after else _edge("This is the head of the ledger.", None),
    ]
    said = tag("p", "A hash covers the content of its entry and the hash before it: whoever changes one byte "
               "changes every hash that follows.", kind="quiet")  # fmt: skip
    return card("Its place in the chain", tag("div", *blocks, kind="links"), said)


def _block(one: Body, word: str, *, here: bool = False) -> Html:
    """Return one entry of the chain; of another owner's only number and hash are known."""
    told = " · ".join(words(one[name]) for name in ("kind", "portfolio", "date") if one.get(name))
    name = f"{one['sequence']:,}"
    head = tag("b", name) if here or not one.get("id") else link(entry_path(one), name, "row")
    body = (tag("small", word), head, tag("div", told, kind="quiet"), tag("div", one["hash"], kind="id quiet"))
    return tag("div", *body, kind="block here" if here else "block")


def _edge(said: str, hash_: str | None) -> Html:
    return tag("div", tag("small", said), tag("div", hash_ or "", kind="id quiet"), kind="block edge")


def lots_part(found: Sequence[Body]) -> Html:
    """Return lots with what they cost."""
    if not found:
        return empty("No open lot", "What is held would be here, lot by lot, with what it cost.", IMPORT_COMMAND)
    heads = ("Instrument", "Portfolio", "Acquired", "Units", "Cost", "Currency", "Rate", "Fee", "Label")
    return card("Lots", table(heads, [_lot_row(one) for one in found], (3, 4, 6, 7)))


def _lot_row(one: Body) -> list[Any]:
    side = tag("span", " on margin", kind="quiet") if one["margin"] else ""
    return [
        Html(tag("b", one["symbol"]) + side), one["portfolio"], tag("span", one["acquired"], kind="nowrap"),
        amount(one["units"]), amount(one["cost"]), one["currency"], _given(one["fx"]), _given(one["fee"]),
        tag("span", one["label"] or DASH, kind="id quiet"),
    ]  # fmt: skip


def _given(value: str | None) -> Html:
    return tag("span", DASH, kind="quiet") if value is None else amount(value)


def balances_part(rows: Sequence[Body]) -> Html:
    """Return the balances by account."""
    if not rows:
        return empty("No balance", "What each account holds would be here.", IMPORT_COMMAND)
    cells = [(one["portfolio"], tag("code", one["account"]), amount(one["units"]), one["commodity"]) for one in rows]
    return card("Balances", table(("Portfolio", "Account", "Units", "Of"), cells, (2,)))
