"""Hold what is kept, and what a broker says, against the fold of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from mintmark.ledger.entries import Entry
from mintmark.ledger.exactly import WIDE, ZERO, amount_of, tidy
from mintmark.ledger.holdings import cash_of, margin_of, positions_of, receivables_of, standing
from mintmark.ledger.state import State

CASH_NEAR = Decimal("0.01")
NAV_BPS = Decimal("1.0")
_BPS = Decimal(10_000)


@dataclass(frozen=True)
class Failure:
    """One thing that does not agree: its code, where, and both sides."""

    code: str
    portfolio: str | None
    message: str
    observed: str | None = None
    limit: str | None = None
    symbol: str | None = None


@dataclass(frozen=True)
class Statement:
    """What a broker says is there at the end of a day; ``nav`` in the base currency."""

    as_of: date
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    cash: Mapping[str, Decimal] = field(default_factory=dict)
    nav: Decimal | None = None


class Close(Protocol):
    """A price as a valuation gives it."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...


class Valuation(Protocol):
    """What the reconciliation asks of a pack."""

    def close(self, symbol: str) -> Any: ...
    def convert(self, amount: Decimal, source: str, target: str) -> Any: ...


def compare_projections(
    state: State, lots: Iterable[Mapping[str, Any]], balances: Iterable[Mapping[str, Any]]
) -> list[Failure]:
    """Return where the stored lots and balances are not those of ``state``: units, cost and cash exactly."""
    code = state.book.code
    return [*_lots_off(state, code, lots), *_balances_off(state, code, balances)]


def _lots_off(state: State, code: str, lots: Iterable[Mapping[str, Any]]) -> list[Failure]:
    stored = {(row["symbol"], row["acquired"], row["label"]): row for row in lots}
    found = []
    for key in sorted(set(stored) | set(state.lots)):
        lot, row = state.lots.get(key), stored.get(key)
        if lot is None or row is None:
            message = f"the lot {key[0]} of {key[1]} is {'not in the journal' if lot is None else 'not kept'}"
            found.append(Failure("missing_position", code, message, symbol=key[0]))
            continue
        for name, kind in (("units", "quantity_mismatch"), ("cost", "cost_mismatch")):
            if row[name] != getattr(lot, name):
                message = f"{lot.id}: {name} kept are not those of the journal"
                found.append(Failure(kind, code, message, str(row[name]), str(getattr(lot, name)), key[0]))
    return found


def _balances_off(state: State, code: str, balances: Iterable[Mapping[str, Any]]) -> list[Failure]:
    stored = {(row["account"], row["commodity"]): row["units"] for row in balances}
    found = []
    for place in sorted(set(stored) | set(state.balances)):
        kept, folded = stored.get(place, ZERO), state.balances.get(place, ZERO)
        if kept != folded:
            message = f"{place[0]} keeps another {place[1]} than the journal gives"
            found.append(Failure("cash_mismatch", code, message, str(kept), str(folded)))
    return found


def broken_assertions(code: str, state: State, entries: Iterable[Entry]) -> list[Failure]:
    """Return the balance assertions that hold no longer at the start of their day."""
    found = []
    for entry in standing(entries):
        if entry.kind != "balance":
            continue
        meta, account = entry.meta, entry.meta["account"]
        expected = amount_of(meta["amount"], "amount")
        held = state.balance(account, meta["commodity"], entry.date)
        if held != expected:
            message = (
                f"{account} holds another {meta['commodity']} at the start of {entry.date} than entry {entry.id} says"
            )
            found.append(Failure("assertion_broken", code, message, str(tidy(held)), str(expected)))
    return found


def compare_statement(state: State, statement: Statement, valuation: Valuation | None) -> list[Failure]:
    """Return where ``statement`` differs: units exactly, cash within 0.01, NAV within 1.0 bp at the same pack."""
    code = state.book.code
    held: dict[str, Decimal] = {}
    for position in positions_of(state):
        held[position.symbol] = WIDE.add(held.get(position.symbol, ZERO), position.units)
    found = []
    for symbol in sorted({*held, *statement.positions}):
        ours, theirs = held.get(symbol, ZERO), statement.positions.get(symbol, ZERO)
        if ours != theirs:
            kind = "missing_position" if not ours or not theirs else "quantity_mismatch"
            found.append(Failure(kind, code, f"{symbol}: the broker holds {theirs}", str(ours), str(theirs), symbol))
    cash = cash_of(state)
    for currency in sorted({*cash, *statement.cash}):
        ours, theirs = cash.get(currency, ZERO), statement.cash.get(currency, ZERO)
        if abs(WIDE.subtract(ours, theirs)) > CASH_NEAR:
            found.append(Failure("cash_mismatch", code, f"{currency}: the broker has {theirs}", str(ours), str(theirs)))
    if statement.nav is not None and valuation is not None:
        found += _nav_off(code, net_value(state, valuation), statement.nav)
    return found


def _nav_off(code: str, ours: Decimal, theirs: Decimal) -> list[Failure]:
    off = nav_error_bps(ours, theirs)
    if off is not None and off <= NAV_BPS:
        return []
    message = f"the broker's NAV is {theirs}, the ledger's {ours}"
    return [Failure("valuation_mismatch", code, message, None if off is None else str(off), str(NAV_BPS))]


def statement_error_bps(state: State, statement: Statement, valuation: Valuation | None) -> Decimal | None:
    """Return how far the NAV of ``statement`` is from the ledger's, in bp; None where either is not told."""
    if statement.nav is None or valuation is None:
        return None
    return nav_error_bps(net_value(state, valuation), statement.nav)


def nav_error_bps(ours: Decimal, theirs: Decimal) -> Decimal | None:
    """Return how far ``theirs`` is from ``ours`` in bp; a ledger NAV of 0 agrees only with 0, else None.

    >>> nav_error_bps(Decimal(100_000), Decimal(100_010))
    Decimal('1')
    """
    if not ours:
        return ZERO if not theirs else None
    return tidy(WIDE.divide(WIDE.multiply(abs(WIDE.subtract(ours, theirs)), _BPS), abs(ours)))


def net_value(state: State, valuation: Valuation) -> Decimal:
    """Return positions at the pack's closes, cash, receivables and margin in the base currency."""
    base, total = state.book.base_currency, ZERO
    for position in positions_of(state):
        close = valuation.close(position.symbol)
        worth = WIDE.multiply(position.units, close.amount)
        total = WIDE.add(total, valuation.convert(worth, close.currency, base))
    money = [*cash_of(state).items(), *margin_of(state).items()]
    money += [(currency, amount) for (_, currency), amount in receivables_of(state).items()]
    for currency, amount in money:
        total = WIDE.add(total, valuation.convert(amount, currency, base))
    return tidy(total)
