"""The append-only journal of every portfolio, and what it adds up to.

What is exported here is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.ledger.books import Book
    from mintmark.ledger.drafts import draft_from_json, drafts_from_json, strict_json
    from mintmark.ledger.entries import GENESIS, Cost, Draft, Entry, Posting, Price, plain
    from mintmark.ledger.holdings import Change, Flow, Income, Position
    from mintmark.ledger.instruments import Known
    from mintmark.ledger.lots import Lot, Method
    from mintmark.ledger.operations.checking import statement_from
    from mintmark.ledger.operations.room import Ledger
    from mintmark.ledger.operations.view import LedgerView
    from mintmark.ledger.realized import Realized
    from mintmark.ledger.reconciling import Statement
    from mintmark.ledger.state import State, fold
    from mintmark.ledger.terms import KINDS

_HOMES = {
    "GENESIS": "entries",
    "Book": "books",
    "KINDS": "terms",
    "Change": "holdings",
    "Cost": "entries",
    "Draft": "entries",
    "Entry": "entries",
    "Flow": "holdings",
    "Income": "holdings",
    "Known": "instruments",
    "Ledger": "operations.room",
    "LedgerView": "operations.view",
    "Lot": "lots",
    "Method": "lots",
    "Position": "holdings",
    "Posting": "entries",
    "Price": "entries",
    "Realized": "realized",
    "State": "state",
    "draft_from_json": "drafts",
    "drafts_from_json": "drafts",
    "fold": "state",
    "strict_json": "drafts",
    "plain": "entries",
    "statement_from": "operations.checking",
    "Statement": "reconciling",
}

__all__ = [
    "GENESIS",
    "KINDS",
    "Book",
    "Change",
    "Cost",
    "Draft",
    "Entry",
    "Flow",
    "Income",
    "Known",
    "Ledger",
    "LedgerView",
    "Lot",
    "Method",
    "Position",
    "Posting",
    "Price",
    "Realized",
    "State",
    "Statement",
    "draft_from_json",
    "drafts_from_json",
    "fold",
    "plain",
    "statement_from",
    "strict_json",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.ledger has no {name}")
    return getattr(import_module(f"mintmark.ledger.{_HOMES[name]}"), name)
