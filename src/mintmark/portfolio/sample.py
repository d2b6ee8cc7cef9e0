"""A portfolio to look at: shares of the sample bought and sold in whole units at its real closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from mintmark.ledger import Draft

CODE = "SAMPLE"
NAME = "Sample portfolio"
SOURCE = "sample:portfolio"
FEE = Decimal(5)
DEPOSITS = ((date(2004, 1, 2), Decimal(100_000)), (date(2007, 1, 3), Decimal(20_000)))
# Day, money for each purchase, and how many of the shares it buys, from the first on.
PURCHASES = ((date(2004, 1, 2), Decimal(12_000), 8), (date(2007, 1, 3), Decimal(5_000), 4))
SALES = ((date(2008, 1, 2), 2),)
"""Half of what is held of the first so many shares is sold."""

CloseOn = Callable[[str, date], Decimal]


def sample_drafts(symbols: Sequence[str], close_on: CloseOn) -> list[Draft]:
    """Return the entries of the sample portfolio, oldest first; the same closes give the same entries.

    Each trade is at the close of its day. Nobody traded so: what the entries are worth is real, the choice is ours.
    """
    held = dict.fromkeys(symbols, Decimal(0))
    drafts = [_entry("deposit", day, f"deposit {day}", amount=str(amount)) for day, amount in DEPOSITS]
    for day, money, count in PURCHASES:
        for symbol in symbols[:count]:
            price = close_on(symbol, day)
            units = ((money - FEE) / price).to_integral_value(ROUND_FLOOR)
            held[symbol] += units
            drafts.append(_trade(day, symbol, units, price))
    for day, count in SALES:
        for symbol in symbols[:count]:
            units = (held[symbol] / 2).to_integral_value(ROUND_FLOOR)
            drafts.append(_trade(day, symbol, -units, close_on(symbol, day)))
    return sorted(drafts, key=lambda draft: draft.date)


def sample_days() -> Iterator[date]:
    """Give each day the sample portfolio trades on."""
    yield from (day for day, *_ in (*PURCHASES, *SALES))


def _trade(day: date, symbol: str, units: Decimal, price: Decimal) -> Draft:
    return _entry(
        "trade", day, f"trade {day} {symbol}", symbol=symbol, units=str(units), price=str(price), fee=str(FEE)
    )


def _entry(kind: str, day: date, external_id: str, **meta: str) -> Draft:
    given = {"currency": "USD", **meta}
    return Draft(CODE, kind, day, given, external_id=external_id, narration="Sample", source=SOURCE)  # type: ignore[arg-type]
