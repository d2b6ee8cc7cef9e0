"""A person brings eleven US shares with every split and dividend, books five and a half years, and asks everything."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from story_portfolio import (
    ENDS,
    NAMES,
    QUESTIONS,
    WITHOUT_PORTFOLIO,
    Broker,
    closes_of,
    import_commands,
    write_rows,
)

from mintmark.app import App, open_app
from mintmark.app.nights import night_of
from mintmark.cli.program import run
from mintmark.data import Reads, trading_days

# By hand, in percent: the close of the year's last day over that of the year before, times the ratio of each split,
# times (1 + dividend / close) of each ex-date; closes, splits and dividends as the files print them. Such as
#   AAPL 2014: 110.38 / 561.11 x (1 + 3.05 / 512.51) x (1 + 3.29 / 588.12) x 7 x (1 + 0.47 / 94.48) x (1 + 0.47 / 108.7)
#   AAPL 2012: 533.03 / 405.0 x (1 + 2.6499 / 620.73) x (1 + 2.6501 / 557.99)
#   AAPL 2005: 71.72 / 64.4 x 2
#   BAC 2004: 46.96 / 80.29 x (1 + 0.8 / 82.6) x (1 + 0.8 / 83.12) x 2 x (1 + 0.45 / 43.64) x (1 + 0.45 / 46.47)
#   BAC 2009: 15.09 / 13.97 x (1 + 0.01 / 3.6) x (1 + 0.01 / 11.25) x (1 + 0.01 / 16.27) x (1 + 0.01 / 15.65)
BY_HAND = {
    "AAPL": {
        1999: 150.977, 2000: -71.173, 2001: 47.873, 2002: -34.521, 2003: 49.024, 2004: 201.357, 2005: 122.733,
        2006: 18.224, 2007: 133.612, 2008: -56.911, 2009: 147.053, 2010: 52.974, 2011: 25.558, 2012: 32.802,
        2013: 7.904, 2014: 40.595, 2015: -3.018, 2016: 12.481, 2017: 48.475, 2018: -5.391, 2019: 88.967, 2020: 82.309,
    },
    "BAC": {
        1999: -13.995, 2000: -5.057, 2001: 43.411, 2002: 14.420, 2003: 20.119, 2004: 21.642, 2005: 2.368,
        2006: 20.585, 2007: -18.944, 2008: -63.336, 2009: 8.549, 2010: -11.342, 2011: -58.126, 2012: 109.648,
        2013: 34.626, 2014: 15.797, 2015: -4.835, 2016: 33.406, 2017: 35.694, 2018: -14.975, 2019: 46.164,
        2020: -11.621,
    },
}  # fmt: skip
# What the exchange announced as the official close of these days; the file holds the last trade of the session instead.
OFFICIAL = {
    ("AAPL", date(2009, 12, 31)): 210.73,
    ("AAPL", date(2012, 12, 31)): 532.17,
    ("AAPL", date(2013, 12, 31)): 561.02,
    ("BAC", date(2008, 12, 31)): 14.08,
    ("BAC", date(2009, 12, 31)): 15.06,
    ("BAC", date(2012, 12, 31)): 11.61,
    ("BAC", date(2014, 12, 31)): 17.89,
}


@dataclass(frozen=True)
class Told:
    """How a command ended, and its document."""

    code: int
    body: Any


def mintmark(*words: str) -> Told:
    """Run one command line in this process."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = run([*words, "--json"])
    return Told(code, json.loads(said.getvalue()))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Path]:
    """A home filled by commands alone, its pack of the last day made fresh by the night."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINTMARK_HOME", str(folder / "home"))
        for command in import_commands(shared_data):
            told = mintmark(*command)
            assert told.code == 0, told.body
        rows = write_rows(folder / "broker.csv", Broker(shared_data).history())
        portfolio = ("portfolio", "create", "WORLD", "--base", "EUR", "--benchmark", "SPY", "--tax", "us")
        for command in (portfolio, ("ledger", "import", str(rows), "--portfolio", "WORLD", "--pay-lag-days", "30")):
            told = mintmark(*command)
            assert told.code == 0, told.body
        built = mintmark("pack", "build", "--date", ENDS.isoformat())
        assert built.body["data"]["missing"] == []
        app = open_app(home=folder / "home")
        report = night_of(app).run("EOD", ENDS, "story")
        app.close()
        assert report["blocked_at"] is None
        yield folder


@pytest.fixture
def ask(world: Path) -> Callable[[str], Told]:  # noqa: ARG001
    """Ask a pattern of the portfolio by the command line."""

    def once(pattern: str) -> Told:
        whose = () if pattern in WITHOUT_PORTFOLIO else ("--portfolio", "WORLD")
        return mintmark("pattern", "run", pattern, *whose, *QUESTIONS[pattern])

    return once


@pytest.fixture(scope="module")
def app(world: Path) -> Iterator[App]:
    opened = open_app(home=world / "home")
    yield opened
    opened.close()


@pytest.mark.long
def test_ten_names_in_three_currencies_over_five_years_come_from_a_brokers_file(app: App):
    told = mintmark("ledger", "positions", "--portfolio", "WORLD", "--asof", ENDS.isoformat())
    verified = mintmark("ledger", "verify")

    (held,) = told.body["data"]
    assert {one["symbol"] for one in held["positions"]} == set(NAMES) - {"GOOG"}
    assert {currency for currency, amount in held["cash"].items() if amount != "0"} == {"EUR", "GBP", "USD"}
    assert (verified.code, verified.body["data"]["valid"]) == (0, True)
    assert sum(len(app.data.known_actions(name)) for name in NAMES) == 611
    # 144 shares bought at 345.97 for 50,000 USD became seven times as many.
    assert next(one for one in held["positions"] if one["symbol"] == "AAPL")["units"] == "1008"


@pytest.mark.long
@pytest.mark.parametrize("pattern", sorted(set(QUESTIONS) - {"buffett_checklist", "export_portfolio_report"}))
def test_a_pattern_answers_on_real_data(ask: Callable[[str], Told], pattern: str):
    told = ask(pattern)

    assert told.code == 0, told.body
    metadata = told.body["metadata"]
    assert metadata["pricing_pack_id"] == f"PP_{ENDS}_EOD_v1"
    assert len(metadata["pack_sha256"]) == len(metadata["ledger_commit_hash"]) == 64
    assert all(
        value is not None or any(path.split(".")[0] == name for path in told.body["undefined"])
        for name, value in told.body["result"].items()
    )
    # No statements of companies, no headlines and no scores of countries are among the files; all else is there.
    assert {one["code"] for one in told.body["refusals"]} <= {"fundamentals_missing", "inputs_missing"}
    if any(one["capability"] == "ledger.positions" for one in metadata["trace"]["steps"]):
        assert "pay_date_assumed" in {one["code"] for one in told.body["warnings"]}


@pytest.mark.long
def test_a_checklist_of_a_company_without_statements_names_the_import_that_brings_them(ask: Callable[[str], Told]):
    told = ask("buffett_checklist")

    assert (told.code, told.body["error"]) == (3, "fundamentals_missing")
    assert "mintmark data import-fundamentals" in told.body["message"]


@pytest.mark.long
def test_a_report_needs_a_right_to_every_source_and_is_made_with_it(ask: Callable[[str], Told]):
    refused = ask("export_portfolio_report")
    terms = ("--right", "export_pdf", "--reference", "contract 1", "--from", "2020-01-01", "--to", "2099-12-31")
    for source in refused.body["details"]["blocked_sources"]:
        assert mintmark("rights", "licence", "add", "--source", source, *terms).code == 0

    told = ask("export_portfolio_report")

    assert (refused.code, refused.body["error"]) == (10, "export_not_permitted")
    assert refused.body["details"]["blocked_sources"] == ["file:corporate_actions", "file:lean", "file:macro"]
    assert told.code == 0, told.body
    assert told.body["result"]["report"]["bytes"] > 1_000


def yearly(app: App, symbol: str) -> dict[int, float]:
    """Return the total return of each year in percent, as the pack of the last year tells it."""
    pack = app.data.build(date(2020, 12, 31), "EOD")["pack_id"]
    view = app.data.states.view(pack)(Reads())
    found = {}
    for year in BY_HAND[symbol]:
        days = [trading_days("XNYS", date(year - 1, 12, 20), date(year - 1, 12, 31))[-1]]
        days += trading_days("XNYS", date(year, 1, 1), date(year, 12, 31))
        found[year] = 100 * float(np.prod(1 + view.total_returns(symbol, days)[1:]) - 1)
    return found


@pytest.mark.long
@pytest.mark.parametrize("symbol", sorted(BY_HAND))
def test_the_total_returns_of_each_year_are_those_made_by_hand_within_a_tenth_of_a_point(app: App, symbol: str):
    told = yearly(app, symbol)

    assert told == pytest.approx(BY_HAND[symbol], abs=0.1)
    # The figures above are printed to three places; all that is left is their rounding.
    assert told == pytest.approx(BY_HAND[symbol], abs=0.001)


@pytest.mark.long
@pytest.mark.parametrize("symbol", sorted(BY_HAND))
def test_where_a_vendors_adjusted_closes_disagree_it_is_the_close_of_the_years_last_day_and_nothing_else(
    shared_data: Path, symbol: str
):
    theirs = vendor(shared_data, symbol)
    ours = closes_of(shared_data / "equities" / f"{symbol}_1d.parquet")
    for year in range(2009, 2021):
        start, end = max(day for day in ours if day.year < year), max(day for day in ours if day.year == year)
        official = [OFFICIAL.get((symbol, day), float(ours[day])) for day in (start, end)]

        mended = (1 + BY_HAND[symbol][year] / 100) * official[1] / float(ours[end]) * float(ours[start]) / official[0]

        assert 100 * (mended - 1) == pytest.approx(100 * (theirs[end] / theirs[start] - 1), abs=0.1), year


def vendor(data: Path, symbol: str) -> dict[date, float]:
    """Return the closes of another vendor, adjusted for splits and dividends, by day."""
    frame = pl.read_parquet(data / "equities" / "sp500_20names_adjclose_daily.parquet").select("Date", symbol)
    return {date.fromisoformat(str(day)[:10]): close for day, close in frame.iter_rows()}
