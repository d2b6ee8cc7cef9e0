"""Read the inputs of a pattern: declared ones only, each of its type and within its bounds."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from mintmark.domain import Refused
from mintmark.portfolio.pattern import Input, Pattern

MAX_TEXT: Final = 500
MAX_ITEMS: Final = 1_000
MAX_DEPTH: Final = 20


class InputInvalid(Refused):
    """An input that cannot be taken: ``details`` hold field, expected, found."""

    code = "input_invalid"

    def __init__(self, field: str, expected: str, found: Any) -> None:
        shown = _shown(found)
        super().__init__(f"{field}: expected {expected}, found {shown}", field=field, expected=expected, found=shown)


def read_inputs(pattern: Pattern, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every declared input of ``pattern``, read from ``given`` or its default, None where neither is.

    Raises:
        InputInvalid: ``input_invalid`` for an undeclared, missing or unfit one.
    """
    for name in given:
        if name not in pattern.inputs:
            raise InputInvalid(name, f"one of {', '.join(pattern.inputs) or 'no inputs'}", name)
    return {name: _one(name, declared, given.get(name)) for name, declared in pattern.inputs.items()}


def read_input(name: str, declared: Input, value: Any) -> Any:
    """Return ``value`` as an input of the declared type: an id as UUID, a day as date, an exact number as Decimal.

    Raises:
        InputInvalid: it does not fit.
    """
    read = _READERS[declared.type](name, value)
    _bounded(name, declared, read)
    if declared.enum is not None and value not in declared.enum:
        raise InputInvalid(name, f"one of {', '.join(str(one) for one in declared.enum)}", value)
    return read


def _one(name: str, declared: Input, value: Any) -> Any:
    if value is None:
        if declared.required:
            raise InputInvalid(name, f"a value of type {declared.type}", None)
        value = declared.default
    return None if value is None else read_input(name, declared, value)


def _uuid(name: str, value: Any) -> UUID:
    try:
        if isinstance(value, UUID):
            return value
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise InputInvalid(name, "a UUID", value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise InputInvalid(name, f"a text of 1 to {MAX_TEXT} characters", value)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise InputInvalid(name, "a text without control characters", value)
    return value


def _number(name: str, value: Any) -> int | float | Decimal:
    if isinstance(value, str):
        return _exact(name, value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not _finite(value):
        raise InputInvalid(name, "a finite number", value)
    return value


def _exact(name: str, value: str) -> Decimal:
    try:
        number = Decimal(value) if len(value) <= 60 and value.strip("0123456789.-") == "" else None
    except InvalidOperation:
        number = None
    if number is None:
        raise InputInvalid(name, "a finite number", value)
    return number


def _finite(value: int | float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)


def _integer(name: str, value: Any) -> int:
    # JSON knows one kind of number: 7.0 is whole.
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputInvalid(name, "a whole number", value)
    if abs(value) > 2**53:
        raise InputInvalid(name, "a whole number of at most 2^53", value)
    return value


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputInvalid(name, "true or false", value)
    return value


def _day(name: str, value: Any) -> date:
    try:
        if isinstance(value, date):
            return value
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InputInvalid(name, "a day such as 2025-12-31", value)


def _array(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InputInvalid(name, "a list", value)
    _shallow(name, value, 0)
    return value


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputInvalid(name, "an object", value)
    _shallow(name, value, 0)
    return value


def _shallow(name: str, value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InputInvalid(name, f"at most {MAX_DEPTH} levels of nesting", "more")
    if isinstance(value, list | dict) and len(value) > MAX_ITEMS:
        raise InputInvalid(name, f"at most {MAX_ITEMS} items", len(value))
    if isinstance(value, list):
        for one in value:
            _shallow(name, one, depth + 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            _text(name, key)
            _shallow(name, one, depth + 1)
    elif isinstance(value, str) and value:
        _text(name, value)
    elif isinstance(value, float):
        _number(name, value)


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "uuid": _uuid,
    "string": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _day,
    "array": _array,
    "object": _object,
}


def _bounded(name: str, declared: Input, value: Any) -> None:
    if isinstance(value, bool | UUID | date):
        return
    size = value if isinstance(value, int | float | Decimal) else len(value)
    what = "a number" if isinstance(value, int | float | Decimal) else "a length"
    exact = Decimal(repr(size)) if isinstance(size, float) else Decimal(size)
    if declared.min is not None and exact < Decimal(repr(declared.min)):
        raise InputInvalid(name, f"{what} of at least {declared.min}", size)
    if declared.max is not None and exact > Decimal(repr(declared.max)):
        raise InputInvalid(name, f"{what} of at most {declared.max}", size)


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float | Decimal | None) else str(type(value).__name__)
