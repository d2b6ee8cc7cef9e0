"""Every metric against figures worked by hand and against another library."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

from mintmark.measures import (
    MONEY_METRICS,
    Undefined,
    bar_returns,
    drawdowns,
    expected_shortfall,
    longest_drawdown,
    performance,
    sharpe_ratio,
    value_at_risk,
)

RETURNS = np.array([0.01, -0.02, 0.015, 0.0, -0.005, 0.03, -0.01, 0.005])


def trades(net=(), returned=(), mfe=(), held=()):
    table = {name: np.array(net, dtype=float) for name in MONEY_METRICS}
    return table | {"return": np.array(returned), "mfe": np.array(mfe), "bars_held": np.array(held, dtype=np.int64)}


def measure(equity, capital=1.0, of=None, bars_per_year=252.0, held_bars=0, traded=0.0):
    return performance(
        np.asarray(equity), capital, of or trades(), bars_per_year, held_bars=held_bars, traded_notional=traded
    )


def test_the_table_of_eight_returns():
    metrics, _ = measure(np.cumprod(1 + RETURNS))

    expected = {
        "total_return": 0.024413, "annual_volatility": 0.247159, "sharpe_ratio": 3.186210, "sortino_ratio": 6.123724,
        "max_drawdown": 0.02, "omega_ratio": 1.714286, "var_95": 0.0165, "cvar_95": 0.02,
    }  # fmt: skip
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, abs=5e-7)


def test_trades_are_counted_after_all_costs():
    table = trades(net=(10.0, -4.0, 0.0, 6.0), returned=(0.1, -0.04, 0.0, 0.06), mfe=(0.2, 0.0, 0.1, 0.1),
                   held=(3, 1, 2, 4))  # fmt: skip

    metrics, _ = measure([101.0, 112.0], 100.0, table, held_bars=1, traded=213.0)

    expected = {
        "total_trades": 4, "winning_trades": 2, "losing_trades": 1, "win_rate": 0.5, "profit_factor": 4.0,
        "expectancy": 3.0, "average_win": 8.0, "average_loss": -4.0, "largest_win": 10.0, "largest_loss": -4.0,
        "average_holding_bars": 2.5, "exposure": 0.5, "turnover": 2.0, "mfe_capture": 0.3, "net_profit": 12.0,
    }  # fmt: skip
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)


def real_returns() -> np.ndarray[Any, Any]:
    """Return the daily returns of the S&P 500 from 1999 to 2018 that come with arch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from arch.data import sp500

        closes = sp500.load()["Adj Close"].to_numpy(np.float64)
    return closes[1:] / closes[:-1] - 1.0


@pytest.mark.parametrize(
    "r", [np.random.default_rng(11).standard_t(4, 2_000) * 0.01, real_returns()], ids=["heavy tails", "S&P 500"]
)
def test_a_longer_series_agrees_with_empyrical(r):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import empyrical

    metrics, _ = measure(np.cumprod(1 + r))

    theirs = {
        "total_return": empyrical.cum_returns_final(r),
        "annual_return": empyrical.annual_return(r, annualization=252),
        "annual_volatility": empyrical.annual_volatility(r, annualization=252),
        "sharpe_ratio": empyrical.sharpe_ratio(r, annualization=252),
        "sortino_ratio": empyrical.sortino_ratio(r, annualization=252),
        "max_drawdown": -empyrical.max_drawdown(r),
        "calmar_ratio": empyrical.calmar_ratio(r, annualization=252),
        "omega_ratio": empyrical.omega_ratio(r),
        "var_95": -empyrical.value_at_risk(r, 0.05),
        "cvar_95": -empyrical.conditional_value_at_risk(r, 0.05),
        "cvar_99": -empyrical.conditional_value_at_risk(r, 0.01),
        "tail_ratio": empyrical.tail_ratio(r),
    }
    assert {name: metrics[name] for name in theirs} == pytest.approx(theirs, rel=1e-10)


def test_a_longer_series_agrees_with_scipy_on_its_moments():
    from scipy import stats

    r = np.random.default_rng(12).gamma(2.0, 0.01, 500)

    metrics, _ = measure(np.cumprod(1 + r))

    assert metrics["skewness"] == pytest.approx(stats.skew(r), rel=1e-9)
    assert metrics["excess_kurtosis"] == pytest.approx(stats.kurtosis(r), rel=1e-9)


def test_the_first_return_counts_from_the_capital():
    assert bar_returns(np.array([110.0, 99.0]), 100.0) == pytest.approx([0.1, -0.1])


def test_nothing_comes_after_nothing():
    assert bar_returns(np.array([50.0, 0.0, 0.0]), 100.0).tolist() == [-0.5, -1.0, 0.0]
    assert bar_returns(np.array([50.0, -10.0, -10.0]), 100.0).tolist() == [-0.5, -1.2, 0.0]


def test_the_capital_is_the_first_peak():
    depths = drawdowns(np.array([90.0, 95.0, 100.0, 80.0]), 100.0)

    assert depths == pytest.approx([0.1, 0.05, 0.0, 0.2])
    assert longest_drawdown(depths) == 2


def test_a_run_under_the_peak_may_last_to_the_end():
    assert longest_drawdown(np.array([0.0, 0.1, 0.1, 0.1])) == 3
    assert longest_drawdown(np.zeros(4)) == 0


@pytest.mark.parametrize("n, worst", [(8, 1), (20, 1), (21, 2), (100, 5), (101, 6)])
def test_the_expected_shortfall_is_the_mean_of_the_floor_of_a_twentieth_and_one(n, worst):
    r = np.random.default_rng(n).normal(size=n)

    assert expected_shortfall(r, 0.95) == pytest.approx(-np.sort(r)[:worst].mean())


def test_the_value_at_risk_lies_between_two_returns():
    assert value_at_risk(np.linspace(-0.10, 0.10, 21)) == pytest.approx(0.09)


def test_a_flat_curve_has_no_ratio_and_says_why():
    metrics, undefined = measure([100.0, 100.0, 100.0], 100.0)

    assert undefined == {
        "sharpe_per_bar": "no_variation", "sharpe_ratio": "no_variation", "sortino_ratio": "no_losses",
        "calmar_ratio": "no_drawdown", "recovery_factor": "no_drawdown", "omega_ratio": "no_losses",
        "skewness": "no_variation", "excess_kurtosis": "no_variation", "tail_ratio": "no_losses",
        "win_rate": "no_trades", "profit_factor": "no_trades", "expectancy": "no_trades", "average_win": "no_trades",
        "average_loss": "no_trades", "largest_win": "no_trades", "largest_loss": "no_trades",
        "average_holding_bars": "no_trades", "mfe_capture": "no_trades",
    }  # fmt: skip
    assert {name for name, value in metrics.items() if value is None} == set(undefined)
    json.dumps(metrics, allow_nan=False)


def test_only_wins_leave_the_profit_factor_undefined():
    metrics, undefined = measure([101.0, 102.0], 100.0, trades((1.0, 1.0), (0.01, 0.01), (0.01, 0.01), (1, 1)))

    assert metrics["profit_factor"] is None
    assert (undefined["profit_factor"], undefined["average_loss"]) == ("no_losses", "no_losses")


def test_a_year_that_passes_every_number_is_undefined():
    metrics, undefined = measure([1e6, 2e6], 1.0, bars_per_year=525_600)

    assert (metrics["annual_return"], undefined["annual_return"]) == (None, "too_few_returns")


def test_one_return_has_no_sharpe_ratio():
    with pytest.raises(Undefined, match="too_few_returns"):
        sharpe_ratio(np.array([0.01]), 252)


def test_a_loss_of_everything_is_minus_one_a_year():
    metrics, _ = measure([50.0, -1.0], 100.0)

    assert metrics["annual_return"] == -1.0
    assert metrics["max_drawdown"] == pytest.approx(1.01)
