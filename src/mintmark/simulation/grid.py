"""A grid of parameters, as written in one line: ``fast=5:30,slow=40:80``."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from mintmark.domain import Refused

Value = int | float | bool
MOST_COMBINATIONS = 1_000_000
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class Grid:
    """Every combination of the values of each key; the last key turns fastest."""

    values: Mapping[str, tuple[Value, ...]]

    def __len__(self) -> int:
        return math.prod(len(found) for found in self.values.values())

    def __getitem__(self, number: int) -> dict[str, Value]:
        """Return combination ``number``, counted from 0.

        >>> read_grid("fast=5:7,slow=10|20", ["fast", "slow"])[2]
        {'fast': 6, 'slow': 10}
        """
        if not 0 <= number < len(self):
            raise IndexError(f"expected a combination from 0 to {len(self) - 1}, found {number}")
        found = {}
        for name, values in reversed(list(self.values.items())):
            number, place = divmod(number, len(values))
            found[name] = values[place]
        return {name: found[name] for name in self.values}


def read_grid(text: str, allowed: Collection[str]) -> Grid:
    """Return the grid ``text`` writes: ``key=a:b[:step]`` without b, ``key=a|b|c``, or ``key=a``, split by commas.

    Numbers are added exactly, so that 0.5:0.65:0.05 is 0.5, 0.55, 0.6. A switch is true or false.

    Raises:
        Refused: ``bad_value`` for what does not read, ``unknown_name`` with the allowed keys, ``grid_too_large``
            with the count, before any value is made.

    >>> len(read_grid("fast=5:30,slow=40:80", ["fast", "slow"]))
    1000
    """
    parts = [part.strip() for part in text.split(",")]
    found: dict[str, str] = {}
    for part in parts:
        name, sign, values = (word.strip() for word in part.partition("="))
        if not sign or not name or not values:
            raise _wrong(f"expected key=a:b[:step] or key=a|b, found {part!r}", part)
        if name in found:
            raise _wrong(f"{name} is there twice", part)
        if name not in allowed:
            listed = sorted(allowed)
            message = f"expected one of {', '.join(listed)}, found {name!r}"
            raise Refused(message, code="unknown_name", name=name, allowed=listed)
        found[name] = values
    count = math.prod(_count(values) for values in found.values())
    if count > MOST_COMBINATIONS:
        message = f"expected at most {MOST_COMBINATIONS:,} combinations, found {count:,}"
        raise Refused(message, code="grid_too_large", observed=count, limit=MOST_COMBINATIONS)
    return Grid({name: _values(values) for name, values in found.items()})


def _count(text: str) -> int:
    if ":" not in text:
        return len(text.split("|"))
    first, stop, step = _range(text)
    return max(0, math.ceil((stop - first) / step)) or _none_in(text)


def _values(text: str) -> tuple[Value, ...]:
    if ":" in text:
        first, _, step = _range(text)
        numbers = [first + at * step for at in range(_count(text))]
        return tuple(_plain(number) for number in numbers)
    values = tuple(_value(word.strip()) for word in text.split("|"))
    if len(set(values)) < len(values):
        raise _wrong(f"a value is there twice in {text!r}", text)
    return values


def _range(text: str) -> tuple[Decimal, Decimal, Decimal]:
    words = text.split(":")
    if len(words) > 3:
        raise _wrong(f"expected a:b or a:b:step, found {text!r}", text)
    first, stop, step = (*(_number(word.strip()) for word in words), Decimal(1))[:3]
    if step <= 0:
        raise _wrong(f"expected a step above 0, found {text!r}", text)
    return first, stop, step


def _value(word: str) -> Value:
    return _WORDS[word] if word in _WORDS else _plain(_number(word))


def _number(word: str) -> Decimal:
    try:
        found = Decimal(word)
    except InvalidOperation:
        raise _wrong(f"expected a number, found {word!r}", word) from None
    if not found.is_finite():
        raise _wrong(f"expected a number, found {word!r}", word)
    return found


def _plain(number: Decimal) -> int | float:
    exponent = number.as_tuple().exponent
    return int(number) if isinstance(exponent, int) and exponent >= 0 else float(number)


def _none_in(text: str) -> int:
    raise _wrong(f"there is no value in {text!r}: the end is left out", text)


def _wrong(message: str, text: str) -> Refused:
    return Refused(message, code="bad_value", field="grid", value=text)
