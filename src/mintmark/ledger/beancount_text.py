"""The journal as Beancount text: what it says of lots and money loads there, and comes back byte for byte.

``"-"`` stands for a lot without a label, since Beancount cannot ask for one. A removal names its lot by day and
label; what it cost here, rounded at 10 places, is its metadata ``cost_total``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from mintmark.domain import plain_decimal
from mintmark.ledger import accounts
from mintmark.ledger.books import Book
from mintmark.ledger.entries import Entry, Posting, stamp, written
from mintmark.ledger.exactly import WIDE, ZERO, widely

BOOKING = {"fifo": "FIFO", "lifo": "LIFO", "hifo": "HIFO", "specific": "STRICT", "average": "NONE"}
NO_LABEL = "-"
TOLERANCE = "0.000001"
Key = tuple[str, str, date, str]


@widely
def export(books: Sequence[Book], entries: Iterable[Entry]) -> str:
    """Return ``entries`` of ``books`` as one Beancount file."""
    known = {book.code: book for book in books}
    ordered = sorted(entries, key=lambda entry: (entry.date, entry.sequence))
    lines = ['option "title" "Mintmark ledger"', f'option "inferred_tolerance_default" "*:{TOLERANCE}"']
    lines += [f'option "operating_currency" "{base}"' for base in sorted({book.base_currency for book in books})]
    lines += ["", *_opened(known, ordered), ""]
    writer = _Writer(known)
    for entry in ordered:
        lines += [*writer.entry(entry), ""]
    if ordered:
        day = max(entry.date for entry in ordered) + timedelta(days=1)
        lines += writer.closing(day)
    return "\n".join(lines) + "\n"


def _opened(books: dict[str, Book], entries: Sequence[Entry]) -> Iterator[str]:
    first: dict[str, date] = {}
    held: dict[str, str] = {}
    commodities: dict[str, date] = {}
    for entry in entries:
        for posting in entry.postings:
            first.setdefault(posting.account, entry.date)
            commodities.setdefault(posting.commodity, entry.date)
            if accounts.held_part(posting.account):
                held[posting.account] = posting.commodity
        if entry.kind == "balance":
            first.setdefault(entry.meta["account"], entry.date)
            commodities.setdefault(entry.meta["commodity"], entry.date)
    for code in sorted(books):
        cash = accounts.cash(code)
        yield f"{first.pop(cash, date(1970, 1, 1))} open {cash}"
        yield f'  base_currency: "{books[code].base_currency}"'
        yield f'  booking: "{books[code].booking}"'
        yield f"  allow_shorts: {str(books[code].allow_shorts).upper()}"
    for account, day in sorted(first.items()):
        code = accounts.portfolio_of(account) or ""
        method = f' {held[account]} "{BOOKING[books[code].booking]}"' if account in held else ""
        yield f"{day} open {account}{method}"
    for commodity, day in sorted(commodities.items()):
        yield f"{day} commodity {commodity}"


class _Writer:
    """Writes entries in the order Beancount books them, and knows which lots are open then."""

    def __init__(self, books: dict[str, Book]) -> None:
        self._books = books
        self._lots: dict[Key, Decimal] = {}
        self._balances: dict[tuple[str, str], Decimal] = {}

    def entry(self, entry: Entry) -> Iterator[str]:
        if entry.kind == "balance":
            meta = entry.meta
            yield f"{entry.date} balance {meta['account']} {meta['amount']} {meta['commodity']}"
        else:
            yield f"{entry.date} * {_text(entry.narration)}"
        yield from self._content(entry)
        for posting in entry.postings:
            yield from self._posting(entry, posting)
            place = (posting.account, posting.commodity)
            self._balances[place] = WIDE.add(self._balances.get(place, ZERO), posting.units)

    @staticmethod
    def _content(entry: Entry) -> Iterator[str]:
        yield f"  sequence: {entry.sequence}"
        texts = {
            "id": entry.id,
            "portfolio": entry.portfolio,
            "kind": entry.kind,
            "happened_at": stamp(entry.happened_at),
            "known_at": stamp(entry.known_at),
            "source": entry.source,
            "external_id": entry.external_id,
            "reverses": entry.reverses,
            "meta": written(dict(entry.meta)) if entry.meta else None,
            "narration": entry.narration if entry.kind == "balance" else None,
        }
        for name, value in texts.items():
            if value:
                yield f"  {name}: {_text(value)}"

    def _posting(self, entry: Entry, posting: Posting) -> Iterator[str]:
        units = f"{plain_decimal(posting.units)} {posting.commodity}"
        cost, removed = "", False
        if posting.cost is not None:
            cost, removed = self._cost(entry, posting)
        yield f"  {posting.account}  {units}{cost}{_price(posting)}"
        if removed:
            assert posting.cost is not None
            yield f"    cost_total: {plain_decimal(posting.cost.total)} {posting.cost.commodity}"

    def _cost(self, entry: Entry, posting: Posting) -> tuple[str, bool]:
        """Return the cost as text, and whether it names a lot instead of making one."""
        found = posting.cost
        assert found is not None
        key = (posting.account, posting.commodity, found.acquired, found.label)
        before = self._lots.get(key, ZERO)
        self._lots[key] = WIDE.add(before, posting.units)
        label = _text(found.label or NO_LABEL)
        lot = f"{found.acquired}, {label}"
        pooled = self._books[entry.portfolio].booking == "average"
        if before and (before > 0) != (posting.units > 0) and not pooled:
            return f" {{{lot}}}", True
        return f" {{{{{plain_decimal(found.total)} {found.commodity}, {lot}}}}}", False

    def closing(self, day: date) -> Iterator[str]:
        """Give the balances after everything, as assertions of the day after."""
        for (account, commodity), units in sorted(self._balances.items()):
            yield f"{day} balance {account} {plain_decimal(units)} {commodity}"
            yield "  closing: TRUE"


def _price(posting: Posting) -> str:
    price = posting.price
    if price is None:
        return ""
    if price.total is not None:
        return f" @@ {plain_decimal(price.total)} {price.commodity}"
    assert price.amount is not None
    return f" @ {plain_decimal(price.amount)} {price.commodity}"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
