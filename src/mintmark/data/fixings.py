"""Exact rates between currencies: the legs of a conversion and what an amount is worth through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from mintmark.data.closes import PLACES

MIDDLE = "USD"
_DIGITS = Context(prec=50, rounding=ROUND_HALF_EVEN)
_QUANTUM = Decimal(1).scaleb(-PLACES)

# The market quotes these against the dollar; every other currency is quoted as so many to the dollar.
_BASES = ("EUR", "GBP", "AUD", "NZD")


@dataclass(frozen=True)
class Leg:
    """One step of a conversion: the pair whose close is multiplied by, or divided by when ``inverse``."""

    symbol: str
    inverse: bool


def pair_name(source: str, target: str) -> str:
    """Return the name of the rate between two currencies as the market writes it.

    >>> pair_name("USD", "EUR"), pair_name("CAD", "USD"), pair_name("EUR", "GBP")
    ('EURUSD', 'USDCAD', 'EURGBP')
    """
    order = {name: place for place, name in enumerate((*_BASES, MIDDLE))}
    first, second = sorted((source, target), key=lambda one: (order.get(one, len(order)), one != source))
    return first + second


def legs_between(
    pairs: Mapping[tuple[str, str], str], source: str, target: str, holds: Callable[[str], bool]
) -> tuple[tuple[Leg, ...], tuple[str, ...]]:
    """Return the legs from ``source`` to ``target``, or none and the names of the rates that are missing.

    ``pairs`` gives the symbol of (base, quote); ``holds`` says whether its close is in force. A cross goes through
    the dollar; where a leg of that is missing, the pair of the two currencies itself serves.
    """
    if source == target:
        return (), ()
    ends = (source, target)
    stages = [ends] if MIDDLE in ends else [(source, MIDDLE), (MIDDLE, target)]
    found = [_leg(pairs, *stage, holds) for stage in stages]
    if all(found):
        return tuple(leg for leg in found if leg is not None), ()
    direct = _leg(pairs, source, target, holds)
    if direct is not None:
        return (direct,), ()
    return (), tuple(pair_name(*stage) for stage, leg in zip(stages, found, strict=True) if leg is None)


def _leg(pairs: Mapping[tuple[str, str], str], source: str, target: str, holds: Callable[[str], bool]) -> Leg | None:
    for key, inverse in (((source, target), False), ((target, source), True)):
        symbol = pairs.get(key)
        if symbol is not None and holds(symbol):
            return Leg(symbol, inverse)
    return None


def through(amount: Decimal, legs: Sequence[Leg], closes: Sequence[Decimal]) -> Decimal:
    """Return what ``amount`` is worth through ``legs`` at ``closes``.

    One expression at 50 digits; its result alone is rounded, to 10 places, half to even. Without legs the amount
    itself is returned.

    >>> through(Decimal("64557"), [Leg("EURUSD", True)], [Decimal("1.36418")])
    Decimal('47322.9339236758')
    """
    if not legs:
        return amount
    with localcontext(_DIGITS):
        over, under = amount, Decimal(1)
        for leg, close in zip(legs, closes, strict=True):
            if leg.inverse:
                under *= close
            else:
                over *= close
        return (over / under).quantize(_QUANTUM)
