"""Where returns came from: a real day by hand, a textbook, and the law that effects add."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mintmark.measures import (
    EFFECTS,
    Undefined,
    brinson_fachler,
    brinson_hood_beebower,
    day_effects,
    hedged_returns,
    linked_effects,
    linked_return,
    linking_factors,
    require_reconciled,
)

# 100 AAPL over its split of 7 for 1: closes in dollars, dollars per euro.
BEFORE, AFTER = 100 * 645.57, 700 * 93.70
EURUSD = (1.36418, 1.35928)
NONE = np.zeros((1, 1))


def one_day(opened, local, fx, **amounts):
    given = {"income": NONE, "trading": NONE, "costs": NONE} | {name: np.array([[x]]) for name, x in amounts.items()}
    return day_effects(np.array([opened]), np.array([[opened]]), np.array([[local]]), np.array([[fx]]), **given)


def told(effects):
    return dict(zip(EFFECTS, effects.sum(axis=2)[:, 0], strict=True))


def test_a_real_day_across_a_split_in_euro():
    opened, closed = BEFORE / EURUSD[0], AFTER / EURUSD[1]

    effects = one_day(opened, AFTER / BEFORE - 1, EURUSD[0] / EURUSD[1] - 1)

    parts = told(effects)
    assert (opened, closed) == pytest.approx((47_322.9339236758, 48_253.4871402507), abs=1e-9)
    assert [round(100 * parts[name], 6) for name in ("local", "fx", "interaction")] == [1.600136, 0.360485, 0.005768]
    assert round(100 * sum(parts.values()), 6) == 1.966390
    require_reconciled(effects, np.array([closed / opened - 1]))


def test_in_the_currency_of_the_instrument_currencies_do_nothing():
    parts = told(one_day(BEFORE, AFTER / BEFORE - 1, 0.0))

    assert (parts["fx"], parts["interaction"]) == (0.0, 0.0)


def test_income_trading_and_costs_are_shares_of_what_the_day_started_with():
    parts = told(one_day(1_000.0, 0.0, 0.0, income=30.0, trading=20.0, costs=5.0))

    assert parts == pytest.approx(
        {"local": 0, "fx": 0, "interaction": 0, "income": 0.03, "trading": 0.02, "costs": -0.005}
    )


def test_a_gap_over_a_tenth_of_a_basis_point_is_not_reconciled():
    effects = one_day(1_000.0, 0.01, 0.0)

    require_reconciled(effects, np.array([0.01 + 0.9e-5]))
    with pytest.raises(Undefined, match="attribution_not_reconciled") as caught:
        require_reconciled(effects, np.array([0.01 + 1.1e-5]))

    assert caught.value.observed == pytest.approx(1.1e-5)
    assert caught.value.limit == 1e-5


def test_a_day_that_starts_with_nothing_has_no_effects():
    effects = one_day(0.0, 0.5, 0.5, income=1.0)

    assert not effects.any()


@given(
    arrays(float, (12, 3), elements=st.floats(-0.2, 0.2)),
    arrays(float, (12, 3), elements=st.floats(-0.05, 0.05)),
    arrays(float, (3,), elements=st.floats(10.0, 1e6)),
    st.floats(1e-3, 1e6),
)
def test_effects_of_days_add_to_the_compounded_return_in_any_unit(local, fx, opening, unit):
    growth = (1 + local) * (1 + fx)
    opened = opening * np.vstack([np.ones(3), np.cumprod(growth, axis=0)[:-1]])
    base, zeros = opened.sum(axis=1), np.zeros_like(local)
    returns = (opened * growth).sum(axis=1) / base - 1

    effects = day_effects(base, opened, local, fx, income=zeros, trading=zeros, costs=zeros)
    scaled = day_effects(base * unit, opened * unit, local, fx, income=zeros, trading=zeros, costs=zeros)

    require_reconciled(effects, returns)
    assert linked_effects(effects, returns).sum() == pytest.approx(linked_return(returns), abs=1e-12)
    assert scaled == pytest.approx(effects, rel=1e-9, abs=1e-15)
    assert hedged_returns(effects, returns) == pytest.approx((opened * local).sum(axis=1) / base, abs=1e-12)


def test_days_of_carino_weigh_by_their_logarithms():
    returns = np.array([0.10, -0.05])

    factors = linking_factors(returns)

    total = 1.10 * 0.95 - 1
    scale = np.log(1 + total) / total
    assert factors == pytest.approx([np.log(1.10) / 0.10 / scale, np.log(0.95) / -0.05 / scale])
    assert linking_factors(np.zeros(3)).tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(Undefined, match="no_equity"):
        linking_factors(np.array([0.1, -1.0]))


# Bacon (2008), table 5.1: British, Japanese and American equities.
BACON = (
    np.array([0.4, 0.3, 0.3]),
    np.array([0.4, 0.2, 0.4]),
    np.array([0.20, -0.05, 0.06]),
    np.array([0.10, -0.04, 0.08]),
)


def test_allocation_against_the_whole_benchmark_is_that_of_the_textbook():
    found = brinson_fachler(*BACON)

    assert found.allocation == pytest.approx([0.0, -0.0104, -0.0016])
    assert found.selection == pytest.approx([0.04, -0.002, -0.008])
    assert found.interaction == pytest.approx([0.0, -0.001, 0.002])
    assert found.allocation.sum() + found.selection.sum() + found.interaction.sum() == pytest.approx(0.083 - 0.064)


def test_allocation_against_nothing_goes_under_its_own_name():
    found = brinson_hood_beebower(*BACON)

    assert found.allocation == pytest.approx([0.0, -0.004, -0.008])
    assert found.allocation.sum() == pytest.approx(brinson_fachler(*BACON).allocation.sum())


def test_a_class_that_is_not_held_is_allocation_alone():
    weights, benchmark = np.array([1.0, 0.0]), np.array([0.5, 0.5])

    found = brinson_fachler(weights, benchmark, np.array([0.1, np.nan]), np.array([0.1, 0.02]))

    assert (found.selection[1], found.interaction[1]) == (0.0, 0.0)
    with pytest.raises(Undefined):
        brinson_fachler(benchmark, benchmark, np.array([0.1, np.nan]), np.array([0.1, 0.02]))
