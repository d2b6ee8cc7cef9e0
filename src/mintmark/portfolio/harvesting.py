"""Losses that would lower tax if they were taken today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from mintmark.portfolio.tax import WASH_DAYS, Purchase, Sale, TaxLine, view_sales


@dataclass(frozen=True)
class OpenLot:
    """An open lot: its basis with the fee of the purchase, and its value today, in one currency."""

    symbol: str
    lot: str
    acquired: date
    units: Decimal
    basis: Decimal
    value: Decimal


@dataclass(frozen=True)
class Opportunity:
    """What selling ``lot`` today would give if it is not bought again before ``buy_again``.

    ``loss`` is before, ``allowed_loss`` after what a wash sale takes; ``lines`` tell both, with their terms.
    """

    lot: OpenLot
    loss: Decimal
    disallowed: Decimal
    allowed_loss: Decimal
    benefit: Decimal
    lines: tuple[TaxLine, ...]
    buy_again: date


def rank_opportunities(
    lots: Iterable[OpenLot],
    purchases: Sequence[Purchase],
    sales: Sequence[Sale],
    day: date,
    *,
    min_loss: Decimal,
    short_rate: Decimal,
    long_rate: Decimal,
) -> tuple[Opportunity, ...]:
    """Return the open ``lots`` whose loss, less what a wash sale takes of it, is ``min_loss`` at least.

    Each lot is looked at as if it alone were sold on ``day``. ``purchases`` and ``sales`` are those of all portfolios
    of the owner. The best first.
    """
    found = [tried(lot, purchases, sales, day, short_rate, long_rate) for lot in lots if lot.units > 0]
    kept = [one for one in found if one.allowed_loss > 0 and one.allowed_loss >= min_loss]
    return tuple(sorted(kept, key=lambda one: (-one.benefit, one.lot.symbol, one.lot.lot)))


def tried(
    lot: OpenLot, purchases: Sequence[Purchase], sales: Sequence[Sale], day: date, short: Decimal, long: Decimal
) -> Opportunity:
    """Return what selling ``lot`` on ``day`` would mean for tax, a loss or not."""
    sale = Sale(lot.symbol, lot.lot, lot.acquired, day, lot.units, lot.value, lot.basis)
    others = [one for one in sales if one.symbol == lot.symbol]
    lines = tuple(line for line in view_sales([*others, sale], purchases).lines if line.sale is sale)
    disallowed = sum((line.disallowed for line in lines), Decimal(0))
    loss = -sum((line.gain for line in lines), Decimal(0))
    benefit = sum((-line.allowed_gain * (long if line.long_term else short) for line in lines), Decimal(0))
    return Opportunity(lot, loss, disallowed, loss - disallowed, benefit, lines, day + timedelta(days=WASH_DAYS + 1))
