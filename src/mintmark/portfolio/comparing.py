"""How the values of a condition compare: equal across types never, ordered within one type only."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from mintmark.domain import iso
from mintmark.portfolio.paths import PatternFault, Ref

_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_true(value: Any) -> bool:
    """Return whether a bare value counts as true: all but null, false, 0, an empty text, list or object."""
    return bool(value)


def relation(word: str, left: Any, right: Any) -> bool:
    """Return whether ``left`` stands to ``right`` as ``word`` says.

    Raises:
        PatternFault: an order across types, with null, or of what has no order; ``in`` something that holds nothing.
    """
    if word == "==":
        return equal(left, right)
    if word == "!=":
        return not equal(left, right)
    if word == "in":
        return _within(left, right)
    first, second = _plain(left), _plain(right)
    if type(first) is not type(second) or not isinstance(first, Decimal | str):
        raise PatternFault(
            f"expected two numbers or two texts beside {word}, found {kind_of(left)} and {kind_of(right)}"
        )
    return _ORDERS[word](first, second)


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are of one type and equal; numbers are of one type."""
    first, second = _plain(left), _plain(right)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(equal(one, two) for one, two in zip(first, second, strict=True))
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    return type(first) is type(second) and bool(first == second)


def length_of(value: Any, where: Ref) -> Decimal:
    """Return how many characters, items or keys ``value`` has.

    Raises:
        PatternFault: it has no length.
    """
    if isinstance(value, str | list | tuple | Mapping):
        return Decimal(len(value))
    raise PatternFault(f"expected a text, list or object before {where}, found {kind_of(value)}", path=str(where))


def _within(item: Any, holder: Any) -> bool:
    if isinstance(holder, list | tuple):
        return any(equal(item, one) for one in holder)
    if isinstance(holder, Mapping):
        return isinstance(item, str) and item in holder
    if isinstance(holder, str) and isinstance(item, str):
        return item in holder
    raise PatternFault(f"expected a list, object or text after in, found {kind_of(holder)}")


def _plain(value: Any) -> Any:
    """Return numbers as exact ones, times and ids as the texts they are written as."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise PatternFault(f"expected a finite number, found {value!r}")
        return number
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def kind_of(value: Any) -> str:
    """Return what kind of value this is, in words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str | date | UUID):
        return "a text"
    return "an object" if isinstance(value, Mapping) else "a list"
