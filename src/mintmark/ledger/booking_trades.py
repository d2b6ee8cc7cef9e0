"""Trades and transfers: which lots open, which close, and what moves against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mintmark.domain import Refusal, Refused
from mintmark.ledger import accounts
from mintmark.ledger.booking import Booker, positive, rate_of
from mintmark.ledger.entries import Cost, Draft, Posting, Price
from mintmark.ledger.exactly import WIDE, ZERO, amount_of, share, wrong
from mintmark.ledger.lots import Lot, Method, after, choice_from, chosen, not_enough
from mintmark.ledger.state import State, fx_missing
from mintmark.ledger.terms import number

_NEAR = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Removal:
    """Part of a lot that goes, and what it cost."""

    lot: Lot
    part: Decimal
    cost: Decimal


def method_of(state: State, meta: Mapping[str, Any]) -> Method:
    """Return the method of this removal: its own, else that of the book."""
    method: Method = meta.get("method", state.book.booking)
    return method


def removals(
    state: State, symbol: str, units: Decimal, meta: Mapping[str, Any], day: date
) -> tuple[list[Removal], list[Posting]]:
    """Return what of which lots ``units`` (positive) take, and first the postings that pool the lots.

    Under ``average`` every lot is restated at the cost of the pool before the oldest are taken.

    Raises:
        Refused: ``lot_ambiguous``.
    """
    method, choice = method_of(state, meta), choice_from(meta)
    shelf = state.shelf(symbol, bool(meta.get("margin")))
    taken = chosen(shelf, units, method, choice, day)
    if isinstance(taken, Refusal):
        raise Refused.because(taken)
    if method == "average" and taken:
        return _pooled(state, [lot for lot in shelf if lot.opened <= day and choice.takes(lot)], taken)
    return [Removal(lot, part, after(lot, part)[1]) for lot, part in taken], []


def _pooled(state: State, lots: list[Lot], taken: list[tuple[Lot, Decimal]]) -> tuple[list[Removal], list[Posting]]:
    """Return the removals at the cost of the pool, and the postings that restate what stays."""
    total = sum((lot.cost for lot in lots), ZERO)
    whole = sum((abs(lot.units) for lot in lots), ZERO)
    gone = sum((part for _, part in taken), ZERO)
    rest_cost, rest_units = WIDE.subtract(total, share(total, gone, whole)), WIDE.subtract(whole, gone)
    parts = {lot.key: part for lot, part in taken}
    postings, removed = [], []
    for lot in lots:
        part = parts.get(lot.key, ZERO)
        stays = abs(lot.units) - part
        if not stays:
            removed.append(Removal(lot, part, lot.cost))
            continue
        cost = rest_cost if stays == rest_units else share(rest_cost, stays, rest_units)
        rest_cost, rest_units = rest_cost - cost, rest_units - stays
        if part:
            removed.append(Removal(lot, part, lot.cost - cost))
        postings += [(lot, part, cost, stays)]
    return removed, [one for row in postings for one in _restated(state.book.code, *row)]


def _restated(code: str, lot: Lot, part: Decimal, cost: Decimal, stays: Decimal) -> list[Posting]:
    if not part and cost == lot.cost:
        return []
    sign = 1 if lot.units > 0 else -1
    account = accounts.held(code, lot.symbol)
    return [
        Posting(account, -lot.units, lot.symbol, Cost(lot.cost, lot.currency, lot.acquired, lot.label)),
        Posting(account, stays * sign, lot.symbol, Cost(cost, lot.currency, lot.acquired, lot.label)),
    ]


def closing(
    state: State, removed: list[Removal], pooling: list[Posting], worth: Decimal, currency: str
) -> list[Posting]:
    """Return the postings that close ``removed`` for ``worth`` in all; their prices add up to it exactly."""
    whole, left = sum((one.part for one in removed), ZERO), worth
    postings: list[Posting] = []
    for one in removed:
        lot = one.lot
        if lot.currency != currency:
            raise Refused(
                f"the lot {lot.id} was bought in {lot.currency}, what it is given for is in {currency}",
                code="currency_mismatch", lot=lot.id, expected=lot.currency, found=currency,
            )  # fmt: skip
        price = left if one is removed[-1] else share(worth, one.part, whole)
        left -= price
        sold = Price(currency, total=price)
        pair = [place for place, posting in enumerate(pooling) if _is_first_of(posting, lot)]
        if pair:
            first = pooling[pair[0]]
            pooling[pair[0]] = Posting(first.account, first.units, first.commodity, first.cost, sold)
            continue
        units = one.part if lot.units < 0 else -one.part
        cost = Cost(one.cost, lot.currency, lot.acquired, lot.label)
        postings.append(Posting(accounts.held(state.book.code, lot.symbol), units, lot.symbol, cost, sold))
    return [*postings, *pooling]


def _is_first_of(posting: Posting, lot: Lot) -> bool:
    cost = posting.cost
    return cost is not None and posting.units == -lot.units and (cost.acquired, cost.label) == (lot.acquired, lot.label)


def label_for(state: State, symbol: str, acquired: date, wanted: str = "", taken: set[str] | None = None) -> str:
    """Return the label of a new lot: ``wanted``, with a number where a lot of that day has it."""
    used = state.labels.get((symbol, acquired), set()) | (taken or set())
    if wanted not in used:
        return wanted
    if wanted:
        return next(name for name in (f"{wanted}#{n}" for n in range(2, len(used) + 3)) if name not in used)
    return next(name for name in (str(n) for n in range(2, len(used) + 3)) if name not in used)


def opening(state: State, draft: Draft, meta: Mapping[str, Any], units: Decimal, worth: Decimal) -> Posting:
    """Return the posting of a new lot of ``units`` (signed) for ``worth`` in all."""
    symbol, currency = meta["symbol"], meta["currency"]
    label = label_for(state, symbol, draft.date, meta.get("label", ""))
    price = Price(currency, amount=number(meta, "price")) if "price" in meta else None
    return Posting(
        accounts.held(draft.portfolio, symbol), units, symbol, Cost(worth, currency, draft.date, label), price
    )


def _trade(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    if "paid_with" in meta:
        return _swap(state, draft, meta)
    if "currency" not in meta:
        raise wrong("meta.currency", "the currency of the trade", None)
    currency, units = meta["currency"], number(meta, "units")
    gross, fee = gross_of(meta, abs(units)), number(meta, "fee", "0")
    if "suspense" in meta:
        return _suspended(draft, currency, gross if units < 0 else -gross, fee)
    rate_of(state, meta, currency, draft.date)
    legs = _sides(state, draft, meta, units, gross)
    moved = sum((posting.weight[0] for posting in legs), ZERO)
    worth = gross if units < 0 else -gross
    gain, code = moved + worth, draft.portfolio
    borrowed = moved if meta.get("margin") else ZERO
    return [
        *legs,
        Posting(accounts.margin(code), -borrowed, currency),
        Posting(accounts.cash(code), gain + borrowed - moved - fee, currency),
        Posting(accounts.expense(code, "Fees"), fee, currency),
        Posting(accounts.gains(code, meta["symbol"]), -gain, currency),
    ]


def gross_of(meta: Mapping[str, Any], units: Decimal) -> Decimal:
    """Return what ``units`` (positive) trade for in all, from ``amount`` or ``price``.

    Raises:
        Refused: ``invalid_request`` where neither is there or both disagree, ``too_precise``.
    """
    if "amount" not in meta and "price" not in meta:
        raise wrong("meta.price", "a price, or the amount of all units", None)
    if "amount" not in meta:
        return amount_of(WIDE.multiply(units, number(meta, "price")), "price x units")
    gross = number(meta, "amount")
    if gross < 0:
        raise wrong("meta.amount", "zero or an amount above it", meta["amount"])
    if "price" in meta and abs(WIDE.multiply(units, number(meta, "price")) - gross) > _NEAR:
        raise wrong("meta.amount", f"units x price, {WIDE.multiply(units, number(meta, 'price'))}", meta["amount"])
    return gross


def _sides(state: State, draft: Draft, meta: Mapping[str, Any], units: Decimal, gross: Decimal) -> list[Posting]:
    """Return the postings that close lots of the other side, then the one that opens a lot with the rest."""
    symbol, margin = meta["symbol"], bool(meta.get("margin"))
    shelf, whole = state.shelf(symbol, margin), abs(units)
    against = shelf.sign == (-1 if units > 0 else 1)
    removed, pooling = removals(state, symbol, whole, meta, draft.date) if against else ([], [])
    part = sum((one.part for one in removed), ZERO)
    rest = whole - part
    if rest and units < 0 and not margin and not state.book.allow_shorts:
        raise not_enough(symbol, whole, part)
    if rest and (removed or against) and choice_from(meta):
        raise not_enough(symbol, whole, part)
    taken = gross if not rest else share(gross, part, whole)
    closed = closing(state, removed, pooling, taken, meta["currency"]) if removed else []
    opened = [opening(state, draft, meta, rest if units > 0 else -rest, gross - taken)] if rest else []
    return closed + opened


def _suspended(draft: Draft, currency: str, cash: Decimal, fee: Decimal) -> list[Posting]:
    code = draft.portfolio
    return [
        Posting(accounts.cash(code), cash - fee, currency),
        Posting(accounts.expense(code, "Fees"), fee, currency),
        Posting(accounts.equity(code, "Suspense"), -cash, currency),
    ]


def _swap(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    """Book a trade that is paid with another instrument: one leaves at its worth, the other enters at it."""
    if "paid_units" not in meta:
        raise wrong("meta.paid_units", "how much of the other instrument is paid", None)
    units, paid = number(meta, "units"), positive(meta, "paid_units")
    gives = (meta["paid_with"], paid) if units > 0 else (meta["symbol"], abs(units))
    gets = (meta["symbol"], units) if units > 0 else (meta["paid_with"], paid)
    lots = list(state.shelf(gives[0]))
    currency = meta.get("currency") or (lots[0].currency if lots else state.book.base_currency)
    if "value" not in meta:
        raise fx_missing(gives[0], currency, draft.date)
    rate_of(state, meta, currency, draft.date)
    value, fee = number(meta, "value"), number(meta, "fee", "0")
    removed, pooling = removals(state, gives[0], gives[1], meta, draft.date)
    part = sum((one.part for one in removed), ZERO)
    if part < gives[1]:
        raise not_enough(gives[0], gives[1], part)
    bought = {"symbol": gets[0], "currency": currency, "label": meta.get("label", "")}
    legs = [*closing(state, removed, pooling, value, currency), opening(state, draft, bought, gets[1], value)]
    gain, code = sum((posting.weight[0] for posting in legs), ZERO), draft.portfolio
    return [
        *legs,
        Posting(accounts.gains(code, gives[0]), -gain, currency),
        Posting(accounts.cash(code), -fee, currency),
        Posting(accounts.expense(code, "Fees"), fee, currency),
    ]


def _transfer_in(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, symbol = draft.portfolio, meta["symbol"]
    postings, labels = [], set[str]()
    for place, lot in enumerate(meta["lots"]):
        if isinstance(lot, str) or not {"units", "total", "currency", "acquired"} <= set(lot):
            raise wrong(f"meta.lots[{place}]", "units, total, currency and acquired of a lot", lot)
        units, acquired = number(lot, "units"), date.fromisoformat(lot["acquired"])
        if acquired > draft.date:
            raise wrong(f"meta.lots[{place}].acquired", f"a day up to {draft.date.isoformat()}", lot["acquired"])
        if units < 0 and not state.book.allow_shorts and not meta.get("margin"):
            raise wrong(f"meta.lots[{place}].units", "units above zero", lot["units"])
        rate_of(state, lot, lot["currency"], draft.date)
        label = label_for(state, symbol, acquired, lot.get("label", ""), labels)
        labels.add(label)
        cost = Cost(number(lot, "total"), lot["currency"], acquired, label)
        postings.append(Posting(accounts.held(code, symbol), units, symbol, cost))
    return [*postings, *against(postings, accounts.equity(code, "Transfers"))]


def _transfer_out(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, symbol, units = draft.portfolio, meta["symbol"], positive(meta, "units")
    removed, pooling = removals(state, symbol, units, meta, draft.date)
    part = sum((one.part for one in removed), ZERO)
    if part < units:
        raise not_enough(symbol, units, part)
    postings = [
        Posting(
            accounts.held(code, symbol),
            one.part if one.lot.units < 0 else -one.part,
            symbol,
            Cost(one.cost, one.lot.currency, one.lot.acquired, one.lot.label),
        )
        for one in removed
        if not any(_is_first_of(posting, one.lot) for posting in pooling)
    ]
    both = [*postings, *pooling]
    return [*both, *against(both, accounts.equity(code, "Transfers"))]


def against(postings: list[Posting], account: str) -> list[Posting]:
    """Return the postings on ``account`` that balance ``postings``."""
    from mintmark.ledger.entries import imbalance

    return [Posting(account, -left, commodity) for commodity, left in imbalance(postings).items()]


TRADE_BOOKERS: Mapping[str, Booker] = {"trade": _trade, "transfer_in": _transfer_in, "transfer_out": _transfer_out}
