"""One way to write a value as bytes, so that equal values have equal hashes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mintmark.domain.money import Money
from mintmark.domain.time import iso


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as canonical JSON: sorted keys, no spaces, UTF-8 unescaped.

    Decimals are plain strings without trailing zeros, money an amount beside its currency, floats their
    shortest text, times ISO 8601 with Z.

    Raises:
        ValueError: NaN or Infinity.
        TypeError: a value that has no such form, or a key that is no text.

    >>> canonical_json({"b": Decimal("1.50"), "a": Money(Decimal(2), "USD")})
    b'{"a":{"amount":"2","currency":"USD"},"b":"1.5"}'
    """
    return written_json(plain_json(value))


def written_json(value: Any) -> bytes:
    """Return JSON values, as ``plain_json`` gives them, as canonical JSON; raises ``ValueError`` as it does."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


_AS_IT_IS = frozenset({type(None), bool, int, str})


def plain_json(value: Any) -> Any:
    """Return ``value`` as JSON values, in the forms of ``canonical_json``; raises as it does."""
    kind = type(value)
    # Nearly all of an answer is of these types themselves, and asking for a type is faster than for its kin.
    if kind in _AS_IT_IS:
        return value
    if kind is dict:
        return {
            key if type(key) is str else _key(key): (
                found if (inner := type(found)) in _AS_IT_IS else _FORMS.get(inner, plain_json)(found)
            )
            for key, found in value.items()
        }
    if kind is list:
        return [
            found if (inner := type(found)) in _AS_IT_IS else _FORMS.get(inner, plain_json)(found) for found in value
        ]
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, Money):
        return {"amount": plain_decimal(value.amount), "currency": value.currency}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_key(key): plain_json(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(found) for found in value]
    raise TypeError(f"expected a value with a canonical form, found {value!r}")


def plain_decimal(number: Decimal) -> str:
    """Return ``number`` without exponent and without trailing zeros.

    Raises:
        ValueError: NaN or Infinity.

    >>> plain_decimal(Decimal("100.500")), plain_decimal(Decimal("1E+3")), plain_decimal(Decimal("-0.0"))
    ('100.5', '1000', '0')
    """
    if not number.is_finite():
        raise ValueError(f"expected a finite number, found {number!r}")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, found {value!r}")
    return value


_FORMS: dict[type, Callable[[Any], Any]] = {float: _finite, Decimal: plain_decimal, date: date.isoformat}


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"expected a text as key, found {key!r}")
    return key
