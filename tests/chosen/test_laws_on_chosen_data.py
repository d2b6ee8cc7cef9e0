"""Laws of the house, tried on the data the caller chose (--symbol, --timeframe, --pack)."""

from __future__ import annotations

import numpy as np
import pytest

from mintmark.app import App
from mintmark.data import Pack
from mintmark.domain import Bars
from mintmark.simulation import Account, permute_path, run_targets
from mintmark.strategy import StrategySpec, lookahead_check, read_spec, resample

DESIGN = """
grammar: 1
name: chosen
universe:
  symbols: [{symbol}]
  timeframe: {timeframe}
indicators:
  rsi: {{type: rsi}}
  bands: {{type: bbands}}
  trend: {{type: supertrend}}
  swing: {{type: realised_volatility}}
features:
  - {{indicator: rsi, transform: zscore, lags: [0, 3]}}
  - {{indicator: bands.percent, transform: rank}}
  - {{indicator: trend.direction}}
  - {{indicator: swing}}
  - {{price: return_5}}
labels: {{kind: {kind}}}
model: {{kind: logistic}}
"""


def a_design(bars: Bars, kind: str) -> StrategySpec:
    return read_spec(DESIGN.format(symbol=bars.symbol, timeframe=bars.timeframe, kind=kind)).require()


@pytest.mark.parametrize("kind", ["zigzag", "forward_return", "triple_barrier"])
def test_nothing_decided_at_a_bar_changes_when_all_later_bars_are_noise(chosen_bars: Bars, kind: str):
    spec = a_design(chosen_bars, kind)

    leaks = lookahead_check(spec, {chosen_bars.symbol: chosen_bars}, np.random.default_rng(7))

    assert leaks == []


def test_every_trade_pays_each_cost_exactly_once(chosen_pack: Pack, chosen_bars: Bars):
    draw = np.random.default_rng(11)
    instrument = chosen_pack.instrument(chosen_bars.symbol)
    lowest = -1 if instrument.shortable else 0
    weights = np.where(draw.random(len(chosen_bars)) < 0.05, draw.integers(lowest, 2, len(chosen_bars)) * 0.5, np.nan)

    run = run_targets(
        [chosen_bars],
        weights,
        [instrument],
        Account(currency=instrument.currency),
        bars_per_year=chosen_pack.bars_per_year(chosen_bars.symbol, chosen_bars.timeframe),
    )

    trades = run.trade_columns()
    parts = sum(trades[name] for name in ("price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost"))
    assert len(run.trades) > 20
    np.testing.assert_allclose(trades["net_profit"], parts, rtol=1e-9, atol=1e-9)
    assert run.equity[-1] - float(run.capital) == pytest.approx(trades["net_profit"].sum(), rel=1e-9)
    assert (trades["fees"] <= 0).all()


def test_a_permuted_path_keeps_the_moves_and_loses_their_order(chosen_bars: Bars):
    permuted = permute_path(chosen_bars, np.random.default_rng(3))

    moves, permuted_moves = np.log(chosen_bars.close / chosen_bars.open), np.log(permuted.close / permuted.open)
    np.testing.assert_allclose(np.sort(permuted_moves[1:]), np.sort(moves[1:]), atol=1e-9)
    assert not np.array_equal(permuted.close, chosen_bars.close)
    assert permuted.close[-1] == pytest.approx(chosen_bars.close[-1], rel=1e-6)


def test_a_sealed_series_opens_as_the_same_bytes_twice(chosen_app: App, chosen_pack: Pack, chosen_bars: Bars):
    again = chosen_app.data.open(chosen_pack.id).bars(chosen_bars.symbol, chosen_bars.timeframe)

    for name in ("stamps", "open", "high", "low", "close"):
        assert getattr(again, name).tobytes() == getattr(chosen_bars, name).tobytes()


def test_a_coarse_bar_holds_exactly_the_bars_within_it(chosen_bars: Bars):
    week = resample(chosen_bars, type(chosen_bars.timeframe)("1w"))

    inside = (chosen_bars.stamps >= week.stamps[5]) & (chosen_bars.stamps < week.closes_at[5])
    assert week.high[5] == chosen_bars.high[inside].max()
    assert week.low[5] == chosen_bars.low[inside].min()
    assert week.open[5] == chosen_bars.open[inside][0]
    assert week.close[5] == chosen_bars.close[inside][-1]
