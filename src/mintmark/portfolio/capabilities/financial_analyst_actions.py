"""Splits and dividends that lie ahead of what is held."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mintmark.domain import Money
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.shapes import GivenHoldings, of_state


class HeldAhead(Arguments):
    """What is held, and how many days to look ahead."""

    positions: GivenHoldings
    days_ahead: Annotated[int, Field(ge=1, le=3650)] = 90


class Upcoming(Answer):
    """An action known on the day of the pack whose ex day lies ahead; ``value`` is new shares per old, or per share."""

    symbol: str
    kind: str
    ex_date: date
    pay_date: date | None
    announced: date | None
    value: Decimal
    currency: str


class UpcomingActions(Answer):
    """All of them by ex day."""

    asof: date
    actions: list[Upcoming]


class ActionsGiven(Arguments):
    """What is held and what lies ahead."""

    positions: GivenHoldings
    actions: Annotated[UpcomingActions, BeforeValidator(of_state(UpcomingActions))]


class Impact(Answer):
    """What an action does to the units held: cash before tax in its own currency and in base, and units after it."""

    symbol: str
    kind: str
    ex_date: date
    units: Decimal
    units_after: Decimal
    cash: Money | None
    cash_base: Money | None


class Impacts(Answer):
    """Each action's impact, and all cash at the rates of the pack."""

    impacts: list[Impact]
    cash_base: Money


def upcoming(reading: Reading, given: HeldAhead) -> UpcomingActions:
    """Return the actions ahead of what is held, as they were known on the day of the pack."""
    last = reading.ctx.asof_date + timedelta(days=given.days_ahead)
    found = []
    for symbol in given.positions.symbols:
        for action in reading.pack.upcoming_actions(symbol):
            if action.ex_date > last:
                continue
            if action.lead_days is not None:
                message = f"announcements are assumed {action.lead_days} days before the ex day"
                reading.notes.warn("announcement_assumed", message)
            found.append(_upcoming(action, reading.pack.series(symbol).currency))
    return UpcomingActions(asof=reading.ctx.asof_date, actions=sorted(found, key=lambda one: (one.ex_date, one.symbol)))


def impact(reading: Reading, given: ActionsGiven) -> Impacts:
    """Return what each action does to what is held; later ones see the units after earlier splits."""
    base = given.positions.base_currency
    units: dict[str, Decimal] = {}
    for one in given.positions.positions:
        units[one.symbol] = units.get(one.symbol, Decimal(0)) + one.units
    impacts, total = [], Decimal(0)
    for action in given.actions.actions:
        held = units[action.symbol]
        cash = Money(held * action.value, action.currency) if action.kind == "dividend" else None
        worth = None if cash is None else Money(reading.pack.convert(cash.amount, cash.currency, base), base)
        units[action.symbol] = held * action.value if action.kind == "split" else held
        total += Decimal(0) if worth is None else worth.amount
        impacts.append(
            Impact(
                symbol=action.symbol,
                kind=action.kind,
                ex_date=action.ex_date,
                units=held,
                units_after=units[action.symbol],
                cash=cash,
                cash_base=worth,
            )
        )
    return Impacts(impacts=impacts, cash_base=Money(total, base))


def _upcoming(action: Any, currency: str) -> Upcoming:
    return Upcoming(
        symbol=action.symbol,
        kind=action.kind,
        ex_date=action.ex_date,
        pay_date=action.pay_date,
        announced=action.announced,
        value=action.value,
        currency=currency,
    )


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    ahead, does = "Splits and dividends known to lie ahead.", "What they do to the units held."
    return (
        Capability("corporate_actions.upcoming", HeldAhead, UpcomingActions, upcoming, ahead),
        Capability("corporate_actions.calculate_impact", ActionsGiven, Impacts, impact, does),
    )
