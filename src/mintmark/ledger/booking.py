"""From what happened to balanced postings: one function for each kind of entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from mintmark.domain import Refused
from mintmark.ledger import accounts
from mintmark.ledger.entries import Draft, Posting, Price, imbalance
from mintmark.ledger.exactly import WIDE, ZERO, amount_of, widely, wrong
from mintmark.ledger.state import ACTIONS, State, fx_missing
from mintmark.ledger.terms import number

Booker = Callable[[State, Draft, Mapping[str, Any]], list[Posting]]


@widely
def book(state: State, draft: Draft, meta: Mapping[str, Any]) -> tuple[Posting, ...]:
    """Return the postings of ``draft``; ``meta`` is what ``read_meta`` returned of it.

    Raises:
        Refused: by its code, when the draft cannot be booked on what is held.
    """
    _check_order(state, draft, meta)
    if draft.postings:
        postings = _given(state, draft)
    else:
        booker = _bookers().get(draft.kind)
        if booker is None:
            raise wrong("kind", "a kind that is booked from its meta", draft.kind)
        postings = [_checked(posting) for posting in booker(state, draft, meta) if posting.units]
    left = imbalance(postings)
    if left:
        commodity, off = next(iter(left.items()))
        raise Refused(
            f"the postings leave {off} {commodity}; they must sum to zero",
            code="not_balanced",
            field="postings",
            expected="0",
            found=str(off),
            commodity=commodity,
        )
    return tuple(postings)


@cache
def _bookers() -> Mapping[str, Booker]:
    from mintmark.ledger.booking_actions import ACTION_BOOKERS
    from mintmark.ledger.booking_trades import TRADE_BOOKERS

    return {**_CASH_BOOKERS, **TRADE_BOOKERS, **ACTION_BOOKERS}


def _check_order(state: State, draft: Draft, meta: Mapping[str, Any]) -> None:
    """Refuse what would rewrite units that later entries of the instrument have counted."""
    symbol = meta.get("symbol")
    if symbol is None or draft.kind in ("dividend_accrued", "dividend_paid"):
        return
    last = state.seen.get(symbol) if draft.kind in ACTIONS else state.actions.get(symbol)
    if last is not None and draft.date < last:
        raise Refused(
            f"{symbol} has entries of {last.isoformat()} that would count differently: reverse them first",
            code="out_of_order_action",
            symbol=symbol,
            observed=draft.date.isoformat(),
            limit=last.isoformat(),
        )


def _given(state: State, draft: Draft) -> list[Posting]:
    """Return the postings of ``draft`` as they are, when they are of its portfolio."""
    for place, posting in enumerate(draft.postings):
        field = f"postings[{place}]"
        if accounts.portfolio_of(posting.account) != draft.portfolio:
            raise wrong(f"{field}.account", f"an account of {draft.portfolio}", posting.account)
        if not posting.units:
            raise wrong(f"{field}.units", "a number that is not zero", str(posting.units))
        part = accounts.held_part(posting.account)
        if part is None:
            accounts.check_currency(posting.commodity, f"{field}.commodity")
            if posting.cost is not None:
                raise wrong(f"{field}.cost", "none, since only lots have a cost", posting.cost.total)
        else:
            if accounts.part_of(accounts.check_symbol(posting.commodity, f"{field}.commodity")) != part:
                raise wrong(f"{field}.commodity", f"the instrument of {posting.account}", posting.commodity)
            if posting.cost is None:
                raise wrong(f"{field}.cost", "the cost of the lot", None)
            state.claim(posting.commodity)
        _checked(posting, field)
    return list(draft.postings)


def _checked(posting: Posting, field: str = "postings") -> Posting:
    amount_of(posting.units, f"{field}.units")
    if posting.cost is not None:
        accounts.check_currency(posting.cost.commodity, f"{field}.cost.commodity")
        if amount_of(posting.cost.total, f"{field}.cost.total") < 0:
            raise wrong(f"{field}.cost.total", "zero or a number above it", str(posting.cost.total))
    if posting.price is not None:
        accounts.check_currency(posting.price.commodity, f"{field}.price.commodity")
        price = posting.price.amount if posting.price.total is None else posting.price.total
        if amount_of(price, f"{field}.price") < 0:
            raise wrong(f"{field}.price", "zero or a number above it", str(price))
    return posting


# Cash


def positive(meta: Mapping[str, Any], name: str = "amount") -> Decimal:
    """Return the amount ``name``, which must be above zero."""
    found = number(meta, name)
    if found <= 0:
        raise wrong(f"meta.{name}", "an amount above zero", meta[name])
    return found


def rate_of(state: State, meta: Mapping[str, Any], currency: str, day: date, name: str = "fx") -> Decimal:
    """Return the base currency of one ``currency``: 1 for the base itself.

    Raises:
        Refused: ``fx_missing``, or ``invalid_request`` for another rate than 1 of the base itself.
    """
    base, given = state.book.base_currency, meta.get(name)
    if currency == base:
        if given is not None and number(meta, name) != 1:
            raise wrong(f"meta.{name}", f"no rate, since {base} is the base currency", given)
        return Decimal(1)
    if given is None:
        raise fx_missing(currency, base, day)
    return number(meta, name)


def _deposit(_state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    return _flow(draft, meta, positive(meta))


def _withdrawal(_state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    return _flow(draft, meta, -positive(meta))


def _flow(draft: Draft, meta: Mapping[str, Any], amount: Decimal) -> list[Posting]:
    code, currency = draft.portfolio, meta["currency"]
    return [
        Posting(accounts.cash(code), amount, currency),
        Posting(accounts.equity(code, "Deposits"), -amount, currency),
    ]


def _conversion(_state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    account, fee = accounts.cash(draft.portfolio), number(meta, "fee", "0")
    sold, bought, currency = number(meta, "sold"), number(meta, "bought"), meta["bought_currency"]
    if currency == meta["sold_currency"]:
        raise wrong("meta.bought_currency", "another currency than the one sold", currency)
    return [
        Posting(account, -sold, meta["sold_currency"], price=Price(currency, total=bought)),
        Posting(account, bought, currency),
        *_fee(draft, fee, meta.get("currency", currency)),
    ]


def _fee(draft: Draft, fee: Decimal, currency: str) -> list[Posting]:
    return [
        Posting(accounts.cash(draft.portfolio), -fee, currency),
        Posting(accounts.expense(draft.portfolio, "Fees"), fee, currency),
    ]


def _accrued(_state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, symbol, currency = draft.portfolio, meta["symbol"], meta["currency"]
    if "pay_date" not in meta:
        raise pay_date_missing(symbol, draft.date)
    gross = _gross(meta)
    return [
        Posting(accounts.receivable(code, symbol), gross, currency),
        Posting(accounts.dividends(code, symbol), -gross, currency),
    ]


def pay_date_missing(symbol: str, day: date) -> Refused:
    """Return the refusal of a dividend nobody said the pay date of."""
    message = f"the dividend of {symbol} on {day.isoformat()} has no pay date; its rate is that of the pay date"
    return Refused(message, code="pay_date_missing", symbol=symbol, ex_date=day.isoformat())


def _gross(meta: Mapping[str, Any]) -> Decimal:
    if "amount" in meta:
        return positive(meta)
    if "units" not in meta or "per_share" not in meta:
        raise wrong("meta.amount", "an amount, or units and per_share", None)
    return amount_of(WIDE.multiply(positive(meta, "units"), number(meta, "per_share")), "meta.amount")


def _paid(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, symbol, currency = draft.portfolio, meta["symbol"], meta["currency"]
    gross, tax = positive(meta), number(meta, "tax", "0")
    if not 0 <= tax <= gross:
        raise wrong("meta.tax", f"0 to {gross}", meta["tax"])
    rate_of(state, meta, currency, draft.date, "pay_fx")
    owed = state.owed(symbol, currency)
    if gross > owed:
        message = f"{gross} {currency} of {symbol} are paid, {owed} accrued"
        raise Refused(message, code="receivable_missing", symbol=symbol, observed=str(gross), limit=str(owed))
    return [
        Posting(accounts.cash(code), WIDE.subtract(gross, tax), currency),
        Posting(accounts.expense(code, "Withholding"), tax, currency),
        Posting(accounts.receivable(code, symbol), -gross, currency),
    ]


def _interest(_state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, currency, amount = draft.portfolio, meta["currency"], number(meta, "amount")
    tax = number(meta, "tax", "0")
    if not amount:
        raise wrong("meta.amount", "an amount that is not zero", meta["amount"])
    if not 0 <= tax <= max(amount, ZERO):
        raise wrong("meta.tax", f"0 to {amount}", meta["tax"])
    other = accounts.income_interest(code) if amount > 0 else accounts.expense(code, "Interest")
    return [
        Posting(accounts.cash(code), WIDE.subtract(amount, tax), currency),
        Posting(accounts.expense(code, "Withholding"), tax, currency),
        Posting(other, -amount, currency),
    ]


def _charge(_state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    code, currency, amount = draft.portfolio, meta["currency"], number(meta, "amount")
    if not amount:
        raise wrong("meta.amount", "an amount that is not zero", meta["amount"])
    account = accounts.expense(code, "Fees" if draft.kind == "fee" else "Financing")
    return [Posting(account, amount, currency), Posting(accounts.cash(code), -amount, currency)]


def _balance(state: State, draft: Draft, meta: Mapping[str, Any]) -> list[Posting]:
    account, commodity, expected = meta["account"], meta["commodity"], number(meta, "amount")
    if accounts.portfolio_of(account) != draft.portfolio:
        raise wrong("meta.account", f"an account of {draft.portfolio}", account)
    found = state.balance(account, commodity, draft.date)
    if found != expected:
        day = draft.date.isoformat()
        message = f"{account} held {found} {commodity} at the start of {day}, the assertion says {expected}"
        raise Refused(message, code="assertion_broken", account=account, observed=str(found), limit=str(expected))
    return []


_CASH_BOOKERS: Mapping[str, Booker] = {
    "deposit": _deposit,
    "withdrawal": _withdrawal,
    "conversion": _conversion,
    "dividend_accrued": _accrued,
    "dividend_paid": _paid,
    "interest": _interest,
    "fee": _charge,
    "financing": _charge,
    "balance": _balance,
}
