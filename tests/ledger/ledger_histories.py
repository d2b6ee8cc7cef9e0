"""Random histories of one portfolio, by hypothesis: every draft is booked or refused, none is wrong."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from ledger_house import event, trade

from mintmark.domain import Refused
from mintmark.ledger import Draft, Ledger

FIRST = date(2024, 1, 2)
SYMBOLS = ("ACME", "BRK.B")
_units = st.decimals("0.001", "500", places=3).map(str)
_prices = st.decimals("0.01", "999", places=2).map(str)
_rates = st.decimals("0.5", "2", places=4).map(str)


def _day(step: int) -> str:
    return (FIRST + timedelta(days=step)).isoformat()


@st.composite
def drafts(draw: st.DrawFn, code: str = "GROWTH", most: int = 25) -> list[Draft]:
    """Return what happens to ``code``, a day or none between one thing and the next."""
    found, step = [], 0
    for place in range(draw(st.integers(1, most))):
        step += draw(st.integers(0, 2))
        found.append(_one(draw, code, _day(step), f"row {place}"))
    return found


def _one(draw: st.DrawFn, code: str, day: str, id_: str) -> Draft:
    kind = draw(st.sampled_from(["buy", "buy", "sell", "sell", "split", "cash", "spin_off", "dividend", "returned"]))
    symbol = draw(st.sampled_from(SYMBOLS))
    more: dict[str, Any] = {"id_": id_}
    if kind in ("buy", "sell"):
        units = draw(_units) if kind == "buy" else f"-{draw(_units)}"
        return trade(code, day, symbol, units, draw(_prices), fx=draw(_rates), fee=draw(st.sampled_from(["0", "1.5"])),
                     **more)  # fmt: skip
    if kind == "split":
        ratio = {"new": draw(st.integers(1, 7)), "old": draw(st.integers(1, 3))}
        return event(code, "split", day, symbol=symbol, ratio=ratio, **more)
    if kind == "spin_off":
        return event(code, "spin_off", day, symbol=symbol, into="CHILD", ratio="1/3", fraction="0.17", **more)
    if kind == "dividend":
        terms = {"symbol": symbol, "currency": "USD", "amount": draw(_prices), "pay_date": day}
        return event(code, "dividend_accrued", day, **terms, **more)
    if kind == "returned":
        return event(code, "return_of_capital", day, symbol=symbol, amount=draw(_prices), currency="USD",
                     fx=draw(_rates), **more)  # fmt: skip
    return event(code, draw(st.sampled_from(["deposit", "withdrawal", "fee"])), day, amount=draw(_prices),
                 currency=draw(st.sampled_from(["USD", "EUR"])), **more)  # fmt: skip


def play(ledger: Ledger, found: list[Draft]) -> int:
    """Post ``found`` one by one, leaving out what is refused; return how many were kept."""
    kept = 0
    with ledger.database.write() as connection:
        for draft in found:
            try:
                ledger.post([draft], connection=connection)
                kept += 1
            except Refused:
                continue
    return kept
