"""What the ledger is told about instruments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mintmark.domain import COINS, CURRENCIES, Refused
from mintmark.ledger.accounts import held_part
from mintmark.ledger.entries import Draft
from mintmark.ledger.exactly import wrong


@dataclass(frozen=True, slots=True)
class Known:
    """A known instrument; ``adjusted``: its prices carry splits and dividends already."""

    symbol: str
    adjusted: bool = False


# What is known of a symbol: None says nobody knows it.
Instruments: TypeAlias = Callable[[str], Known | None]


def no_instruments(symbol: str) -> Known | None:
    """Take every symbol: nobody has said what there is."""
    return Known(symbol)


def checked_instruments(instruments: Instruments, draft: Draft) -> None:
    """Check that the instruments of ``draft`` are known and take what it does.

    Raises:
        Refused: ``invalid_request`` for an unknown one, ``actions_embedded`` for a dividend or split of one whose
            prices are adjusted.
    """
    meta = draft.meta
    named = {name: meta[name] for name in ("symbol", "into", "paid_with") if name in meta}
    for posting in draft.postings:
        if held_part(posting.account):
            named[f"postings.{posting.commodity}"] = posting.commodity
    for field, symbol in named.items():
        found = _known(instruments, symbol)
        if found is None:
            raise wrong(field, "an instrument with an imported series, or a known coin or currency", symbol)
        if found.adjusted and draft.kind in ("split", "dividend_accrued", "dividend_paid"):
            raise Refused(
                f"the prices of {symbol} carry splits and dividends already; it takes no {draft.kind}",
                code="actions_embedded",
                symbol=symbol,
            )


def _known(instruments: Instruments, symbol: str) -> Known | None:
    found = instruments(symbol)
    return Known(symbol) if found is None and (symbol in COINS or symbol in CURRENCIES) else found
