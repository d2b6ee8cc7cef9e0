"""Cycles and shocks, by hand and on real macro series."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from mintmark.measures import (
    Band,
    Undefined,
    band_score,
    currency_shock,
    hedge_ratio,
    phase_scores,
    shocked_change,
    z_score,
)


def test_outside_its_band_a_reading_halves_with_each_deviation():
    band = Band(-0.5, 0.5, 1.0)

    assert [band.membership(z) for z in (0.5, 1.5, -2.5)] == [1.0, 0.5, 0.25]


def test_the_score_is_the_weighted_mean_of_what_is_there():
    bands = {"curve": Band(0.5, None, 2.0), "credit": Band(None, 0.0, 1.0)}

    assert band_score({"curve": 1.0, "credit": 1.0}, bands) == pytest.approx(100 * 2.5 / 3)
    assert band_score({"credit": 1.0}, bands) == 50.0
    with pytest.raises(Undefined, match="no_readings"):
        band_score({}, bands)


def test_the_earlier_of_two_equal_phases_comes_first():
    bands = {"curve": Band(None, None, 1.0)}

    found = phase_scores({"curve": 1.0}, {"later": bands, "earlier": bands}, ["curve", "credit"])

    assert found.tied
    assert found.ranking == ("later", "earlier")
    assert (found.confidence, found.shares["later"]) == (0.0, 0.5)


def test_confidence_is_the_lead_times_what_is_there():
    table = {"high": {"x": Band(0.0, None, 1.0)}, "low": {"x": Band(None, -1.0, 1.0)}}

    found = phase_scores({"x": 0.0}, table, ["x", "y"])

    assert found.confidence == pytest.approx((100 - 50) / 100 / 2)


def test_half_a_window_is_enough_and_less_is_not():
    assert z_score(np.array([1.0, 2.0, 3.0]), 6) == pytest.approx(1.0)
    with pytest.raises(Undefined, match="history_too_short"):
        z_score(np.array([1.0, 2.0, 3.0]), 7)
    with pytest.raises(Undefined, match="no_variation"):
        z_score(np.ones(9), 9)


def test_real_readings_at_the_end_of_2007(shared_data):
    macro = shared_data / "macro"
    curve = pl.read_csv(macro / "us_treasury_curve_daily.csv", infer_schema_length=None).select(
        pl.col("date").str.slice(0, 10).str.to_date(), (pl.col("10year") - pl.col("2year")).alias("slope")
    )
    slope = curve.drop_nulls().filter(pl.col("date") <= dt.date(2007, 12, 30))["slope"].to_numpy()
    prices = pl.read_csv(macro / "us_cpi_monthly.csv").filter(pl.col("Date") <= "2007-11-01")["Index"].to_numpy()
    jobless = pl.read_csv(macro / "us_macro_quarterly.csv").filter(pl.col("quarter_start") < "2007-10-01")["unemp"]
    yields = pl.read_csv(macro / "us_10y_yield_monthly.csv").filter(pl.col("Date") <= "2007-11-01")["Rate"].to_numpy()
    moody = pl.read_csv(macro / "us_moody_yields_monthly.csv").filter(pl.col("date") < "2007-11-02")["BAA"].to_numpy()

    found = [
        z_score(slope, 2_520), z_score(jobless.to_numpy(), 40), z_score(prices[12:] / prices[:-12] - 1, 120),
        z_score(moody[-120:] - yields[-120:], 120),
    ]  # fmt: skip

    assert [round(z, 2) for z in found] == [0.19, -0.29, 2.03, -0.04]


def test_a_dollar_position_under_rising_rates():
    betas, rates_up = np.array([-5.0, -3.0, -2.0, 0.0, 1.0]), np.array([0.01, 0.0, 0.0, 0.02, -0.05])

    in_dollars = shocked_change(100_000.0, betas, rates_up, currency_shock("USD", "USD", 0.02))
    in_canada = shocked_change(100_000.0, betas, rates_up, currency_shock("USD", "CAD", 0.02))

    assert (in_dollars, in_canada) == pytest.approx((-10_000.0, -8_200.0))


def test_a_stronger_dollar_weakens_the_rest_in_dollars_alone():
    assert currency_shock("EUR", "USD", 0.05) == pytest.approx(1 / 1.05 - 1)
    assert currency_shock("EUR", "CAD", 0.05) == 0.0


def test_a_hedge_leaves_nothing_that_moves_with_it():
    draw = np.random.default_rng(2)
    hedge = draw.normal(0, 0.01, 500)
    returns = 0.7 * hedge + draw.normal(0, 0.01, 500)

    ratio = hedge_ratio(returns, hedge)

    assert np.cov(returns + ratio * hedge, hedge)[0, 1] == pytest.approx(0.0, abs=1e-18)
    for other in (ratio - 0.01, ratio + 0.01):
        assert np.var(returns + other * hedge) > np.var(returns + ratio * hedge)
