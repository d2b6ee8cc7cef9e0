"""What a proposed trade would cost."""

from __future__ import annotations

from decimal import Decimal

PER_TRADE = Decimal("5.00")
SHARE_OF_NOTIONAL = Decimal("0.0015")


def trade_cost(notional: Decimal) -> Decimal:
    """Return the cost of one trade in base currency: a fee and 15 bp of its notional; nothing for no trade.

    >>> trade_cost(Decimal(-10_000))
    Decimal('20.0000')
    """
    return PER_TRADE + SHARE_OF_NOTIONAL * abs(notional) if notional else Decimal(0)
