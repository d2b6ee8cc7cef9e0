"""Scenarios, replays and hedges by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.domain import Refusal
from mintmark.measures import currency_shock
from mintmark.portfolio.hedges import foreign_exposure, suggest_hedges
from mintmark.portfolio.replays import REPLAYS, Replayed, ReplayResult, replay
from mintmark.portfolio.scenarios import (
    FACTORS,
    SCENARIOS,
    Exposed,
    ScenarioResult,
    run_scenario,
    scenario_of,
    shocked,
)

BETAS = dict(zip(FACTORS, (-5.0, -3.0, -2.0, 0.0, 1.0), strict=True))


def position(symbol="ACME", value=100_000, currency="USD", betas=BETAS):
    return Exposed(symbol, Decimal(value), currency, betas)


def run(*positions, scenario="rates_up", base="USD", factors=FACTORS):
    return run_scenario(positions, SCENARIOS[scenario], base, factors)


@pytest.mark.parametrize(("base", "total"), [("USD", -10_000), ("CAD", -8_200)])
def test_a_dollar_position_under_rising_rates_in_two_bases(base, total):
    found = run(position(), base=base)

    assert isinstance(found, ScenarioResult)
    assert found.total == total
    assert (found.coverage, found.legs_uncovered, found.warnings) == (1, (), ())


def test_betas_for_seventy_percent_of_the_value_are_too_few():
    found = run(position(value=70), position("NEW", 30, betas=None))

    assert isinstance(found, Refusal)
    assert (found.code, found.limit, found.observed) == ("scenario_coverage_low", Decimal("0.8"), Decimal("0.7"))


def test_at_eighty_percent_what_is_not_covered_is_named_and_left_out():
    found = run(position(value=-80), position("NEW", 20, betas=None))

    assert isinstance(found, ScenarioResult)
    assert (found.total, found.uncovered) == (8, ("NEW",))
    assert found.deltas[1].change is None


def test_shocked_factors_the_set_lacks_are_listed():
    found = run(position(), factors=("inflation", "credit", "equity"))

    assert isinstance(found, ScenarioResult)
    assert (found.legs_uncovered, found.warnings) == (("real_rate", "usd"), ("scenario_partial",))


def test_cash_moves_with_its_currency_alone():
    found = run(position("CASH:EUR", 1_000, "EUR", {}), position("CASH:USD", 1_000, "USD", {}), scenario="usd_up")

    assert isinstance(found, ScenarioResult)
    assert [one.change for one in found.deltas] == [Decimal("-47.6190476190"), 0]


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=40), st.sampled_from(sorted(SCENARIOS)))
def test_positions_sum_to_the_total_and_winners_never_overlap_losers(values, scenario):
    positions = [position(f"S{place}", value) for place, value in enumerate(values)]

    found = run(*positions, scenario=scenario, base="CAD")

    assert isinstance(found, ScenarioResult)
    assert sum(one.change for one in found.deltas) == found.total
    assert not {one.symbol for one in found.winners} & {one.symbol for one in found.losers}
    assert max(len(found.winners), len(found.losers)) <= 10


def test_the_table_is_that_of_the_specification():
    assert len(SCENARIOS) == 16
    assert SCENARIOS["long_term_debt_crisis"] == dict(
        zip(FACTORS, map(Decimal, ("-0.02", "-0.015", "0.04", "0.20", "-0.50")), strict=True)
    )
    assert {name: [str(day) for day in days] for name, days in REPLAYS.items()}["covid"] == ["2020-02-19", "2020-03-23"]


def test_shocks_of_ones_own_are_checked():
    assert scenario_of(None, {"equity": Decimal("-0.1")})["equity"] == Decimal("-0.1")
    assert scenario_of("usd_up", None) == SCENARIOS["usd_up"]
    for wrong in (
        (None, None),
        ("usd_up", {}),
        ("nope", None),
        (None, {"gold": Decimal(1)}),
        (None, {"usd": Decimal(-1)}),
    ):
        found = scenario_of(*wrong)
        assert isinstance(found, Refusal)
        assert found.code == "input_invalid"


def test_a_replay_takes_own_returns_else_the_index_and_says_so():
    found = replay(
        [Replayed("OLD", Decimal(600), -0.5, 9.0), Replayed("YOUNG", Decimal(300), None, 1.5),
         Replayed("ODD", Decimal(100), None, None)], -0.4,
    )  # fmt: skip

    assert isinstance(found, ReplayResult)
    assert [one.change for one in found.result.deltas] == [-300, -180, None]
    assert (found.result.total, found.through_index, found.result.uncovered) == (-480, ("YOUNG",), ("ODD",))


def test_a_replay_nobody_was_there_for_is_refused():
    found = replay([Replayed("YOUNG", Decimal(300), None, 1.5)], None)

    assert isinstance(found, Refusal)
    assert found.code == "scenario_coverage_low"


def hedged(scenario="equity_selloff", beta=0.8, base="EUR", positions=None):
    draw = np.random.default_rng(3)
    market = draw.normal(0, 0.01, 500)
    held = positions or [position("ACME", 100_000, "USD", {"equity": beta})]
    result = run_scenario(held, SCENARIOS[scenario], base, FACTORS)
    index = Exposed("SPY", Decimal(1), base, {"equity": 1.0})
    shocks = SCENARIOS[scenario]
    worth = {one.symbol: shocked(one, shocks, base).fraction for one in (index, position("GOLD", 1))}
    return result, suggest_hedges(
        result.total, Decimal(100_000), returns=beta * market,
        instruments={"SPY": (market, worth["SPY"]), "FLAT": (np.zeros(500), worth["SPY"]),
                     "GOLD": (-market, worth["GOLD"])},
        foreign={name: (value, Decimal(repr(currency_shock(name, base, float(shocks["usd"])))))
                 for name, value in foreign_exposure(held, base).items()},
    )  # fmt: skip


def test_a_hedge_is_sold_by_its_beta_and_the_scenario_run_again():
    result, found = hedged()

    best = found.hedges[0]
    assert (best.symbol, best.notional, best.cost) == ("SPY", -80_000, 125)
    assert best.total_after == result.total + 80_000 * Decimal("0.20") - 125
    assert found.dropped["FLAT"] == "no_variation"


def test_a_portfolio_worth_nothing_has_no_hedge():
    foreign = {"USD": (Decimal(5), Decimal("-0.05"))}

    found = suggest_hedges(Decimal(-1), Decimal(0), returns=np.zeros(2), instruments={}, foreign=foreign)

    assert (found.hedges, found.dropped) == ((), {"USD": "no_equity"})


def test_a_hedge_over_twenty_basis_points_is_dropped():
    _, found = hedged(beta=1.6)

    assert found.dropped["SPY"] == "hedge_too_costly"


def test_a_forward_on_what_would_gain_brings_no_relief():
    _, up = hedged("equity_selloff")
    _, down = hedged("usd_down")

    assert up.dropped["USD"] == "no_relief"
    assert {one.symbol: one.change for one in down.hedges if one.kind == "fx_forward"} == {"USD": 5_000}
