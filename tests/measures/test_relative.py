"""Risk and a benchmark, against empyrical on real series."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from mintmark.measures import (
    Undefined,
    alpha,
    annual_volatility,
    annualised,
    beta,
    deepest_drawdown,
    growth_index,
    information_ratio,
    linked_return,
    sharpe_ratio,
    sortino_ratio,
    tracking_error,
)

NAMES = ("AAPL", "BAC", "GE", "JNJ", "XOM")


@pytest.fixture(scope="module")
def oracle():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import empyrical
    return empyrical


@pytest.fixture(scope="module")
def real(shared_data):
    """Daily returns of names, of the index, and of three-month bills, on their common days."""
    folder = shared_data / "equities"
    names = pl.read_parquet(folder / "sp500_20names_adjclose_daily.parquet").select(
        pl.col("Date").str.to_date(), *NAMES
    )
    index = pl.read_parquet(folder / "sp500_index_close_daily.parquet").select(pl.col("Date").str.to_date(), "SP500")
    bills = pl.read_csv(
        shared_data / "macro" / "us_treasury_curve_daily.csv", null_values=[""], infer_schema_length=10_000
    ).select(pl.col("date").str.slice(0, 10).str.to_date().alias("Date"), pl.col("3month"))
    table = names.join(index, on="Date").join(bills, on="Date").drop_nulls().sort("Date")
    levels = table.select(*NAMES, "SP500").to_numpy()
    returns = levels[1:] / levels[:-1] - 1
    return returns[:, :-1], returns[:, -1], table["3month"].to_numpy()[1:] / 252


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_risk_and_benchmark_figures_are_those_of_empyrical(real, oracle, place):
    returns, market, bills = real[0][:, place], real[1], real[2]
    excess, over = returns - bills, market - bills

    found = [
        annual_volatility(returns, 252), sharpe_ratio(excess, 252), sortino_ratio(excess, 252), linked_return(returns),
        deepest_drawdown(growth_index(returns)).depth, beta(excess, over), alpha(excess, over, 252),
        information_ratio(returns, market, 252), tracking_error(returns, market, 252),
    ]  # fmt: skip

    assert len(returns) > 6_000
    assert found == pytest.approx(
        [
            oracle.annual_volatility(returns), oracle.sharpe_ratio(returns, bills),
            oracle.sortino_ratio(returns, bills), oracle.cum_returns_final(returns), -oracle.max_drawdown(returns),
            oracle.beta(excess, over),
            oracle.alpha(excess, over, annualization=252),
            oracle.excess_sharpe(returns, market) * np.sqrt(252), oracle.annual_volatility(returns - market),
        ],
        rel=1e-9,
    )  # fmt: skip


def test_the_yearly_growth_is_that_of_empyrical_over_whole_years(oracle):
    returns = np.full(730, 0.0004)

    assert annualised(linked_return(returns), 730) == pytest.approx(
        oracle.annual_return(returns, annualization=365), abs=1e-12
    )


def test_a_benchmark_that_stands_still_has_no_beta():
    with pytest.raises(Undefined, match="no_variation"):
        beta(np.array([0.01, 0.02]), np.array([0.01, 0.01]))
    with pytest.raises(Undefined, match="no_variation"):
        information_ratio(np.array([0.5, 0.25]), np.array([0.5, 0.25]), 252)


def test_leverage_scales_beta_and_leaves_the_information_ratio():
    draw = np.random.default_rng(5)
    market = draw.normal(0, 0.01, 300)
    excess = 0.8 * market + draw.normal(0, 0.004, 300)

    assert beta(3 * excess, market) == pytest.approx(3 * beta(excess, market))
    assert information_ratio(3 * excess, 3 * market, 252) == pytest.approx(information_ratio(excess, market, 252))
