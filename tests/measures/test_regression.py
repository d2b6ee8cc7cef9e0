"""Factor regressions, against statsmodels on real series."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from mintmark.measures import Undefined, bartlett_lags, factor_exposures


@pytest.fixture(scope="module")
def french(shared_data):
    """Monthly factors, and twelve industries over bills."""
    table = pl.read_parquet(shared_data / "macro" / "fama_french_4_and_portfolios_monthly.parquet")
    industries = table.select("NoDur", "Durbl", "Manuf", "Enrgy", "BusEq", "Utils", "Money").to_numpy()
    return table.select("MktRF", "SMB", "HML").to_numpy(), industries - table["RF"].to_numpy()[:, None]


@pytest.mark.parametrize("place", range(7))
@pytest.mark.parametrize("months", [36, 120, 819])
def test_betas_errors_and_fit_are_those_of_statsmodels(french, place, months):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.regression.linear_model import OLS
    factors, returns = french[0][-months:], french[1][-months:, place]
    lags = int(4 * (months / 100) ** (2 / 9))

    found = factor_exposures(returns, factors, 12)

    judge = OLS(returns, np.column_stack([np.ones(months), factors])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "kernel": "bartlett", "use_correction": True}
    )
    assert found.lags == bartlett_lags(months) == lags
    assert [found.intercept, *found.betas] == pytest.approx(judge.params, rel=1e-9, abs=1e-12)
    assert [found.intercept_error, *found.errors] == pytest.approx(judge.bse, rel=1e-9)
    assert [found.intercept_t, *found.t] == pytest.approx(judge.tvalues, rel=1e-9, abs=1e-9)
    assert found.r2 == pytest.approx(judge.rsquared, rel=1e-9)
    assert found.residual_volatility == pytest.approx(np.std(judge.resid, ddof=1) * np.sqrt(12), rel=1e-9)


def test_factors_that_are_one_another_explain_nothing_apart(french):
    factors = french[0][:, [0, 0]]

    with pytest.raises(Undefined, match="no_variation"):
        factor_exposures(french[1][:, 0], factors, 12)


def test_more_unknowns_than_periods_have_no_answer():
    with pytest.raises(Undefined, match="too_few_returns") as caught:
        factor_exposures(np.arange(3.0), np.eye(3)[:, :2], 12)

    assert (caught.value.observed, caught.value.limit) == (3, 4)


def test_what_is_made_of_its_factors_is_found_whole():
    factors = np.random.default_rng(1).normal(0, 0.01, (60, 2))

    found = factor_exposures(0.001 + factors @ np.array([-5.0, 0.5]), factors, 12)

    assert [found.intercept, *found.betas] == pytest.approx([0.001, -5.0, 0.5])
    assert found.r2 == pytest.approx(1.0)
