"""What a view tells of a portfolio: positions, flows and changes, read from its entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from mintmark.ledger import accounts
from mintmark.ledger.entries import FLOWS, Entry, Posting
from mintmark.ledger.exactly import WIDE, ZERO, amount_of, tidy
from mintmark.ledger.lots import Lot
from mintmark.ledger.state import State

What: TypeAlias = Literal["units", "cash", "receivable", "margin", "income", "expense", "equity"]


@dataclass(frozen=True, slots=True)
class Position:
    """Open units of one instrument with their lots, oldest first; negative units are short.

    ``cost`` is the total of the lots in ``currency``, ``cost_base`` the same at the rates of the lots, signed like
    the units.
    """

    symbol: str
    units: Decimal
    cost: Decimal
    currency: str
    cost_base: Decimal
    lots: tuple[Lot, ...]
    margin: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """What came in from outside (positive) or left (negative).

    Money: ``symbol`` is None and ``units`` its amount in ``currency``. In kind: ``units`` of ``symbol``, which had
    cost ``cost`` in ``currency``; its worth is for the caller to find.
    """

    date: date
    sequence: int
    entry_id: str
    kind: str
    units: Decimal
    currency: str
    symbol: str | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One posting of an entry that stands, as a change of what is held or of a result.

    ``commodity`` is the instrument for ``units``, else the currency; ``symbol`` the instrument a receivable, income
    or unit belongs to. ``worth``: what the units were exchanged for, signed like them, in ``currency``, where the
    posting has a price or a cost. ``kind`` is that of the entry.
    """

    date: date
    sequence: int
    entry_id: str
    kind: str
    what: What
    account: str
    commodity: str
    units: Decimal
    symbol: str | None = None
    worth: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Income:
    """A dividend paid: gross, tax and net in ``currency``, with the rate of the pay date."""

    date: date
    sequence: int
    entry_id: str
    symbol: str
    gross: Decimal
    tax: Decimal
    net: Decimal
    currency: str
    pay_fx: Decimal
    assumed_pay_date: bool

    @property
    def gross_base(self) -> Decimal:
        return tidy(WIDE.multiply(self.gross, self.pay_fx))

    @property
    def net_base(self) -> Decimal:
        return tidy(WIDE.multiply(self.net, self.pay_fx))


def positions_of(state: State) -> tuple[Position, ...]:
    """Return the open positions by symbol, spot before margin."""
    found = []
    for (symbol, margin), shelf in sorted(state.shelves.items()):
        lots = tuple(shelf)
        if not lots:
            continue
        sign = shelf.sign
        cost, base = ZERO, ZERO
        for lot in lots:
            cost = WIDE.add(cost, lot.cost)
            base = WIDE.add(base, WIDE.multiply(lot.cost, lot.fx or Decimal(1)))
        units = tidy(shelf.units)
        found.append(Position(symbol, units, tidy(cost * sign), lots[0].currency, tidy(base * sign), lots, margin))
    return tuple(found)


def cash_of(state: State) -> dict[str, Decimal]:
    """Return the cash by currency; what is zero is left out."""
    return _of(state, accounts.cash(state.book.code))


def margin_of(state: State) -> dict[str, Decimal]:
    """Return the balance on margin by currency: what was borrowed is negative."""
    return _of(state, accounts.margin(state.book.code))


def _of(state: State, account: str) -> dict[str, Decimal]:
    found = {commodity: units for (name, commodity), units in state.balances.items() if name == account and units}
    return {commodity: tidy(units) for commodity, units in sorted(found.items())}


def receivables_of(state: State) -> dict[tuple[str, str], Decimal]:
    """Return what is accrued and not yet paid by (symbol, currency)."""
    start = f"Assets:Portfolio:{state.book.code}:Receivable:"
    return {
        (state.symbols.get(account.removeprefix(start), account.removeprefix(start)), commodity): tidy(units)
        for (account, commodity), units in sorted(state.balances.items())
        if account.startswith(start) and units
    }


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that no other reverses, without the reversals themselves."""
    known = list(entries)
    gone = {entry.reverses for entry in known if entry.reverses}
    return [entry for entry in known if entry.kind != "reversal" and entry.id not in gone]


def flows_of(entries: Sequence[Entry], code: str) -> list[Flow]:
    """Return the external flows of ``entries`` by date, then sequence."""
    found = []
    for entry in standing(entries):
        if entry.kind not in FLOWS:
            continue
        for posting in entry.postings:
            if posting.account == accounts.cash(code):
                place = (entry.date, entry.sequence, entry.id, entry.kind)
                found.append(Flow(*place, posting.units, posting.commodity))
            elif accounts.held_part(posting.account) and posting.cost is not None:
                place = (entry.date, entry.sequence, entry.id, entry.kind)
                cost = posting.weight[0]
                found.append(Flow(*place, posting.units, posting.cost.commodity, posting.commodity, cost))
    return sorted(found, key=lambda flow: (flow.date, flow.sequence))


def changes_of(entries: Sequence[Entry], symbols: dict[str, str]) -> list[Change]:
    """Return the changes of ``entries`` by date, then sequence; ``symbols``: the instrument by its account part."""
    found = [_change(entry, posting, symbols) for entry in standing(entries) for posting in entry.postings]
    return sorted(found, key=lambda change: (change.date, change.sequence))


def _change(entry: Entry, posting: Posting, symbols: dict[str, str]) -> Change:
    what, symbol = _what(posting.account, symbols)
    worth, currency = None, None
    if posting.cost is not None or posting.price is not None:
        worth = posting.worth if posting.price is not None else posting.weight[0]
        currency = posting.price.commodity if posting.price is not None else posting.weight[1]
    return Change(
        entry.date, entry.sequence, entry.id, entry.kind, what, posting.account, posting.commodity, posting.units,
        symbol, worth, currency,
    )  # fmt: skip


def _what(account: str, symbols: dict[str, str]) -> tuple[What, str | None]:
    parts = account.split(":")
    if parts[0] == "Liabilities":
        return "margin", None
    if parts[0] == "Assets":
        if parts[3] == "Cash":
            return "cash", None
        part = parts[-1]
        return ("receivable" if parts[3] == "Receivable" else "units"), symbols.get(part, part)
    named = symbols.get(parts[3], parts[3]) if len(parts) > 3 else None
    kinds: dict[str, What] = {"Income": "income", "Expenses": "expense", "Equity": "equity"}
    return kinds[parts[0]], named


def income_of(entries: Sequence[Entry], base: str) -> list[Income]:
    """Return the dividends paid among ``entries`` by date, then sequence."""
    found = []
    for entry in standing(entries):
        if entry.kind != "dividend_paid":
            continue
        meta = entry.meta
        gross, tax = amount_of(meta["amount"], "amount"), amount_of(meta.get("tax", "0"), "tax")
        fx = Decimal(1) if meta["currency"] == base else amount_of(meta["pay_fx"], "pay_fx")
        found.append(
            Income(
                entry.date, entry.sequence, entry.id, meta["symbol"], gross, tax, tidy(WIDE.subtract(gross, tax)),
                meta["currency"], fx, "pay_lag_days" in meta,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.date, one.sequence))
