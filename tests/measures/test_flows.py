"""Returns of portfolios with flows, against hand calculations and pyxirr."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures import (
    Undefined,
    annualised,
    daily_returns,
    deepest_drawdown,
    growth_index,
    instrument_returns,
    latest,
    linked_return,
    modified_dietz,
    money_weighted,
    opening_of,
    time_weighted,
)

START = dt.date(2021, 1, 1)


def dates(*texts):
    return np.array(texts, "datetime64[D]")


def owner(*flows):
    """The flows of an owner as (date, amount), ready for the measure."""
    days = np.array([(day - flows[0][0]).days for day, _ in flows])
    return money_weighted(np.array([amount for _, amount in flows], dtype=float), days)


def test_a_deposit_works_from_the_start_of_its_day():
    returns = daily_returns(np.array([100_000.0, 165_000.0]), np.array([0.0, 50_000.0]), np.zeros(2), 100_000.0)

    assert linked_return(returns) == pytest.approx(0.10, abs=1e-12)


def test_a_withdrawal_leaves_at_the_end_of_its_day():
    returns = daily_returns(np.array([60.0]), np.zeros(1), np.array([50.0]), 100.0)

    assert returns.tolist() == pytest.approx([0.10])


def test_three_days_link_to_their_product():
    assert round(100 * linked_return(np.array([0.01, -0.02, 0.015])), 4) == 0.4647


def test_an_empty_portfolio_earns_nothing():
    returns = daily_returns(
        np.array([100.0, 0.0, 0.0, 55.0]), np.array([100.0, 0, 0, 50.0]), np.array([0, 110.0, 0, 0])
    )

    assert returns.tolist() == pytest.approx([0.0, 0.1, 0.0, 0.1])


def test_a_day_that_starts_with_nothing_but_holds_something_makes_its_windows_undefined():
    returns = daily_returns(np.array([-5.0, 20.0, 21.0]), np.array([10.0, 0.0, 0.0]), np.zeros(3))

    assert returns.tolist() == pytest.approx([-1.5, math.nan, 0.05], nan_ok=True)
    with pytest.raises(Undefined, match="undefined_day"):
        linked_return(returns)
    with pytest.raises(Undefined, match="undefined_day"):
        growth_index(returns)
    assert latest(returns, 1, least=1).tolist() == pytest.approx([0.05])


def test_the_worst_fall_is_told_with_peak_trough_and_recovery():
    fall = deepest_drawdown(np.array([100.0, 120.0, 90.0, 110.0, 125.0]))

    assert (fall.depth, fall.peak, fall.trough, fall.recovery) == (0.25, 1, 2, 4)
    assert deepest_drawdown(np.array([100.0, 120.0, 90.0, 110.0])).recovery is None
    assert deepest_drawdown(np.array([1.0, 2.0])).depth == 0.0


def test_under_a_year_nothing_is_stretched_to_one():
    assert annualised(0.1, 365) == pytest.approx(0.1, abs=1e-15)
    assert annualised(-1.0, 365) == -1.0
    with pytest.raises(Undefined, match="under_a_year"):
        annualised(0.1, 364)


def test_windows_open_at_the_close_before_them():
    days = dates("2013-05-02", "2014-05-15", "2014-05-16")

    opened = {name: str(opening_of(days, name)) for name in ("1d", "mtd", "qtd", "ytd", "1y", "3y", "inception")}

    assert opened == {
        "1d": "2014-05-15", "mtd": "2014-04-30", "qtd": "2014-03-31", "ytd": "2013-12-31", "1y": "2013-05-16",
        "3y": "2011-05-16", "inception": "2013-05-02",
    }  # fmt: skip


def test_a_window_that_history_does_not_reach_has_no_return():
    days, returns = dates("2014-05-30", "2014-06-02", "2014-06-03"), np.array([0.0, 0.01, 0.02])

    assert time_weighted(days, returns, "1d").twr == pytest.approx(0.02)
    assert time_weighted(days, returns, "mtd").twr == pytest.approx(1.01 * 1.02 - 1)
    assert time_weighted(days, returns, "inception").annual is None
    with pytest.raises(Undefined, match="history_too_short"):
        time_weighted(days, returns, "1y")
    with pytest.raises(Undefined, match="history_too_short"):
        time_weighted(days[1:], returns[1:], "mtd")
    with pytest.raises(ValueError, match="expected one of"):
        time_weighted(days, returns, "2w")


def test_two_years_are_told_by_the_year():
    found = time_weighted(dates("2019-01-01", "2021-12-31"), np.array([0.0, 0.331]), "inception")

    assert (found.days, found.annual) == (1095, pytest.approx(0.10))


def test_the_money_weighted_return_of_two_outlays_and_a_receipt():
    found = owner((START, -100), (START + dt.timedelta(182), -50), (START + dt.timedelta(365), 160))

    assert round(100 * found.annual, 6) == 8.026584


def test_two_rates_that_fit_are_both_named_and_none_is_chosen():
    found = owner((START, -1000), (dt.date(2022, 1, 1), 2300), (dt.date(2023, 1, 1), -1320))

    assert (found.annual, found.period, found.reason) == (None, None, "xirr_multiple_solutions")
    assert found.roots == pytest.approx((0.10, 0.20), abs=1e-12)


@pytest.mark.parametrize("flows", [[-100.0, -50.0], [0.0, 0.0], [], [100.0]])
def test_outlays_alone_have_no_rate(flows):
    found = money_weighted(np.array(flows), np.arange(len(flows)))

    assert (found.annual, found.reason, found.roots) == (None, "xirr_no_solution", ())


def test_under_a_year_the_money_weighted_return_is_that_of_the_period():
    found = owner((START, -100), (START + dt.timedelta(73), 110))

    assert found.annual is None
    assert found.period == pytest.approx(0.10, abs=1e-12)
    assert found.roots == pytest.approx((1.1**5 - 1,))


def test_the_money_weighted_return_is_that_of_pyxirr_on_real_prices(shared_data):
    prices = pl.read_parquet(shared_data / "macro" / "sp500_index_daily.parquet")
    when, closes = prices["date"].cast(pl.Date).to_list(), prices["adj_close"].to_numpy()
    generator = np.random.default_rng(7)
    for _ in range(25):
        places = np.sort(generator.choice(len(closes), 12, replace=False))
        units = np.append(generator.uniform(0.5, 2.0, 11), 0.0)
        flows = np.append(-units[:-1] * closes[places[:-1]], units.sum() * closes[places[-1]])
        days = np.array([(when[place] - when[places[0]]).days for place in places])

        expected = pyxirr.xirr([when[place] for place in places], flows)

        assert money_weighted(flows, days).roots == pytest.approx((expected,), abs=1e-9)


@given(
    st.lists(
        st.tuples(st.integers(0, 3650), st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1)), min_size=2, max_size=8
    ),
    st.floats(1e-6, 1e6),
)
def test_every_rate_found_brings_the_flows_to_nothing_whatever_their_unit(pairs, unit):
    days, flows = np.array([day for day, _ in pairs]), np.array([amount for _, amount in pairs])

    found, scaled = money_weighted(flows, days), money_weighted(flows * unit, days)

    assert scaled.roots == pytest.approx(found.roots, rel=1e-6)
    for rate in found.roots:
        parts = flows * np.exp(-math.log1p(rate) * (days - days.min()) / 365)
        assert abs(parts.sum()) <= 1e-8 * np.abs(parts).sum()


def test_the_period_return_of_one_flow_half_way_is_that_of_dietz():
    assert modified_dietz(100.0, 120.0, np.array([10.0]), np.array([15]), 30) == pytest.approx(10 / 105)
    with pytest.raises(Undefined, match="undefined_day"):
        modified_dietz(0.0, 5.0, np.zeros(0), np.zeros(0), 30)


def test_a_split_is_no_return_and_a_dividend_is():
    closes, ones = np.array([645.57, 93.70]), np.ones(2)

    split = instrument_returns(closes, np.zeros(2), np.array([1.0, 7.0]))

    assert split.tolist() == pytest.approx([700 * 93.70 / (100 * 645.57) - 1])
    assert instrument_returns(np.array([100.0, 99.0]), np.array([0.0, 2.0]), ones).tolist() == pytest.approx([0.01])


@pytest.mark.parametrize("symbol", ["AAPL", "BAC"])
def test_the_years_of_raw_closes_with_their_actions_are_those_of_another_vendor(shared_data, symbol):
    folder = shared_data / "equities"
    bars = pl.read_parquet(folder / f"{symbol}_1d.parquet")
    days = bars["timestamp"].dt.date()
    actions = pl.read_csv(folder / "corporate_actions.csv", try_parse_dates=True, infer_schema_length=None)
    actions = actions.filter(pl.col("symbol") == symbol)
    paid = dict(actions.drop_nulls("dividend").select("ex_date", "dividend").rows())
    split = dict(actions.drop_nulls("split_ratio").select("ex_date", "split_ratio").rows())
    other = pl.read_parquet(folder / "sp500_20names_adjclose_daily.parquet")

    returns = instrument_returns(
        bars["close"].to_numpy(),
        np.array([paid.get(day, 0.0) for day in days]),
        np.array([split.get(day, 1.0) for day in days]),
    )

    index = pl.DataFrame({"day": days, "level": np.cumprod(np.append(1.0, 1.0 + returns))})
    ours = by_year(index, "day", "level")
    theirs = by_year(other.with_columns(pl.col("Date").str.to_date()), "Date", symbol)
    years = range(1999, 2018)
    gaps = [abs(ours[year] - theirs[year]) for year in years]
    assert max(gaps) < 0.011
    assert sorted(gaps)[len(gaps) // 2] < 0.002


def by_year(table, day, level):
    """The growth of each year of a column of levels."""
    ends = (
        table.select(pl.col(day).dt.year().alias("year"), pl.col(level))
        .group_by("year", maintain_order=True).last()
    )  # fmt: skip
    years, levels = ends["year"].to_list(), ends[level].to_list()
    return {year: after / before - 1 for year, before, after in zip(years[1:], levels, levels[1:], strict=False)}
