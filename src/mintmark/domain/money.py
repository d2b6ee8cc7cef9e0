"""Exact amounts of one currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "BTC": 8, "ETH": 8}

# ISO 4217, the currencies in use.
CURRENCIES = frozenset({
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY",
    "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR",
    "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT",
    "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
    "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK",
    "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
    "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD",
    "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG"
})  # fmt: skip
COINS = frozenset({
    "AAVE", "ADA", "ALGO", "ARB", "ATOM", "AVAX", "BCH", "BNB", "BTC", "DAI", "DOGE", "DOT", "ETC", "ETH",
    "FIL", "LINK", "LTC", "MATIC", "NEAR", "OP", "POL", "SHIB", "SOL", "SUI", "TON", "TRX", "UNI", "USDC",
    "USDT", "XLM", "XMR", "XRP", "XTZ", "ZEC"
})  # fmt: skip


class FloatInMoney(TypeError):
    """A float was offered where only an exact number may stand."""


def exact(value: Decimal | int | str) -> Decimal:
    """Return ``value`` as a finite Decimal; a float is refused at the door.

    Raises:
        FloatInMoney: ``value`` is a float.
        ValueError: not a finite number.
    """
    if isinstance(value, float):
        raise FloatInMoney(f"expected a Decimal, found the float {value!r}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"expected a finite number, found {value!r}")
    return number


@dataclass(frozen=True)
class Money:
    """An exact amount of one currency.

    Invariant: ``amount`` is a Decimal; a float is refused at the door.

    >>> Money(Decimal("12.50"), "USD") + Money(Decimal("1"), "USD")
    Money(amount=Decimal('13.50'), currency='USD')
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not Decimal or not self.amount.is_finite():
            object.__setattr__(self, "amount", exact(self.amount))
        if not (self.currency.isalnum() and self.currency.isupper()):
            raise ValueError(f"expected a currency code such as USD, found {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * exact(factor), self.currency)

    def rounded(self) -> Money:
        """Return the amount at the currency's minor unit, half to even; for printing only."""
        digits = _MINOR_DIGITS.get(self.currency, 2)
        step = Decimal(1).scaleb(-digits)
        return Money(self.amount.quantize(step, rounding=ROUND_HALF_EVEN), self.currency)

    def as_json(self) -> dict[str, str]:
        """Return the amount as a string with its currency beside it."""
        return {"amount": format(self.amount, "f"), "currency": self.currency}

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise ValueError(f"expected {self.currency}, found {other.currency}")
        return other.amount
