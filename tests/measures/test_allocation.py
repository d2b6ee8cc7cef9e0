"""Weights within limits: laws that hold at the best, and skfolio's own answers on real returns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mintmark.measures import (
    ALLOCATION_METHODS,
    Undefined,
    WeightLimits,
    allocate,
    capped_turnover,
    tracking_error,
    turnover,
)


@pytest.fixture(scope="module")
def real(shared_data):
    table = pl.read_parquet(shared_data / "equities" / "sp500_20names_adjclose_daily.parquet")
    levels = table.drop("Date").to_numpy()[-253:, :8]
    return levels[1:] / levels[:-1] - 1


def limits(n, lower=0.0, upper=1.0, rows=(), tops=()):
    return WeightLimits(np.full(n, lower), np.full(n, upper), np.array(rows).reshape(-1, n), np.array(tops))


def chosen(method, returns, bounds, before=None, **more):
    n = returns.shape[1]
    return allocate(
        method, returns, bounds, returns @ (np.full(n, 1 / n) if before is None else before),
        periods_per_year=252, **more,
    )  # fmt: skip


def test_what_keeps_its_limits_already_stays_as_it_is(real):
    before = np.array([0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05])

    found = chosen("min_tracking_error", real, limits(8), before)

    assert tracking_error(real @ found, real @ before, 252) == pytest.approx(0.0, abs=1e-4)


def test_the_nearest_portfolio_under_a_cap_is_nearer_than_any_drawn(real):
    before, bounds = np.array([0.5, 0.2, 0.1, 0.05, 0.05, 0.05, 0.03, 0.02]), limits(8, upper=0.25)

    found = chosen("min_tracking_error", real, bounds, before)

    assert found.max() <= 0.25 + 1e-6
    best = tracking_error(real @ found, real @ before, 252)
    for other in np.random.default_rng(3).dirichlet(np.ones(8), 2_000):
        if other.max() <= 0.25:
            assert tracking_error(real @ other, real @ before, 252) >= best - 1e-9


def test_the_least_variance_without_other_limits_is_the_closed_form(real):
    found = chosen("min_variance", real, limits(8, lower=-2.0, upper=2.0))

    solved = np.linalg.solve(np.cov(real.T), np.ones(8))
    assert found == pytest.approx(solved / solved.sum(), abs=1e-4)


def test_in_risk_parity_every_holding_carries_the_same_risk(real):
    found = chosen("risk_parity", real, limits(8))

    carried = found * (np.cov(real.T) @ found)
    assert carried / carried.sum() == pytest.approx(np.full(8, 1 / 8), abs=1e-4)


def test_the_best_sharpe_and_the_least_tail_loss_beat_every_drawn_portfolio(real):
    sharpest, safest = chosen("max_sharpe", real, limits(8)), chosen("min_cvar", real, limits(8))

    def ratio(weights):
        return (real @ weights).mean() / (real @ weights).std()

    def tail(weights):
        losses = np.sort(-(real @ weights))[::-1]
        count = 0.05 * len(losses)
        whole = int(count)
        return (losses[:whole].sum() + (count - whole) * losses[whole]) / count

    for other in np.random.default_rng(4).dirichlet(np.ones(8), 500):
        assert ratio(other) <= ratio(sharpest) + 1e-9
        assert tail(other) >= tail(safest) - 1e-9


@pytest.mark.parametrize("method", ALLOCATION_METHODS)
def test_sector_caps_and_the_tracking_error_are_kept_by_every_method(real, method):
    sector = np.array([1.0, 1.0, 1.0, 0, 0, 0, 0, 0])

    found = chosen(method, real, limits(8, upper=0.4, rows=[sector], tops=[0.3]), max_tracking_error=0.05)

    assert sector @ found <= 0.3 + 1e-6
    assert tracking_error(real @ found, real @ np.full(8, 1 / 8), 252) <= 0.05 + 1e-6
    assert found.sum() == pytest.approx(1.0, abs=1e-6)


def test_ten_names_of_two_percent_cannot_be_everything(real):
    with pytest.raises(Undefined, match="optimizer_infeasible") as caught:
        chosen("min_tracking_error", real[:, :5], limits(5, upper=0.02))

    assert caught.value.observed == pytest.approx(0.1)


def test_a_policy_too_far_from_what_is_held_is_infeasible(real):
    before = np.array([1.0, 0, 0, 0, 0, 0, 0, 0])

    with pytest.raises(Undefined, match="optimizer_infeasible") as caught:
        chosen("min_variance", real, limits(8, upper=0.2), before, max_tracking_error=0.02)

    assert caught.value.observed > caught.value.limit == 0.02


def test_a_best_ratio_where_nothing_gains_has_failed_and_is_never_equal_weights(real):
    with pytest.raises(Undefined, match="optimizer_failed"):
        chosen("max_sharpe", real - 0.05, limits(8))


def test_turnover_counts_cash():
    assert turnover(np.array([0.6, 0.4]), np.array([0.4, 0.6])) == pytest.approx(0.2)
    assert turnover(np.array([0.6, 0.4]), np.array([0.3, 0.4])) == pytest.approx(0.3)


def test_over_the_cap_every_trade_is_scaled_alike():
    before, after = np.array([0.7, 0.2, 0.1]), np.array([0.35, 0.4, 0.25])

    scaled, needed = capped_turnover(before, after, 0.20)

    assert needed == pytest.approx(0.35)
    assert scaled - before == pytest.approx((after - before) * 20 / 35)
    assert capped_turnover(before, after, 0.35 + 1e-12)[0].tolist() == after.tolist()
