"""Funding by a series of rates, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from simulation_cases import HOUR, an_instrument, some_bars

from mintmark.domain import CostProfile, Refused
from mintmark.simulation import Account, FundingRate, run_targets

ROW = (100.0, 101.0, 99.0, 100.0)


@pytest.mark.parametrize("side", [1, -1])
def test_funding_is_paid_on_the_notional_at_the_last_close_by_whoever_holds_then(side):
    bars = some_bars([(p, p, p, p) for p in (100.0, 100.0, 110.0, 120.0, 120.0, 120.0)])
    instrument = an_instrument(contract_size=Decimal(10), costs=CostProfile(financing="funding"))
    at = bars.stamps.tolist()
    rates = [
        FundingRate("X", at[1], 0.01),  # Nobody holds before the orders of this bar.
        FundingRate("X", at[2], -0.0003),  # 2 x 10 x 100 x -0.0003 = -0.60
        FundingRate("X", at[3] - HOUR // 2, 0.0001),  # Between two bars: 2 x 10 x 110 x 0.0001 = 0.22
        FundingRate("X", at[5], 0.01),  # Closed at the open of the bar before.
    ]

    result = run_targets(
        [bars], np.array([2.0 * side, np.nan, np.nan, 0.0, np.nan, np.nan]), [instrument],
        Account("USD", Decimal(1_000_000), Decimal(30)), bars_per_year=6_240, sizing="size", actions=rates,
    )  # fmt: skip

    (trade,) = result.trades
    assert trade["price_profit"] == pytest.approx(side * 400.0)
    assert trade["financing_cost"] == pytest.approx(side * -0.38)
    assert trade["net_profit"] == pytest.approx(side * 399.62)
    assert float(result.final_equity) == pytest.approx(1e6 + side * 399.62)


def test_rates_of_funding_that_cannot_be_are_refused():
    funded = an_instrument(costs=CostProfile(financing="funding"))
    borrowing = an_instrument(costs=CostProfile(financing="funding", borrow_bps_per_year=Decimal(5)))
    rate = FundingRate("X", int(some_bars([ROW] * 3).stamps[1]), 0.0001)

    for instrument, actions, field in (
        (an_instrument(), [rate], "funding"),
        (funded, [replace(rate, rate=float("nan"))], "funding"),
        (borrowing, [rate], "costs.borrow_bps_per_year"),
    ):
        with pytest.raises(Refused) as refused:
            run_targets([some_bars([ROW] * 3)], np.zeros(3), [instrument], bars_per_year=252, actions=actions)
        assert (refused.value.code, refused.value.details["field"]) == ("bad_value", field)
