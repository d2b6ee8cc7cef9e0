"""From the ledger to what the tax rules look at: sales, purchases and open lots of all portfolios of an owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from mintmark.domain import Refused
from mintmark.portfolio.tax import Purchase, Sale

_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_PLACES: Final = Decimal("1e-10")


@dataclass(frozen=True)
class Bought:
    """An open lot of the portfolio asked about: basis with the fee of the purchase, in its base currency."""

    symbol: str
    lot: str
    acquired: date
    units: Decimal
    basis: Decimal


@dataclass(frozen=True)
class TaxBooks:
    """What the tax rules look at; lots are named ``CODE:lot``.

    ``sales`` and ``purchases`` are of all portfolios of the owner; ``open_lots`` of that asked about. Units are told as
    of the last day: splits after a sale count in. ``left_out`` are the portfolios with another base currency, whose
    purchases count and whose sales do not.
    """

    code: str
    sales: tuple[Sale, ...]
    purchases: tuple[Purchase, ...]
    open_lots: tuple[Bought, ...]
    left_out: tuple[str, ...]

    def owns(self, lot: str) -> bool:
        """Return whether ``lot`` is one of the portfolio asked about."""
        return lot.startswith(f"{self.code}:")


def tax_books(ledger: Any, code: str, base: str, owned: Sequence[tuple[str, str]], end: date) -> TaxBooks:
    """Return what the ledger holds up to ``end`` for the owner of ``owned``, (code, base currency) each.

    Raises:
        Refused: ``fx_missing`` for a lot in another currency whose rate of the trade date nobody said.
    """
    sales: list[Sale] = []
    purchases: list[Purchase] = []
    left_out = []
    open_lots: tuple[Bought, ...] = ()
    for other, currency in owned:
        splits = _splits(ledger, other, end)
        sold = [_sale(other, one, splits) for one in ledger.realized(other, date.min, end)]
        lots = [lot for lot in ledger.lots(other, end) if lot.units > 0]
        purchases += _purchases(other, lots, sold)
        if currency == base:
            sales += sold
        elif sold:
            left_out.append(other)
        if other == code:
            open_lots = tuple(_bought(other, lot, base) for lot in lots)
    return TaxBooks(code, tuple(sales), tuple(purchases), open_lots, tuple(left_out))


def _sale(code: str, one: Any, splits: Mapping[str, Sequence[tuple[date, Decimal]]]) -> Sale:
    """Return a removal as the tax rules see it: fees count on both sides."""
    units = one.units
    for day, ratio in splits.get(one.symbol, ()):
        if day > one.date:
            units = _WIDE.multiply(units, ratio).quantize(_PLACES, context=_WIDE)
    proceeds = _WIDE.subtract(one.proceeds_base, _WIDE.multiply(one.fee, one.fx))
    basis = _WIDE.add(one.cost_base, _WIDE.multiply(one.lot_fee, one.lot_fx))
    return Sale(one.symbol, f"{code}:{one.lot_id}", one.acquired, one.date, units, proceeds, basis)


def _bought(code: str, lot: Any, base: str) -> Bought:
    if lot.fx is None and lot.currency != base:
        message = f"the lot {lot.id} of {code} has no rate of {lot.currency} on its trade date"
        raise Refused(message, code="fx_missing", lot=lot.id, currency=lot.currency)
    basis = _WIDE.multiply(_WIDE.add(lot.cost, lot.fee), lot.fx or Decimal(1))
    return Bought(lot.symbol, f"{code}:{lot.id}", lot.acquired, lot.units, basis)


def _purchases(code: str, lots: Iterable[Any], sold: Iterable[Sale]) -> list[Purchase]:
    """Return each lot as it was bought: what is open and what was sold of it."""
    found: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    for lot in lots:
        found[lot.symbol, f"{code}:{lot.id}", lot.acquired] += lot.units
    for sale in sold:
        if sale.units > 0:
            found[sale.symbol, sale.lot, sale.acquired] += sale.units
    return [Purchase(symbol, lot, acquired, units) for (symbol, lot, acquired), units in found.items()]


def _splits(ledger: Any, code: str, end: date) -> dict[str, list[tuple[date, Decimal]]]:
    entries = ledger.entries(code, None, end)
    gone = {entry.reverses for entry in entries if entry.reverses}
    found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "split" and entry.id not in gone:
            ratio = entry.meta["ratio"]
            share = _WIDE.divide(Decimal(ratio["new"]), Decimal(ratio["old"]))
            found[entry.meta["symbol"]].append((entry.date, share))
    return dict(found)
