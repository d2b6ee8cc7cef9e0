"""What the sales of a year mean for tax."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mintmark.domain import Money, Refused
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.owners import OwnersBooks
from mintmark.portfolio.shapes import of_state
from mintmark.portfolio.tax import WASH_DAYS, TaxLine, TaxView, totals, view_sales
from mintmark.portfolio.tax_reading import TaxBooks, tax_books


class YearGiven(Arguments):
    """The year of the sales."""

    tax_year: Annotated[int, Field(ge=1900, le=9999)]


class Replaced(Answer):
    """Units bought near a sale at a loss, and the part of the loss their basis takes over."""

    lot: str
    bought: date
    units: Decimal
    disallowed: Money


class Gain(Answer):
    """What was sold of a lot: proceeds less the fee of the sale, basis with that of the purchase.

    ``gain`` is before, ``allowed_gain`` after a wash sale took its part; ``since`` is the day it counts as held from.
    """

    symbol: str
    lot: str
    acquired: date
    since: date
    sold: date
    units: Decimal
    proceeds: Money
    basis: Money
    gain: Money
    disallowed: Money
    allowed_gain: Money
    term: str
    replacements: list[Replaced]


class Gains(Answer):
    """The sales of a year by their date, amounts in base currency at the rates of the trades."""

    tax_year: int
    rule: str
    base_currency: str
    asof: date
    gains: list[Gain]


class GainsGiven(Arguments):
    """What ``tax.realized_gains`` gave."""

    gains: Annotated[Gains, BeforeValidator(of_state(Gains))]


class WashSale(Answer):
    """A loss that is not allowed, in whole or in part, and the purchases that took it over."""

    symbol: str
    lot: str
    sold: date
    units: Decimal
    loss: Money
    disallowed: Money
    replacements: list[Replaced]


class WashSales(Answer):
    tax_year: int
    wash_sales: list[WashSale]
    disallowed: Money


class LotDetail(Answer):
    """A lot of which something was sold in the year; what is open of it is told as of the day of the answer."""

    symbol: str
    lot: str
    acquired: date
    units_sold: Decimal
    units_open: Decimal
    proceeds: Money
    basis: Money
    allowed_gain: Money


class LotDetails(Answer):
    tax_year: int
    lots: list[LotDetail]


class TaxSummary(Answer):
    """Sums of allowed gains and losses by term, losses as negative amounts; ``net`` is what is left of all."""

    tax_year: int
    rule: str
    sales: int
    short_gains: Money
    short_losses: Money
    net_short: Money
    long_gains: Money
    long_losses: Money
    net_long: Money
    disallowed: Money
    net: Money


def books_of(reading: Reading) -> TaxBooks:
    """Return what the rules look at; refuses ``tax_rule_not_set`` for a portfolio that follows none."""
    owned = reading.owned
    if owned.tax_rule != "us":
        message = f"{owned.code} follows no tax rule: a portfolio created with `--tax us` does"
        raise Refused(message, code="tax_rule_not_set", portfolio=owned.code, found=owned.tax_rule)
    known = reading.services.need(OwnersBooks).of(owned.owner)
    found = tax_books(reading.ledger, owned.code, owned.base_currency, known, reading.ctx.asof_date)
    if found.left_out:
        message = f"sales of {', '.join(found.left_out)} are in another base currency and match no purchases here"
        reading.notes.warn("other_base_currency", message)
    return found


def realized_gains(reading: Reading, given: YearGiven) -> Gains:
    """Return the sales of a year with term and wash sales, looked for in all portfolios of the owner."""
    owned, day = reading.owned, reading.ctx.asof_date
    lines = _lines(reading, given.tax_year)[1]
    if given.tax_year >= day.year:
        reading.notes.warn("year_not_over", f"{given.tax_year} is told up to {day}")
    if any(line.gain < 0 and line.sale.sold > day - timedelta(days=WASH_DAYS) for line in lines):
        message = f"shares bought within {WASH_DAYS} days of the last sales may still make them wash sales"
        reading.notes.warn("wash_window_open", message)
    reading.notes.inputs(1, 1)
    return Gains(
        tax_year=given.tax_year,
        rule=owned.tax_rule,
        base_currency=owned.base_currency,
        asof=day,
        gains=[gain_of(line, owned.base_currency) for line in lines],
    )


def wash_sales(_reading: Reading, given: GainsGiven) -> WashSales:
    """Return the losses that are not allowed."""
    base = given.gains.base_currency
    found = [
        WashSale(
            symbol=one.symbol,
            lot=one.lot,
            sold=one.sold,
            units=one.units,
            loss=Money(-one.gain.amount, base),
            disallowed=one.disallowed,
            replacements=one.replacements,
        )
        for one in given.gains.gains
        if one.replacements
    ]
    total = sum((one.disallowed.amount for one in found), Decimal(0))
    return WashSales(tax_year=given.gains.tax_year, wash_sales=found, disallowed=Money(total, base))


def lot_details(reading: Reading, given: GainsGiven) -> LotDetails:
    """Return each lot of which something was sold in the year."""
    still = {lot.lot: lot.units for lot in books_of(reading).open_lots}
    base = given.gains.base_currency
    by_lot: dict[str, list[Gain]] = {}
    for one in given.gains.gains:
        by_lot.setdefault(one.lot, []).append(one)
    found = [
        LotDetail(
            symbol=parts[0].symbol,
            lot=lot,
            acquired=parts[0].acquired,
            units_sold=sum((one.units for one in parts), Decimal(0)),
            units_open=still.get(lot, Decimal(0)),
            proceeds=Money(sum((one.proceeds.amount for one in parts), Decimal(0)), base),
            basis=Money(sum((one.basis.amount for one in parts), Decimal(0)), base),
            allowed_gain=Money(sum((one.allowed_gain.amount for one in parts), Decimal(0)), base),
        )
        for lot, parts in sorted(by_lot.items())
    ]
    return LotDetails(tax_year=given.gains.tax_year, lots=found)


def summary(reading: Reading, given: YearGiven) -> TaxSummary:
    """Return the sums of a year by term."""
    lines, base = _lines(reading, given.tax_year)[1], reading.owned.base_currency
    found = totals(lines)
    short, long = found.short_gains + found.short_losses, found.long_gains + found.long_losses
    return TaxSummary(
        tax_year=given.tax_year,
        rule=reading.owned.tax_rule,
        sales=len({(line.sale.lot, line.sale.sold) for line in lines}),
        short_gains=Money(found.short_gains, base),
        short_losses=Money(found.short_losses, base),
        net_short=Money(short, base),
        long_gains=Money(found.long_gains, base),
        long_losses=Money(found.long_losses, base),
        net_long=Money(long, base),
        disallowed=Money(found.disallowed, base),
        net=Money(short + long, base),
    )


def gain_of(line: TaxLine, base: str) -> Gain:
    """Return a line of the tax view as it is told."""
    return Gain(
        symbol=line.sale.symbol,
        lot=line.sale.lot,
        acquired=line.sale.acquired,
        since=line.since,
        sold=line.sale.sold,
        units=line.units,
        proceeds=Money(line.proceeds, base),
        basis=Money(line.basis, base),
        gain=Money(line.gain, base),
        disallowed=Money(line.disallowed, base),
        allowed_gain=Money(line.allowed_gain, base),
        term="long" if line.long_term else "short",
        replacements=[
            Replaced(lot=one.lot, bought=one.bought, units=one.units, disallowed=Money(one.disallowed, base))
            for one in line.replacements
        ],
    )


def _lines(reading: Reading, year: int) -> tuple[TaxView, list[TaxLine]]:
    books = books_of(reading)
    view = view_sales(books.sales, books.purchases)
    return view, [line for line in view.lines if line.sale.sold.year == year and books.owns(line.sale.lot)]


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("tax.realized_gains", YearGiven, Gains, realized_gains, "The sales of a year, by lot and term."),
        ("tax.wash_sales", GainsGiven, WashSales, wash_sales, "Losses that are not allowed."),
        ("tax.lot_details", GainsGiven, LotDetails, lot_details, "The lots that were sold from."),
        ("tax.summary", YearGiven, TaxSummary, summary, "The sums of a year by term."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
