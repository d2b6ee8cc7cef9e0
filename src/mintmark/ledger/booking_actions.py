"""Splits, spin-offs, mergers and returns of capital: lots are restated, their cost and dates kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from mintmark.domain import Refused
from mintmark.ledger import accounts
from mintmark.ledger.booking import Booker, positive, rate_of
from mintmark.ledger.booking_trades import label_for, method_of
from mintmark.ledger.entries import Cost, Draft, Posting, Price
from mintmark.ledger.exactly import ZERO, amount_of, share, wrong
from mintmark.ledger.lots import Lot, Shelf, chosen, not_enough
from mintmark.ledger.state import State
from mintmark.ledger.terms import number


@dataclass(frozen=True, slots=True)
class Restated:
    """A lot as it was, with the units (positive) and cost it has now, and what was paid out of it."""

    lot: Lot
    units: Decimal
    cost: Decimal
    sold_cost: Decimal = ZERO
    proceeds: Decimal | None = None


def _lots(state: State, symbol: str, meta: Mapping[str, Any], day: date) -> list[Lot]:
    lots = [lot for lot in state.shelf(symbol, bool(meta.get("margin"))) if lot.opened <= day]
    if not lots:
        raise not_enough(symbol, Decimal(1), ZERO)
    return lots


def _scaled(lots: list[Lot], ratio: Mapping[str, int]) -> list[Decimal]:
    """Return the units of each lot at ``ratio``, 10 places; what rounding leaves goes to the largest lot."""
    new, old = Decimal(ratio["new"]), Decimal(ratio["old"])
    units = [share(abs(lot.units), new, old) for lot in lots]
    whole = share(sum((abs(lot.units) for lot in lots), ZERO), new, old)
    largest = max(range(len(lots)), key=lambda place: units[place])
    units[largest] += whole - sum(units, ZERO)
    return units


def _split(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    lots = _lots(state, meta["symbol"], meta, draft.date)
    found = [Restated(lot, units, lot.cost) for lot, units in zip(lots, _scaled(lots, meta["ratio"]), strict=True)]
    if "cash_in_lieu" not in meta:
        return [posting for one in found for posting in _pair(draft.portfolio, one)]
    return _with_cash(state, draft, meta, found, meta["symbol"])


def _pair(code: str, one: Restated) -> list[Posting]:
    """Return the posting that takes the lot away, then the one that brings back what is left of it."""
    lot, account = one.lot, accounts.held(code, one.lot.symbol)
    sign = 1 if lot.units > 0 else -1
    price = None if one.proceeds is None else Price(lot.currency, total=one.proceeds)
    gone = Cost(lot.cost, lot.currency, lot.acquired, lot.label)
    came = Cost(one.cost, lot.currency, lot.acquired, lot.label)
    return [
        Posting(account, -lot.units, lot.symbol, gone, price),
        Posting(account, one.units * sign, lot.symbol, came),
    ]


def _with_cash(
    state: State, draft: Draft, meta: Mapping[str, Any], found: list[Restated], symbol: str
) -> list[Posting]:
    """Sell the fraction of a share that is left, at ``cash_in_lieu`` a whole share."""
    whole = sum((one.units for one in found), ZERO)
    fraction = whole - whole.to_integral_value(ROUND_DOWN)
    price, code = number(meta, "cash_in_lieu"), draft.portfolio
    currency = meta.get("currency", found[0].lot.currency)
    if fraction:
        rate_of(state, meta, currency, draft.date)
        found = _less(state, meta, found, fraction, price)
    gain = sum((_sign(one) * (one.proceeds - one.sold_cost) for one in found if one.proceeds is not None), ZERO)
    cash = sum((_sign(one) * one.proceeds for one in found if one.proceeds is not None), ZERO)
    return [
        *(posting for one in found for posting in _pair(code, one)),
        Posting(accounts.cash(code), cash, currency),
        Posting(accounts.gains(code, symbol), -gain, currency),
    ]


def _less(
    state: State, meta: Mapping[str, Any], found: list[Restated], fraction: Decimal, price: Decimal
) -> list[Restated]:
    """Return the lots without ``fraction`` of their units, taken as the method of the split says."""
    scaled = {one.lot.key: one.lot._replace(units=one.units if one.lot.units > 0 else -one.units) for one in found}
    method = method_of(state, meta)
    taken = chosen(Shelf(scaled.values()), fraction, "fifo" if method in ("average", "specific") else method)
    assert isinstance(taken, list)
    parts = {lot.key: part for lot, part in taken}
    left = []
    for one in found:
        part = parts.get(one.lot.key)
        if part is None:
            left.append(one)
            continue
        cost = one.cost if part == one.units else share(one.cost, part, one.units)
        worth = amount_of(part * price, "meta.cash_in_lieu")
        left.append(Restated(one.lot, one.units - part, one.cost - cost, cost, worth))
    return left


def _sign(one: Restated) -> int:
    return 1 if one.lot.units > 0 else -1


def _spin_off(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, fraction, into = draft.portfolio, number(meta, "fraction"), _other(meta)
    lots = _lots(state, meta["symbol"], meta, draft.date)
    postings: list[Posting] = []
    labels: dict[date, set[str]] = {}
    for lot, units in zip(lots, _scaled(lots, meta["ratio"]), strict=True):
        moved = share(lot.cost, fraction, Decimal(1))
        postings += _pair(code, Restated(lot, abs(lot.units), lot.cost - moved))
        if units:
            postings.append(_heir(state, code, into, lot, units, moved, labels))
    return postings


def _other(meta: Mapping[str, Any]) -> str:
    into: str = meta["into"]
    if into == meta["symbol"]:
        raise wrong("meta.into", f"another instrument than {into}", into)
    return into


def _heir(
    state: State, code: str, symbol: str, lot: Lot, units: Decimal, cost: Decimal, labels: dict[date, set[str]]
) -> Posting:
    """Return the posting of a lot of ``symbol`` with the date of ``lot``."""
    taken = labels.setdefault(lot.acquired, set())
    label = label_for(state, symbol, lot.acquired, lot.label, taken)
    taken.add(label)
    sign = 1 if lot.units > 0 else -1
    return Posting(accounts.held(code, symbol), units * sign, symbol, Cost(cost, lot.currency, lot.acquired, label))


def _merger(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, symbol, into = draft.portfolio, meta["symbol"], _other(meta)
    fraction, cash = number(meta, "cash_fraction", "0"), number(meta, "cash", "0")
    if bool(cash) != bool(fraction):
        raise wrong("meta.cash_fraction", "the fraction of the cost that the cash is for", meta.get("cash_fraction"))
    lots = _lots(state, symbol, meta, draft.date)
    currency = meta.get("currency", lots[0].currency)
    if cash:
        rate_of(state, meta, currency, draft.date)
    postings: list[Posting] = []
    labels: dict[date, set[str]] = {}
    whole, left, gain = sum((abs(lot.units) for lot in lots), ZERO), cash, ZERO
    for lot, units in zip(lots, _scaled(lots, meta["ratio"]), strict=True):
        paid = left if lot is lots[-1] else share(cash, abs(lot.units), whole)
        left -= paid
        sold = share(lot.cost, fraction, Decimal(1))
        postings += _gone(code, lot, paid if cash else None)
        if fraction < 1 and units:
            postings.append(_heir(state, code, into, lot, units, lot.cost - sold, labels))
        gain += (paid - sold) * (1 if lot.units > 0 else -1)
    sign = 1 if lots[0].units > 0 else -1
    return [
        *postings,
        Posting(accounts.cash(code), cash * sign, currency),
        Posting(accounts.gains(code, symbol), -gain, currency),
    ]


def _gone(code: str, lot: Lot, paid: Decimal | None) -> list[Posting]:
    price = None if paid is None else Price(lot.currency, total=paid)
    cost = Cost(lot.cost, lot.currency, lot.acquired, lot.label)
    return [Posting(accounts.held(code, lot.symbol), -lot.units, lot.symbol, cost, price)]


def _return_of_capital(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    """Lower the cost of each lot by its share of the amount; what is over the cost is gain."""
    code, symbol, currency = draft.portfolio, meta["symbol"], meta["currency"]
    amount = positive(meta)
    rate_of(state, meta, currency, draft.date)
    lots = _lots(state, symbol, meta, draft.date)
    if lots[0].units < 0 or any(lot.currency != currency for lot in lots):
        message = f"the lots of {symbol} are short or not in {currency}"
        raise Refused(message, code="currency_mismatch", symbol=symbol, expected=lots[0].currency, found=currency)
    whole, left, gain = sum((lot.units for lot in lots), ZERO), amount, ZERO
    postings: list[Posting] = []
    for lot in lots:
        paid = left if lot is lots[-1] else share(amount, lot.units, whole)
        left -= paid
        lowered = min(paid, lot.cost)
        gain += paid - lowered
        postings += _pair(code, Restated(lot, lot.units, lot.cost - lowered, lowered, paid))
    return [
        *postings,
        Posting(accounts.cash(code), amount, currency),
        Posting(accounts.gains(code, symbol), -gain, currency),
    ]


ACTION_BOOKERS: Mapping[str, Booker] = {
    "split": _split,
    "spin_off": _spin_off,
    "merger": _merger,
    "return_of_capital": _return_of_capital,
}
