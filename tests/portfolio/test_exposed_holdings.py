"""What is held as risk sees it, and the dollar month by month, over closes made by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from mintmark.domain import Money, Refused
from mintmark.portfolio.capabilities.macro_hound_factors import sources_of
from mintmark.portfolio.exposed_holdings import as_held, grown, held_of, in_base, last_days, money_of
from mintmark.portfolio.shapes import PricedHolding, PricedMoney, Valued

DAY = date(2024, 3, 15)


class HandPack:
    """Every weekday is a trading day; closes and rates stand still or move as told."""

    def __init__(self, returns=(), rates=()):
        self._returns, self._rates = returns, rates

    def trading_days(self, start, end):
        days = [start + timedelta(days=step) for step in range((end - start).days + 1)]
        return [day for day in days if day.weekday() < 5]

    def series(self, _symbol):
        return SimpleNamespace(currency="USD")

    def total_returns(self, _symbol, days):
        return np.array([np.nan, *self._returns][: len(days)])

    def rate_array(self, _source, target, days):
        if target == "XXX":
            raise Refused("no rate", code="rate_missing")
        return np.array(self._rates[: len(days)]) if len(self._rates) else np.array([float(day.day) for day in days])


def holding(symbol, value, margin=False):
    worth, none = Money(Decimal(value), "EUR"), Money(Decimal(0), "EUR")
    price = Money(Decimal(1), "USD")
    return PricedHolding(
        symbol=symbol, security_id=symbol, units=Decimal(1), price=price, price_date=DAY, value=price, value_base=worth,
        weight=None, cost_base=none, unrealized=none, margin=margin,
    )  # fmt: skip


def valued(*positions, nav="1000"):
    none = Money(Decimal(0), "EUR")
    cash = PricedMoney(kind="cash", symbol=None, amount=Money(Decimal(5), "USD"), value_base=none, weight=None)
    return Valued(
        base_currency="EUR", asof=DAY, nav=Money(Decimal(nav), "EUR"), invested=none, cash=none,
        positions=list(positions), money=[cash],
    )  # fmt: skip


def test_what_is_on_margin_and_what_is_not_are_one_holding():
    found = held_of(valued(holding("ACME", 300), holding("BETA", -50), holding("ACME", -100, margin=True)))

    assert [(one.symbol, one.value) for one in found] == [("ACME", 200), ("BETA", -50)]


def test_no_factor_moves_cash_and_it_stands_in_its_own_currency():
    cash = money_of(valued())[0]

    assert (cash.symbol, cash.currency, cash.betas) == ("cash:USD", "USD", {})


def test_returns_in_base_hold_price_and_currency_and_the_portfolio_its_weights_of_today():
    pack, days = HandPack([0.10, -0.20], [1.0, 0.5, 1.0]), [DAY, DAY, DAY]

    own = in_base(pack, "ACME", "EUR", days)
    whole = as_held(pack, valued(holding("ACME", 500)), days)

    # (1 + 10 %) x 0.5 / 1 - 1, (1 - 20 %) x 1 / 0.5 - 1; half of the value is cash.
    assert own[1:].tolist() == pytest.approx([-0.45, 0.60])
    assert whole[1:].tolist() == pytest.approx([-0.225, 0.30])
    assert np.isnan([own[0], whole[0]]).all()
    assert grown(own) == pytest.approx(0.55 * 1.60 - 1)
    assert grown(np.array([np.nan, 0.1, np.nan])) is None


def test_the_last_days_are_as_many_as_asked_for():
    days = last_days(HandPack(), DAY, 1_261)

    assert (len(days), days[-1]) == (1_261, DAY)


def test_the_dollar_is_taken_at_the_last_close_of_each_month_that_has_ended():
    reading = SimpleNamespace(pack=HandPack())
    sources = sources_of(reading, np.datetime64("2023-12-20"), np.datetime64("2024-03-15"), lambda _name: None)

    found = sources.dollar("EUR")

    # Fridays and weekdays: 29 December, 31 January, 29 February; March has not ended.
    assert found is not None
    assert found.values.tolist() == [29.0, 31.0, 29.0]
    assert found.ends.astype(str).tolist() == ["2023-12-31", "2024-01-31", "2024-02-29"]
    assert sources.dollar("XXX") is None
