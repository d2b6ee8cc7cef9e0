"""Losses that would lower tax if they were taken on the day of the pack."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from mintmark.domain import Money
from mintmark.portfolio.capabilities.financial_analyst_tax import Replaced, books_of
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.harvesting import OpenLot, Opportunity, tried
from mintmark.portfolio.shapes import GivenValued, Number, of_state

_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_NOTHING: Final = Decimal(0)


class ValuedGiven(Arguments):
    """What ``pricing.apply_pack`` gave."""

    valued: GivenValued


class Unrealized(Answer):
    """An open lot: basis with the fee of the purchase, value at the close of the pack, both in base currency."""

    symbol: str
    lot: str
    acquired: date
    units: Decimal
    basis: Money
    value: Money
    gain: Money


class UnrealizedLots(Answer):
    """All open long lots by name."""

    base_currency: str
    asof: date
    lots: list[Unrealized]


class LotsGiven(Arguments):
    """What ``tax.unrealized`` gave, and the least loss that counts, in base currency."""

    unrealized: Annotated[UnrealizedLots, BeforeValidator(of_state(UnrealizedLots))]
    min_loss: Number = Field(default=Decimal(100), ge=0)


class Losses(Answer):
    """Open lots that would be sold at a loss."""

    base_currency: str
    asof: date
    min_loss: Decimal
    losses: list[Unrealized]


class LossesGiven(Arguments):
    """What ``tax.identify_losses`` gave."""

    losses: Annotated[Losses, BeforeValidator(of_state(Losses))]


class Checked(Answer):
    """A loss before and after what a wash sale takes of it, the allowed part by term.

    Not to be bought again before ``buy_again``, in any portfolio of the owner.
    """

    symbol: str
    lot: str
    acquired: date
    units: Decimal
    basis: Money
    value: Money
    loss: Money
    disallowed: Money
    allowed_loss: Money
    allowed_short: Money
    allowed_long: Money
    buy_again: date
    replacements: list[Replaced]


class CheckedLosses(Answer):
    """The losses of which enough is left."""

    base_currency: str
    losses: list[Checked]


class RatesGiven(Arguments):
    """What ``tax.wash_sale_check`` gave, and what gains are taxed at: fractions, 0.35 is 35 %."""

    losses: Annotated[CheckedLosses, BeforeValidator(of_state(CheckedLosses))]
    short_rate: Number = Field(ge=0, le=1)
    long_rate: Number = Field(ge=0, le=1)


class Benefit(Answer):
    """A loss and what it would save: the allowed parts at the rates of their terms."""

    loss: Checked
    benefit: Money


class Benefits(Answer):
    base_currency: str
    benefits: list[Benefit]


class BenefitsGiven(Arguments):
    """What ``tax.calculate_benefit`` gave."""

    benefits: Annotated[Benefits, BeforeValidator(of_state(Benefits))]


class Ranked(Answer):
    """The opportunities, the best first, and what all of them would save."""

    opportunities: list[Benefit]
    total: Money


def unrealized(reading: Reading, given: ValuedGiven) -> UnrealizedLots:
    """Return the open lots of the portfolio at the closes of the pack."""
    base, found = given.valued.base_currency, []
    for lot in books_of(reading).open_lots:
        close = reading.pack.close(lot.symbol)
        value = reading.pack.convert(_WIDE.multiply(lot.units, close.amount), close.currency, base)
        found.append(
            Unrealized(
                symbol=lot.symbol,
                lot=lot.lot,
                acquired=lot.acquired,
                units=lot.units,
                basis=Money(lot.basis, base),
                value=Money(value, base),
                gain=Money(_WIDE.subtract(value, lot.basis), base),
            )
        )
    reading.notes.inputs(len(found), len(found))
    return UnrealizedLots(base_currency=base, asof=given.valued.asof, lots=sorted(found, key=lambda one: one.lot))


def identify_losses(reading: Reading, given: LotsGiven) -> Losses:
    """Return the lots whose sale would lose ``min_loss`` at least, with the basis they took over counted in."""
    lots = given.unrealized
    found = [one for one, sold in _sold(reading, lots.lots, lots.asof) if sold.loss > 0 and sold.loss >= given.min_loss]
    return Losses(base_currency=lots.base_currency, asof=lots.asof, min_loss=given.min_loss, losses=found)


def wash_sale_check(reading: Reading, given: LossesGiven) -> CheckedLosses:
    """Return the losses of which ``min_loss`` is left at least when each lot alone is sold."""
    losses = given.losses
    found = [_checked(one, sold, losses.base_currency) for one, sold in _sold(reading, losses.losses, losses.asof)]
    kept = [one for one in found if one.allowed_loss.amount > 0 and one.allowed_loss.amount >= losses.min_loss]
    return CheckedLosses(base_currency=losses.base_currency, losses=kept)


def calculate_benefit(_reading: Reading, given: RatesGiven) -> Benefits:
    """Return what each loss would save at the given rates."""
    base = given.losses.base_currency
    found = []
    for one in given.losses.losses:
        short = _WIDE.multiply(one.allowed_short.amount, given.short_rate)
        saved = _WIDE.add(short, _WIDE.multiply(one.allowed_long.amount, given.long_rate))
        found.append(Benefit(loss=one, benefit=Money(saved, base)))
    return Benefits(base_currency=base, benefits=found)


def rank_opportunities(_reading: Reading, given: BenefitsGiven) -> Ranked:
    """Return the losses by what they save, the best first; the sum takes each lot for sold alone."""
    found = sorted(given.benefits.benefits, key=lambda one: (-one.benefit.amount, one.loss.symbol, one.loss.lot))
    total = sum((one.benefit.amount for one in found), _NOTHING)
    return Ranked(opportunities=found, total=Money(total, given.benefits.base_currency))


def _sold(reading: Reading, lots: list[Unrealized], day: date) -> list[tuple[Unrealized, Opportunity]]:
    books = books_of(reading)
    found = []
    for one in lots:
        lot = OpenLot(one.symbol, one.lot, one.acquired, one.units, one.basis.amount, one.value.amount)
        found.append((one, tried(lot, books.purchases, books.sales, day, _NOTHING, _NOTHING)))
    return found


def _checked(one: Unrealized, sold: Opportunity, base: str) -> Checked:
    short = sum((-line.allowed_gain for line in sold.lines if not line.long_term), _NOTHING)
    long = sum((-line.allowed_gain for line in sold.lines if line.long_term), _NOTHING)
    return Checked(
        symbol=one.symbol,
        lot=one.lot,
        acquired=one.acquired,
        units=one.units,
        basis=one.basis,
        value=one.value,
        loss=Money(sold.loss, base),
        disallowed=Money(sold.disallowed, base),
        allowed_loss=Money(sold.allowed_loss, base),
        allowed_short=Money(short, base),
        allowed_long=Money(long, base),
        buy_again=sold.buy_again,
        replacements=[
            Replaced(lot=each.lot, bought=each.bought, units=each.units, disallowed=Money(each.disallowed, base))
            for line in sold.lines
            for each in line.replacements
        ],
    )


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("tax.unrealized", ValuedGiven, UnrealizedLots, unrealized, "Open lots at the closes of the pack."),
        ("tax.identify_losses", LotsGiven, Losses, identify_losses, "Open lots that would lose enough."),
        ("tax.wash_sale_check", LossesGiven, CheckedLosses, wash_sale_check, "What a wash sale would leave of them."),
        ("tax.calculate_benefit", RatesGiven, Benefits, calculate_benefit, "What each loss would save."),
        ("tax.rank_opportunities", BenefitsGiven, Ranked, rank_opportunities, "The best losses first."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
