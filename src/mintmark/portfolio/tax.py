"""What sales mean for tax under the American rules: terms, wash sales, and losses worth taking.

A view: the lots of the journal do not change. All amounts are in one currency, at the rates of their trades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TypeVar

WASH_DAYS = 30
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
_TEN_PLACES = Decimal("1e-10")
_NOTHING = Decimal(0)
Record = TypeVar("Record")


@dataclass(frozen=True)
class Purchase:
    """A lot as it was bought, in any portfolio of the owner; ``lot`` names it among all of them."""

    symbol: str
    lot: str
    bought: date
    units: Decimal


@dataclass(frozen=True)
class Sale:
    """What was sold of one lot: proceeds less the fee of the sale, basis with that of the purchase.

    A cover of a short lot has negative units; it is short-term and never a wash sale.
    """

    symbol: str
    lot: str
    acquired: date
    sold: date
    units: Decimal
    proceeds: Decimal
    basis: Decimal


@dataclass(frozen=True)
class Portion:
    """Units of a lot that replaced units sold at a loss: what their basis gained, and since when they count as held."""

    units: Decimal
    basis_added: Decimal
    since: date


@dataclass(frozen=True)
class Replacement:
    """The units that made a loss a wash sale, and the part of the loss they took over."""

    lot: str
    bought: date
    units: Decimal
    disallowed: Decimal


@dataclass(frozen=True)
class TaxLine:
    """A sale, or the part of it that counts as held ``since`` one day.

    ``gain`` is before, ``allowed_gain`` after the ``disallowed`` loss is taken out.
    """

    sale: Sale
    units: Decimal
    since: date
    proceeds: Decimal
    basis: Decimal
    disallowed: Decimal
    replacements: tuple[Replacement, ...]

    @property
    def gain(self) -> Decimal:
        return _EXACT.subtract(self.proceeds, self.basis)

    @property
    def allowed_gain(self) -> Decimal:
        return _EXACT.add(self.gain, self.disallowed)

    @property
    def long_term(self) -> bool:
        return self.units >= 0 and is_long_term(self.since, self.sale.sold)


@dataclass(frozen=True)
class TaxView:
    """All lines in the order of the sales, and what is still to be counted on lots that replaced others."""

    lines: tuple[TaxLine, ...]
    portions: Mapping[str, tuple[Portion, ...]]


@dataclass(frozen=True)
class Totals:
    """Sums of allowed gains and losses by term, losses as negative amounts, and of what was disallowed."""

    short_gains: Decimal
    short_losses: Decimal
    long_gains: Decimal
    long_losses: Decimal
    disallowed: Decimal


def is_long_term(since: date, sold: date) -> bool:
    """Return whether ``sold`` lies after the first anniversary of ``since``.

    >>> is_long_term(date(2020, 3, 2), date(2021, 3, 2)), is_long_term(date(2020, 2, 29), date(2021, 3, 1))
    (False, True)
    """
    leap = (since.month, since.day) == (2, 29)
    return sold > since.replace(year=since.year + 1, day=28 if leap else since.day)


def view_sales(sales: Iterable[Sale], purchases: Iterable[Purchase]) -> TaxView:
    """Return every sale with its term and its wash-sale adjustment.

    A loss is a wash sale as far as shares of the same instrument, of another lot and still held after the day, were
    bought from 30 days before to 30 days after: the oldest first, each once. Their basis takes over the loss, and
    they count as held since as long as those sold. Shares sold go first out of those that replaced others.

    Source:
        United States Code, title 26, sections 1091, 1222, 1223(3).
    """
    ordered = sorted(sales, key=lambda sale: sale.sold)
    with localcontext(_EXACT):
        book = _Book(_by(purchases, lambda one: one.symbol), _by(ordered, lambda one: one.lot))
        lines = tuple(line for sale in ordered for line in book.lines_of(sale))
        return TaxView(lines, {lot: tuple(left) for lot, left in book.portions.items() if left})


def totals(lines: Iterable[TaxLine]) -> Totals:
    """Return the sums of ``lines``."""
    sums = dict.fromkeys(((long, gain) for long in (False, True) for gain in (False, True)), _NOTHING)
    disallowed = _NOTHING
    with localcontext(_EXACT):
        for line in lines:
            sums[line.long_term, line.allowed_gain > 0] += line.allowed_gain
            disallowed += line.disallowed
    return Totals(sums[False, True], sums[False, False], sums[True, True], sums[True, False], disallowed)


@dataclass
class _Book:
    """Which units of which lot have replaced others, while sales are gone through by date."""

    purchases: Mapping[str, Sequence[Purchase]]
    sales: Mapping[str, Sequence[Sale]]
    portions: dict[str, list[Portion]] = field(default_factory=dict)

    def lines_of(self, sale: Sale) -> list[TaxLine]:
        """Return the lines of ``sale``: one for each portion it takes, one for the rest."""
        if sale.units <= 0:
            return [TaxLine(sale, sale.units, sale.acquired, sale.proceeds, sale.basis, _NOTHING, ())]
        parts = self._take(sale)
        proceeds = _split(sale.proceeds, [part.units for part in parts], sale.units)
        basis = _split(sale.basis, [part.units for part in parts], sale.units)
        return [
            self._washed(sale, part, got, cost + part.basis_added)
            for part, got, cost in zip(parts, proceeds, basis, strict=True)
        ]

    def _take(self, sale: Sale) -> list[Portion]:
        """Return the units of ``sale`` by how long they count as held; portions give way first."""
        waiting, left, taken = self.portions.get(sale.lot, []), sale.units, []
        while waiting and left:
            first = waiting.pop(0)
            units = min(first.units, left)
            added = _share(first.basis_added, units, first.units)
            taken.append(Portion(units, added, first.since))
            left -= units
            if units < first.units:
                waiting.insert(0, Portion(first.units - units, first.basis_added - added, first.since))
        return [*taken, Portion(left, _NOTHING, sale.acquired)] if left else taken

    def _washed(self, sale: Sale, part: Portion, proceeds: Decimal, basis: Decimal) -> TaxLine:
        loss, open_units, found = basis - proceeds, part.units, []
        disallowed = _NOTHING
        for purchase in self._candidates(sale) if loss > 0 else ():
            units = min(self._free(purchase, sale.sold), open_units)
            if units <= 0:
                continue
            # Where every unit is replaced the last share takes what rounding left.
            moved = loss - disallowed if units == open_units else _share(loss, units, part.units)
            open_units, disallowed = open_units - units, disallowed + moved
            found.append(Replacement(purchase.lot, purchase.bought, units, moved))
            since = purchase.bought - (sale.sold - part.since)
            self.portions.setdefault(purchase.lot, []).append(Portion(units, moved, since))
            if not open_units:
                break
        return TaxLine(sale, part.units, part.since, proceeds, basis, disallowed, tuple(found))

    def _candidates(self, sale: Sale) -> list[Purchase]:
        near = timedelta(days=WASH_DAYS)
        found = [
            one
            for one in self.purchases.get(sale.symbol, ())
            if one.lot != sale.lot and abs(one.bought - sale.sold) <= near
        ]
        return sorted(found, key=lambda one: (one.bought, one.lot))

    def _free(self, purchase: Purchase, day: date) -> Decimal:
        """Return the units of ``purchase`` that are still held after ``day`` and have replaced no others."""
        gone = sum((one.units for one in self.sales.get(purchase.lot, ()) if one.sold <= day), _NOTHING)
        waiting = sum((one.units for one in self.portions.get(purchase.lot, ())), _NOTHING)
        return purchase.units - gone - waiting


def _by(records: Iterable[Record], key: Callable[[Record], str]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(key(record), []).append(record)
    return found


def _share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return (total * part / whole).quantize(_TEN_PLACES)


def _split(total: Decimal, parts: Sequence[Decimal], whole: Decimal) -> list[Decimal]:
    """Return ``total`` by ``parts``; the last takes what rounding left."""
    given = [_share(total, part, whole) for part in parts[:-1]]
    return [*given, total - sum(given, _NOTHING)]
