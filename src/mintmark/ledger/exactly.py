"""Exact arithmetic of the ledger: wide enough that nothing is rounded unasked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from mintmark.domain import FloatInMoney, Refused, plain_decimal

_P = ParamSpec("_P")
_R = TypeVar("_R")
PLACES = 18
INTEGER_DIGITS = 20
# A product of two full numbers has 76 digits.
WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN)
ZERO = Decimal(0)
TENTH_PLACE = Decimal("1E-10")


def widely(act: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let plain arithmetic inside ``act`` keep every digit; by itself Python rounds at 28."""

    @wraps(act)
    def inner(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with localcontext(WIDE):
            return act(*args, **kwargs)

    return inner


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return ``total`` x ``part`` / ``whole`` at 10 places, half to even.

    >>> share(Decimal(10), Decimal(1), Decimal(3))
    Decimal('3.3333333333')
    """
    return WIDE.divide(WIDE.multiply(total, part), whole).quantize(TENTH_PLACE, context=WIDE)


def rounded(number: Decimal) -> Decimal:
    """Return ``number`` at 10 places, half to even."""
    return tidy(number.quantize(TENTH_PLACE, context=WIDE))


def tidy(number: Decimal) -> Decimal:
    """Return ``number`` without trailing zeros and without exponent."""
    return Decimal(plain_decimal(number))


def amount_of(value: object, field: str) -> Decimal:
    """Return ``value`` as an exact number of the ledger; text, whole number or Decimal.

    Raises:
        Refused: ``invalid_request`` for a float, NaN or no number, ``too_precise`` for more than 18 places or
            20 integer digits.
    """
    return _from_text(value, field) if isinstance(value, str) else _checked(_number(value, field), field)


@lru_cache(4096)
def _from_text(text: str, field: str) -> Decimal:
    if len(text) > 64 or not text.isascii() or "_" in text or text != text.strip():
        raise wrong(field, "a number such as 12.50", text)
    try:
        return _checked(Decimal(text), field)
    except ArithmeticError:
        raise wrong(field, "a number such as 12.50", text) from None


def _number(value: object, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        if isinstance(value, float):
            raise wrong(field, "an amount as text", value) from FloatInMoney(str(value))
        raise wrong(field, "a number such as 12.50", value)
    return Decimal(value)


def _checked(number: Decimal, field: str) -> Decimal:
    if not number.is_finite():
        raise wrong(field, "a finite number", str(number))
    if not number:
        return ZERO
    # A tiny exponent would become a text of as many zeros.
    if number.adjusted() >= INTEGER_DIGITS or number.adjusted() < -PLACES:
        raise too_precise(field, number)
    text = plain_decimal(number)
    if len(text.partition(".")[2]) > PLACES:
        raise too_precise(field, number)
    return Decimal(text)


def too_precise(field: str, number: Decimal) -> Refused:
    """Return the refusal of a number with more digits than the ledger keeps."""
    message = f"{field}: expected at most {INTEGER_DIGITS} integer digits and {PLACES} places, found {number}"
    return Refused(message, code="too_precise", field=field, expected=f"{PLACES} places", found=str(number))


def wrong(field: str, expected: str, found: object, code: str = "invalid_request") -> Refused:
    """Return the refusal of one field: what was expected, what was found."""
    shown = repr(found)[:120]
    return Refused(
        f"{field}: expected {expected}, found {shown}", code=code, field=field, expected=expected, found=shown
    )
