"""What each kind of entry needs to be told, checked field by field."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from mintmark.domain import plain_decimal
from mintmark.ledger.accounts import check_currency, check_symbol, portfolio_of
from mintmark.ledger.exactly import amount_of, wrong
from mintmark.ledger.lots import METHODS

MAX_TEXT = 500
MAX_LIST = 1_000
MAX_DEPTH = 20


def text_of(value: object, field: str, *, empty: bool = True) -> str:
    """Return ``value`` as text of at most 500 letters in one Unicode form, without control characters.

    Raises:
        Refused: ``invalid_request``.
    """
    if not isinstance(value, str):
        raise wrong(field, "text", value)
    if value.isascii() and value.isprintable() and (value or empty) and len(value) <= MAX_TEXT:
        return value
    found = unicodedata.normalize("NFC", value)
    if not found and not empty:
        raise wrong(field, "a text that is not empty", value)
    if len(found) > MAX_TEXT:
        raise wrong(field, f"at most {MAX_TEXT} letters", f"{len(found)} letters")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in found):
        raise wrong(field, "text without control characters", value)
    return found


def texts_of(value: object, field: str) -> tuple[str, ...]:
    """Return ``value`` as texts; raises as ``text_of``."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_LIST:
        raise wrong(field, f"a list of at most {MAX_LIST} texts", value)
    return tuple(text_of(one, field, empty=False) for one in value)


def day_of(value: object, field: str) -> date:
    """Return ``value``, a date or its ISO text.

    Raises:
        Refused: ``invalid_request``.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise wrong(field, "a day such as 2014-06-09", value) from None


def _amount(value: object, field: str) -> str:
    return plain_decimal(amount_of(value, field))


def _positive(value: object, field: str) -> str:
    found = amount_of(value, field)
    if found <= 0:
        raise wrong(field, "a number above zero", str(value))
    return plain_decimal(found)


def _not_negative(value: object, field: str) -> str:
    found = amount_of(value, field)
    if found < 0:
        raise wrong(field, "zero or a number above it", str(value))
    return plain_decimal(found)


def _not_zero(value: object, field: str) -> str:
    found = amount_of(value, field)
    if not found:
        raise wrong(field, "a number that is not zero", str(value))
    return plain_decimal(found)


def _fraction(value: object, field: str) -> str:
    found = amount_of(value, field)
    if not 0 <= found <= 1:
        raise wrong(field, "a fraction of 0 to 1", str(value))
    return plain_decimal(found)


def _day(value: object, field: str) -> str:
    return day_of(value, field).isoformat()


def _flag(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(field, "true or false", value)
    return value


def _whole(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000:
        raise wrong(field, "a whole number of 0 to 10000", value)
    return value


def _method(value: object, field: str) -> str:
    if value not in METHODS:
        raise wrong(field, f"one of {', '.join(METHODS)}", value)
    return str(value)


def _ratio(value: object, field: str) -> dict[str, int]:
    if isinstance(value, str):
        new, _, old = value[:24].partition("/")
        value = {"new": int(new), "old": int(old)} if new.isdecimal() and old.isdecimal() else value
    if not isinstance(value, Mapping) or set(value) != {"new", "old"}:
        raise wrong(field, "two whole numbers such as 7/1: new for old", value)
    for number in value.values():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= 10**9:
            raise wrong(field, "two whole numbers above zero such as 7/1: new for old", dict(value))
    return {"new": value["new"], "old": value["old"]}


def _account(value: object, field: str) -> str:
    found = text_of(value, field, empty=False)
    if portfolio_of(found) is None:
        raise wrong(field, "an account of the ledger", found)
    return found


def _lot(value: object, field: str) -> Any:
    if isinstance(value, str):
        return text_of(value, field, empty=False)
    readers: dict[str, Reader] = {"id": _text, "acquired": _day, "cost": _not_negative, "label": _text}
    return _record(value, field, readers)


def _lots(value: object, field: str) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not 0 < len(value) <= MAX_LIST:
        raise wrong(field, f"a list of 1 to {MAX_LIST} lots", value)
    readers: dict[str, Reader] = {
        "units": _not_zero, "total": _not_negative, "currency": check_currency, "acquired": _day, "label": _text,
        "fx": _positive, "fee": _not_negative,
    }  # fmt: skip
    return [
        text_of(one, field, empty=False) if isinstance(one, str) else _record(one, f"{field}[{place}]", readers)
        for place, one in enumerate(value)
    ]


def _text(value: object, field: str) -> str:
    return text_of(value, field)


def _words(value: object, field: str) -> list[str]:
    return list(texts_of(value, field))


def _refs(value: object, field: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > 50:
        raise wrong(field, "at most 50 named texts", value)
    return {text_of(name, field, empty=False): text_of(one, f"{field}.{name}") for name, one in value.items()}


def _record(value: object, field: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= set(readers):
        raise wrong(field, f"some of {', '.join(readers)}", value)
    return {name: readers[name](one, f"{field}.{name}") for name, one in value.items() if one is not None}


Reader = Callable[[object, str], Any]
READERS: Mapping[str, Reader] = {
    "account": _account, "acquired": _day, "amount": _amount, "bought": _positive, "bought_currency": check_currency,
    "cash": _not_negative, "cash_fraction": _fraction, "cash_in_lieu": _not_negative, "commodity": _text,
    "currency": check_currency, "ex_date": _day, "fee": _not_negative, "fraction": _fraction, "fx": _positive,
    "into": check_symbol, "label": _text, "links": _words, "lot": _lot, "lots": _lots, "margin": _flag,
    "method": _method, "paid_units": _positive, "paid_with": check_symbol, "pay_date": _day, "pay_fx": _positive,
    "pay_lag_days": _whole, "per_share": _positive, "price": _not_negative, "ratio": _ratio, "refs": _refs,
    "settle_date": _day, "sold": _positive, "sold_currency": check_currency, "suspense": _text,
    "symbol": check_symbol, "tags": _words, "tax": _amount, "units": _not_zero, "value": _not_negative,
}  # fmt: skip
_ALWAYS = ("links", "refs", "settle_date", "tags", "fx", "symbol", "currency", "fee")
# What each kind must be told, and what it may be told besides.
KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "deposit": (("amount", "currency"), ()),
    "withdrawal": (("amount", "currency"), ()),
    "transfer_in": (("symbol", "lots"), ("margin",)),
    "transfer_out": (("symbol", "units"), ("method", "lot", "lots", "margin")),
    "trade": (
        ("symbol", "units"),
        ("price", "amount", "method", "lot", "lots", "label", "margin", "suspense", "paid_with", "paid_units", "value"),
    ),
    "conversion": (("sold", "sold_currency", "bought", "bought_currency"), ()),
    "dividend_accrued": (("symbol", "currency"), ("amount", "units", "per_share", "pay_date", "pay_lag_days")),
    "dividend_paid": (("symbol", "amount", "currency"), ("tax", "pay_fx", "ex_date", "pay_date", "pay_lag_days")),
    "return_of_capital": (("symbol", "amount", "currency"), ("margin",)),
    "interest": (("amount", "currency"), ("tax",)),
    "fee": (("amount", "currency"), ()),
    "financing": (("amount", "currency"), ()),
    "split": (("symbol", "ratio"), ("cash_in_lieu", "margin", "method", "lot", "lots")),
    "spin_off": (("symbol", "into", "ratio", "fraction"), ("cash_in_lieu", "margin")),
    "merger": (("symbol", "into", "ratio"), ("cash", "cash_fraction", "margin")),
    "balance": (("account", "commodity", "amount"), ()),
    "reversal": ((), ()),
}


def read_meta(kind: str, meta: Mapping[str, Any], *, booked: bool) -> dict[str, Any]:
    """Return ``meta`` in its plain form: amounts as text, days as ISO text.

    ``booked``: the postings are given, so nothing must be there.

    Raises:
        Refused: ``invalid_request`` for an unknown kind or field, a missing one, or a wrong value.
    """
    if kind not in KINDS:
        raise wrong("kind", f"one of {', '.join(KINDS)}", kind)
    needed, allowed = KINDS[kind]
    found: dict[str, Any] = {}
    for name, value in meta.items():
        if name not in READERS or (not booked and name not in needed and name not in allowed and name not in _ALWAYS):
            raise wrong(f"meta.{name}", f"one of {', '.join(sorted({*needed, *allowed, *_ALWAYS}))}", name)
        if value is not None:
            found[name] = READERS[name](value, f"meta.{name}")
    if not booked:
        for name in needed:
            if name not in found:
                raise wrong(f"meta.{name}", f"a value, since a {kind} needs it", None)
    return found


def number(meta: Mapping[str, Any], name: str, default: str | None = None) -> Decimal:
    """Return the number ``name`` of a meta that ``read_meta`` returned."""
    return amount_of(meta[name] if default is None else meta.get(name, default), f"meta.{name}")
