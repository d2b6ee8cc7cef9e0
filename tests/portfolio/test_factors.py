"""Factor sets of real series, and exposures that are known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from mintmark.domain import Refusal
from mintmark.measures import Undefined
from mintmark.portfolio.factors import Factors, Sources, expose, fill_factors, over_periods
from mintmark.portfolio.macro import MacroSeries
from mintmark.portfolio.macro_sources import period_ends

CURRENCIES = {"EUR": "Euro", "GBP": "United Kingdom", "JPY": "Japan", "CAD": "Canada", "CHF": "Switzerland",
              "AUD": "Australia"}  # fmt: skip


def series(name, frequency, begins, values):
    ends = period_ends(np.array(begins, "datetime64[ns]").astype(np.int64), frequency)
    return MacroSeries(name, frequency, ends, np.asarray(values, float), ends + 1)


@pytest.fixture(scope="module")
def real(shared_data):
    """Real series by name, and the months of the dollar."""
    macro = shared_data / "macro"

    def monthly(name, file, when, column, scale=0.01):
        table = pl.read_csv(macro / file, infer_schema_length=None).drop_nulls(column)
        begins = table[when].cast(pl.String).str.slice(0, 7).to_list()
        return series(name, "monthly", begins, table[column].cast(pl.Float64).to_numpy() * scale)

    moody, french = "us_moody_yields_monthly.csv", "fama_french_3_monthly.csv"
    found = [
        monthly("BAA", moody, "date", "BAA"), monthly("AAA", moody, "date", "AAA"),
        monthly("GS10", "us_10y_yield_monthly.csv", "Date", "Rate"),
        monthly("us_cpi", "us_cpi_monthly.csv", "Date", "Index", 1.0), monthly("MKT_RF", french, "month", "Mkt-RF"),
        monthly("SMB", french, "month", "SMB"), monthly("HML", french, "month", "HML"),
    ]  # fmt: skip
    for file, names in (
        ("factor_etfs_adjclose", ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")),
        ("sp500_index_close", ("SP500",)),
    ):
        table = pl.read_parquet(shared_data / "equities" / f"{file}_daily.parquet")
        found += [series(name, "daily", table["Date"].str.slice(0, 10).to_list(), table[name]) for name in names]
    rates = pl.read_csv(shared_data / "fx" / "fx_monthly_h10.csv", infer_schema_length=None)
    dollars = {}
    for code, country in CURRENCIES.items():
        table = rates.filter(pl.col("Country") == country)
        dollars[code] = series(code, "monthly", table["Date"].str.slice(0, 7).to_list(), table["Exchange rate"])
    return {one.name: one for one in found}, dollars


def sources(real, *, without=(), dollar=True):
    held = {name: one for name, one in real[0].items() if name not in without}
    return Sources(held.get, real[1].get if dollar else {}.get, lambda days: np.zeros(len(days)))


@pytest.mark.parametrize(
    ("without", "dollar", "name", "columns"),
    [
        ((), True, "macro5_monthly", ("real_rate", "inflation", "credit", "usd", "equity")),
        ((), False, "macro3_monthly", ("inflation", "credit", "equity")),
        (("BAA",), True, "ff3_monthly", ("equity", "small", "value")),
    ],
)
def test_auto_takes_the_first_set_the_pack_can_fill(real, without, dollar, name, columns):
    found = fill_factors(sources(real, without=without, dollar=dollar))

    assert isinstance(found, Factors)
    assert (found.name, found.columns) == (name, columns)
    assert np.isfinite(found.values).all()
    assert str(found.ends[-1]) == "2018-11-30"


def test_a_set_the_pack_cannot_fill_is_refused():
    nothing = Sources({}.get, {}.get, lambda days: np.zeros(len(days)))

    assert isinstance(fill_factors(nothing), Refusal)
    assert fill_factors(nothing, "style5_daily").code == "factors_missing"


def test_columns_are_changes_of_rates_and_returns_of_the_market(real):
    found = fill_factors(sources(real), "macro5_monthly")
    held = real[0]

    def at(name, month):
        one = held[name]
        return one.values[one.ends.astype("datetime64[M]") == np.datetime64(month)][0]

    row = found.values[found.ends == np.datetime64("2008-10-31")][0]
    rise = {month: at("us_cpi", month) / at("us_cpi", f"2007-{month[5:]}") - 1 for month in ("2008-09", "2008-10")}
    real_rate = {month: at("GS10", month) - rise[month] for month in rise}
    assert row[:3] == pytest.approx(
        [
            real_rate["2008-10"] - real_rate["2008-09"], rise["2008-10"] - rise["2008-09"],
            at("BAA", "2008-10") - at("GS10", "2008-10") - at("BAA", "2008-09") + at("GS10", "2008-09"),
        ]
    )  # fmt: skip
    assert row[4] == at("MKT_RF", "2008-10") == pytest.approx(-0.1723)
    # The dollar rose against all but the yen.
    assert row[3] > 0.03


def test_an_instrument_made_of_styles_shows_them(real):
    found = fill_factors(sources(real), "style5_daily")
    betas = np.array([0.5, -0.25, 0.0, 1.0, 0.1])
    days = np.append(found.opens[:1], found.ends)
    returns = np.append(np.nan, 0.0002 + found.values @ betas)

    exposures = expose(found, days, returns, 252)

    assert exposures.betas == pytest.approx(betas, abs=1e-9)
    assert exposures.n == len(found.ends) > 2_000


def test_months_are_compounded_from_the_days_of_an_instrument(real, shared_data):
    found = fill_factors(sources(real), "ff3_monthly")
    table = pl.read_parquet(shared_data / "equities" / "sp500_20names_adjclose_daily.parquet")
    days, levels = table["Date"].str.slice(0, 10).to_numpy().astype("datetime64[D]"), table["JNJ"].to_numpy()
    returns = np.append(np.nan, levels[1:] / levels[:-1] - 1)

    own = over_periods(found, days, returns)

    at = found.ends == np.datetime64("2008-10-31")
    by_day = dict(zip(table["Date"].str.slice(0, 10).to_list(), levels, strict=True))
    assert own[at][0] == pytest.approx(by_day["2008-10-31"] / by_day["2008-09-30"] - 1)
    assert np.isnan(own[found.ends < np.datetime64("1990-02-01")]).all()
    market = expose(found, days, returns, 252)
    assert market.n == 346
    assert 0.3 < market.betas[0] < 0.9


def test_a_day_without_a_return_takes_its_month_out(real):
    found = fill_factors(sources(real), "ff3_monthly")
    days = np.arange(np.datetime64("2014-12-31"), np.datetime64("2018-12-01"))
    returns = np.full(len(days), 0.0001)
    returns[days == np.datetime64("2016-02-10")] = np.nan

    own = over_periods(found, days, returns)

    missing = found.ends[np.isnan(own)]
    assert [str(end) for end in missing if end > np.datetime64("2014-12-31")] == ["2016-02-29"]


def test_thirty_five_months_are_too_few(real):
    found = fill_factors(sources(real), "ff3_monthly")
    draw = np.random.default_rng(1)
    days = np.arange(np.datetime64("2015-12-31"), np.datetime64("2018-12-01"))

    with pytest.raises(Undefined, match="too_few_returns") as caught:
        expose(found, days, draw.normal(0, 0.01, len(days)), 252)

    assert (caught.value.observed, caught.value.limit) == (35, 36)
    assert dt.date(2018, 11, 30) == found.ends[-1].astype(object)
