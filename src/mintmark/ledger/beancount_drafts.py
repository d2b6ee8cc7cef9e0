"""Transactions of Beancount as drafts: own ones as they were, others booked on what is held."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mintmark.domain import Refusal, Refused
from mintmark.ledger import accounts
from mintmark.ledger.beancount_reading import CostSpec, Leg, Record
from mintmark.ledger.beancount_text import NO_LABEL
from mintmark.ledger.booking_trades import label_for
from mintmark.ledger.books import Book
from mintmark.ledger.drafts import moment_of_text
from mintmark.ledger.entries import Cost, Draft, Posting, Price, imbalance
from mintmark.ledger.exactly import WIDE, ZERO, amount_of, widely
from mintmark.ledger.lots import Choice, after, chosen, not_enough
from mintmark.ledger.state import State

SOURCE = "beancount"


@dataclass(frozen=True)
class Line:
    """A record that becomes an entry of a portfolio."""

    record: Record
    portfolio: str

    @property
    def own(self) -> bool:
        """Whether it was written by an export of this ledger."""
        return "sequence" in self.record.meta and "id" in self.record.meta

    @property
    def order(self) -> tuple[int, Any, date, int]:
        """Own entries in their old order, then the others by date."""
        record = self.record
        if self.own:
            return (0, record.meta["sequence"], record.date, record.place.line)
        return (1, 0, record.date, record.place.line)


def portfolio_of(record: Record) -> str:
    """Return the portfolio of a record, by its accounts. Raises: Refused with its place."""
    names = [leg.account for leg in record.legs] if record.kind == "*" else record.words[:1]
    codes = {name: accounts.portfolio_of(name) for name in names}
    for name, code in codes.items():
        if code is None:
            record.place.refuse(f"expected an account of the ledger, found {name}", "account_unknown")
    if len(set(codes.values())) != 1:
        record.place.refuse("the postings of a transaction are of one portfolio", "account_unknown")
    return str(next(iter(codes.values())))


def books_of(records: Sequence[Record], currencies: Sequence[str]) -> dict[str, Book]:
    """Return the books that ``records`` open; ``currencies``: those the file operates in."""
    found = {}
    for record in records:
        if record.kind != "open":
            continue
        code = portfolio_of(record)
        if record.words[0] != accounts.cash(code):
            continue
        base = record.meta.get("base_currency") or (currencies[0] if currencies else None)
        if isinstance(base, str):
            booking: Any = record.meta.get("booking", "fifo")
            found[code] = Book(code, base, booking, bool(record.meta.get("allow_shorts", False)))
    return found


@widely
def draft_of(line: Line, state: State, external_id: str) -> Draft:
    """Return the draft of ``line``, booked on ``state``. Raises: Refused with its place."""
    record = line.record
    try:
        if record.kind == "balance":
            return _assertion(line, external_id)
        return _own(line) if line.own else _foreign(line, state, external_id)
    except Refused as refused:
        if "line" in refused.details:
            raise
        record.place.refuse(refused.message, refused.code, **refused.details)


def _content(line: Line) -> dict[str, Any]:
    meta = line.record.meta
    return {
        "happened_at": moment_of_text(meta.get("happened_at"), "happened_at"),
        "known_at": moment_of_text(meta.get("known_at"), "known_at"),
        "external_id": meta.get("external_id", ""),
        "source": meta.get("source", SOURCE),
        "reverses": meta.get("reverses"),
        "id": meta["id"],
    }


def _assertion(line: Line, external_id: str) -> Draft:
    record = line.record
    account, amount, commodity = record.words
    meta = {"account": account, "amount": amount.replace(",", ""), "commodity": commodity}
    if not line.own:
        return Draft(line.portfolio, "balance", record.date, meta, external_id=external_id, source=SOURCE)
    narration = record.meta.get("narration", "")
    return Draft(line.portfolio, "balance", record.date, _meta(record) or meta, narration=narration, **_content(line))


def _meta(record: Record) -> dict[str, Any]:
    try:
        found = json.loads(record.meta.get("meta", "{}"))
    except ValueError:
        record.place.refuse("the metadata meta is no JSON")
    if not isinstance(found, dict):
        record.place.refuse("the metadata meta is no object")
    return found


def _own(line: Line) -> Draft:
    record = line.record
    kind: Any = record.meta.get("kind")
    return Draft(
        line.portfolio, kind, record.date, _meta(record), tuple(_as_written(leg) for leg in record.legs),
        narration=record.narration, **_content(line),
    )  # fmt: skip


def _as_written(leg: Leg) -> Posting:
    if leg.units is None or leg.commodity is None:
        leg.place.refuse("a posting of an export has its amount")
    cost, total = leg.cost, leg.meta.get("cost_total")
    if cost is None:
        return Posting(leg.account, leg.units, leg.commodity, None, _price(leg))
    worth, currency = (cost.total, cost.commodity) if total is None else total
    if worth is None or currency is None or cost.acquired is None or cost.label is None:
        leg.place.refuse("the cost of an export has a total, a day and a label")
    label = "" if cost.label == NO_LABEL else cost.label
    return Posting(leg.account, leg.units, leg.commodity, Cost(worth, currency, cost.acquired, label), _price(leg))


def _price(leg: Leg) -> Price | None:
    if leg.price is None:
        return None
    mark, worth, commodity = leg.price
    return Price(commodity, total=worth) if mark == "@@" else Price(commodity, amount=worth)


def _foreign(line: Line, state: State, external_id: str) -> Draft:
    record = line.record
    open_legs = [leg for leg in record.legs if leg.units is None]
    if len(open_legs) > 1:
        open_legs[1].place.refuse("one posting may leave its amount out")
    postings = [posting for leg in record.legs if leg.units is not None for posting in _booked(line, leg, state)]
    left = imbalance(postings)
    if open_legs:
        if len(left) != 1:
            open_legs[0].place.refuse(f"what is left is in {len(left)} currencies; say the amount")
        commodity, off = next(iter(left.items()))
        place = sum(len(_booked(line, leg, state)) for leg in record.legs[: record.legs.index(open_legs[0])])
        postings.insert(place, Posting(open_legs[0].account, -off, commodity))
    meta: dict[str, Any] = {"tags": list(record.tags), "links": list(record.links)}
    meta = {name: value for name, value in meta.items() if value}
    if "fx" in record.meta:
        meta["fx"] = str(record.meta["fx"])
    symbols = {posting.commodity for posting in postings if accounts.held_part(posting.account)}
    if len(symbols) == 1:
        meta["symbol"] = next(iter(symbols))
    return Draft(
        line.portfolio, _kind(record, postings), record.date, meta, tuple(postings), external_id=external_id,
        narration=record.narration, source=SOURCE,
    )  # fmt: skip


def name_foreign(lines: Sequence[Line]) -> dict[int, str]:
    """Return an external id for each line that is not our own, by its place: what it says, and how often already."""
    seen: Counter[str] = Counter()
    found = {}
    for place, line in enumerate(lines):
        if not line.own:
            digest = _hash(line.record)
            seen[digest] += 1
            found[place] = f"{digest}:{seen[digest]}"
    return found


def _hash(record: Record) -> str:
    legs = [(leg.account, leg.units, leg.commodity, leg.cost, leg.price) for leg in record.legs]
    said = (record.kind, record.date, record.words, record.narration, record.tags, record.links, record.meta, legs)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def _kind(record: Record, postings: Sequence[Posting]) -> Any:
    """Return the kind a transaction says it is, or looks like."""
    if isinstance(record.meta.get("kind"), str):
        return record.meta["kind"]
    names = [posting.account for posting in postings]
    for start, kind in (
        ("Equity:Deposits:", "deposit"), ("Equity:Transfers:", "transfer"), ("Income:Dividends:", "dividend_accrued"),
    ):  # fmt: skip
        if any(name.startswith(start) for name in names):
            inward = sum((one.units for one in postings if one.account.startswith("Assets:")), ZERO) > 0
            names_of = {"deposit": ("withdrawal", "deposit"), "transfer": ("transfer_out", "transfer_in")}
            return names_of[kind][inward] if kind in names_of else kind
    if any(accounts.held_part(name) for name in names):
        return "trade"
    if any(name.startswith(("Income:Interest:", "Expenses:Interest:")) for name in names):
        return "interest"
    if any(name.startswith("Expenses:Financing:") for name in names):
        return "financing"
    if any(":Receivable:" in name for name in names):
        return "dividend_paid"
    return "conversion" if any(one.price is not None for one in postings) else "fee"


def _booked(line: Line, leg: Leg, state: State) -> list[Posting]:
    """Return the postings of one leg: a removal becomes one for each lot it takes."""
    assert leg.units is not None
    assert leg.commodity is not None
    price = _price(leg)
    if leg.cost is None:
        if accounts.held_part(leg.account):
            leg.place.refuse("an instrument is held at cost: say it in braces")
        return [Posting(leg.account, leg.units, leg.commodity, None, price)]
    shelf = state.shelf(leg.commodity)
    if shelf and (shelf.sign > 0) != (leg.units > 0):
        return _removed(line, leg, state, price)
    total = leg.cost.total
    if total is None and leg.cost.amount is not None:
        total = amount_of(WIDE.multiply(leg.cost.amount, abs(leg.units)), "cost")
    if total is None or leg.cost.commodity is None:
        leg.place.refuse("units that come in need their cost")
    acquired = leg.cost.acquired or line.record.date
    label = label_for(state, leg.commodity, acquired, _label(leg.cost))
    return [Posting(leg.account, leg.units, leg.commodity, Cost(total, leg.cost.commodity, acquired, label), price)]


def _label(cost: CostSpec) -> str:
    return "" if cost.label in (None, NO_LABEL) else str(cost.label)


def _removed(line: Line, leg: Leg, state: State, price: Price | None) -> list[Posting]:
    assert leg.units is not None
    assert leg.commodity is not None
    assert leg.cost is not None
    whole, cost = abs(leg.units), leg.cost
    each = cost.amount if cost.total is None else WIDE.divide(cost.total, whole)
    choice = Choice((), cost.acquired, each, _label(cost) or None)
    method = state.book.booking if state.book.booking != "average" else "fifo"
    taken = chosen(state.shelf(leg.commodity), whole, method, choice, line.record.date)
    if isinstance(taken, Refusal):
        raise Refused.because(taken)
    found = sum((part for _, part in taken), ZERO)
    if found < whole:
        raise not_enough(leg.commodity, whole, found)
    sign = 1 if leg.units > 0 else -1
    return [
        Posting(
            leg.account, part * sign, leg.commodity,
            Cost(after(lot, part)[1], lot.currency, lot.acquired, lot.label), _part_of(price, part, whole),
        )
        for lot, part in taken
    ]  # fmt: skip


def _part_of(price: Price | None, part: Decimal, whole: Decimal) -> Price | None:
    if price is None or price.total is None or part == whole:
        return price
    from mintmark.ledger.exactly import share

    return Price(price.commodity, total=share(price.total, part, whole))
