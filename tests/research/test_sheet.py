"""A tear sheet shows one backtest whole: pictures, metrics with their formulas, and where they come from."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from mintmark.domain import Bars, Instrument, Timeframe, default_instrument, written
from mintmark.measures import period_returns
from mintmark.research.sheet import FORMULAS, SheetInput, drawings_of, sheet_html, sheet_pictures
from mintmark.research.sheet_charts import MOST_TRADES
from mintmark.simulation import BacktestResult, run_targets

HOUR = 3_600 * 10**9
MARK = {"pack_id": "PP_2018-12-31_SAMPLE_v1", "pack_sha256": "4be1" * 16, "operation_id": "op_x", "sources": ["<arch>"]}


def some_bars(count: int = 2_000, seed: int = 3) -> Bars:
    moves = np.random.default_rng(seed).normal(0.0, 0.001, count)
    close = 1.1 * np.exp(np.cumsum(moves))
    opened = np.append(close[0], close[:-1])
    stamps = np.int64(1_451_606_400 * 10**9) + np.arange(count, dtype=np.int64) * HOUR
    high, low = np.maximum(opened, close) * 1.0001, np.minimum(opened, close) * 0.9999
    return Bars("EURUSD", Timeframe.H1, stamps, opened, high, low, close)


def an_instrument() -> Instrument:
    return default_instrument("EURUSD", "fx", "USD")


def a_run(bars: Bars, every: int = 40) -> BacktestResult:
    targets = np.where(np.arange(len(bars)) // every % 2 == 0, 0.5, -0.5)
    return run_targets([bars], targets, [an_instrument()], bars_per_year=6_240)


@pytest.fixture(scope="module")
def bars() -> Bars:
    return some_bars()


@pytest.fixture(scope="module")
def given(bars: Bars) -> SheetInput:
    return SheetInput.of(a_run(bars), [bars], title="to and <fro>", mark=MARK)


def test_a_sheet_has_every_picture_and_needs_no_network(given: SheetInput):
    html = sheet_html(given)

    assert re.findall(r"<h2>(\w+)", html) == ["Equity", "Months", "Trades", "Returns", "Costs", "Metrics", "Mark"]
    assert html.count("<svg") == 5
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script|<link|<img|@import|url\(|\bnan\b", html)
    assert "to and &lt;fro&gt;" in html
    assert "&lt;arch&gt;" in html
    assert MARK["pack_sha256"] in html


def test_every_metric_stands_with_its_value_its_name_and_its_formula(given: SheetInput, bars: Bars):
    html = sheet_html(given)

    metrics = a_run(bars).metrics
    for name in set(metrics) & set(FORMULAS):
        assert f'<span class="id">{name}</span>' in html
        assert f">{written(name, metrics[name])}</td>" in html
    missing = set(metrics) - set(FORMULAS)
    assert missing == {"net_profit", "price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost"}


def test_the_heat_map_shows_the_months_as_measured(given: SheetInput):
    shown = [shape.said for shape in drawings_of(given)["months"].shapes if hasattr(shape, "said")]

    capital = given.curve.capital or 0.0
    _, months = period_returns(given.curve.stamps, given.curve.equity, capital, "month")
    _, years = period_returns(given.curve.stamps, given.curve.equity, capital, "year")
    wanted = [f"{value * 100:+.1f}".replace("-", "−") for value in [*months, *years]]
    assert shown[-len(wanted) :] == wanted
    assert len(months) == 3


def test_the_bars_of_the_costs_end_at_the_net_profit(given: SheetInput):
    shown = [shape.said for shape in drawings_of(given)["costs"].shapes if hasattr(shape, "said")]

    net = given.figures["net_profit"]["amount"]
    assert shown[-1] == f"{float(net):+,.2f}".replace("-", "−")


def test_a_cost_of_nothing_has_no_bar(given: SheetInput):
    free = replace(given, figures={**given.figures, "fees": 0.0})

    bars = [sum(hasattr(shape, "opacity") for shape in drawings_of(one)["costs"].shapes) for one in (given, free)]

    assert bars[0] - bars[1] == 1
    assert "0.00" in [getattr(shape, "said", "") for shape in drawings_of(free)["costs"].shapes]


def test_more_trades_than_a_picture_can_show_are_cut_and_the_title_says_so(bars: Bars):
    run = a_run(bars, every=2)

    drawing = drawings_of(SheetInput.of(run, [bars], title="busy"))["trades_1"]

    title = drawing.shapes[0]
    assert len(run.trades) > MOST_TRADES
    assert title.said == f"The last {MOST_TRADES} of {len(run.trades):,} trades on EURUSD"


def test_a_strategy_that_never_trades_has_a_sheet_too(bars: Bars):
    run = run_targets([bars], np.full(len(bars), np.nan), [an_instrument()], bars_per_year=6_240)

    html = sheet_html(SheetInput.of(run, [bars], title="quiet"))

    assert "No trade was made" in html
    assert "2,000 without a move left out" in html
    assert "no trades" in html
    assert not re.search(r"\bnan\b", html)


def test_a_fan_is_drawn_where_paths_are_handed_over(given: SheetInput):
    paths = 100_000.0 * np.cumprod(1.0 + np.random.default_rng(1).normal(0.0, 1e-4, (100, 2_000)), axis=1)

    html = sheet_html(replace(given, paths=paths, paths_title="block bootstrap"))

    assert "block bootstrap, 100 runs" in html
    assert html.count("<svg") == 6


def test_the_same_run_gives_the_same_bytes(given: SheetInput, bars: Bars):
    again = SheetInput.of(a_run(bars), [bars], title="to and <fro>", mark=MARK)

    assert sheet_html(again) == sheet_html(given)
    assert sheet_pictures(again) == sheet_pictures(given)


def test_every_drawing_of_a_sheet_is_a_picture_too(given: SheetInput):
    pictures = sheet_pictures(given)

    assert list(pictures) == ["equity", "months", "trades_1", "returns", "costs"]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
