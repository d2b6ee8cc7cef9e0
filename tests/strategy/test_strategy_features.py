"""Features and indicators: the law of the prefix, names, hand-made numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_builders import MONDAY, a_spec, a_walk, bars_of, every_indicator

from mintmark.domain import Bars, Refused, Timeframe
from mintmark.strategy import features, resample, warmup_bars
from mintmark.strategy.catalogue import INDICATORS
from mintmark.strategy.columns import columns_of
from mintmark.strategy.indicators import compute
from mintmark.strategy.warmup import column_warmup, lookback

HOUR = Timeframe.H1.nanoseconds


def one_column(feature: dict[str, object], bars: Bars, **changes: object) -> np.ndarray:
    return features(a_spec(features=[feature], **changes), bars).values[:, 0]


def output(name: str, bars: Bars, word: str | None = None, **parameters: object) -> np.ndarray:
    spec = a_spec(indicators={"it": {"type": name, **parameters}, "rsi": {"type": "rsi"}})
    return compute(spec.indicators["it"], bars)[word]


@settings(max_examples=12, deadline=None)
@given(cut=st.integers(1, 1_999), seed=st.integers(0, 5))
def test_a_row_of_the_first_bars_equals_the_row_of_all_bars_to_the_bit(cut: int, seed: int):
    bars, spec = a_walk(2_000, seed=seed), every_indicator()

    whole, first = features(spec, bars), features(spec, bars.part(0, cut))

    assert first.values.tobytes() == whole.values[:cut].tobytes()
    assert first.warmup == min(whole.warmup, cut)


def test_the_prefix_law_holds_with_gaps_and_hours():
    walk = a_walk(3_000, "1h")
    kept = np.flatnonzero(np.random.default_rng(3).random(3_000) > 0.3)
    columns = (walk.stamps, walk.open, walk.high, walk.low, walk.close, walk.volume)
    bars = Bars("X", Timeframe.H1, *(column[kept] for column in columns))
    spec = every_indicator("1h", "1d")

    whole = features(spec, bars)

    for cut in (1, 2, 23, 24, 700, 701, 1_500, len(bars) - 1):
        assert features(spec, bars.part(0, cut)).values.tobytes() == whole.values[:cut].tobytes()


@pytest.mark.parametrize("name", list(INDICATORS))
def test_an_indicator_has_its_first_value_when_its_lookback_says(name: str):
    spec = a_spec(indicators={"it": {"type": name}, "rsi": {"type": "rsi"}})

    outputs = compute(spec.indicators["it"], a_walk(300))

    firsts = [int(np.argmax(np.isfinite(values))) for values in outputs.values()]
    assert max(firsts) == lookback(spec.indicators["it"])
    assert all(np.isfinite(values[max(firsts) :]).all() for values in outputs.values())


@pytest.mark.parametrize("name", list(INDICATORS))
def test_an_indicator_is_finite_on_a_market_that_stands_still(name: str):
    still = replace(bars_of([100.0] * 300), volume=np.zeros(300))
    spec = a_spec(indicators={"it": {"type": name}, "rsi": {"type": "rsi"}})

    outputs = compute(spec.indicators["it"], still)

    assert all(np.isfinite(values[lookback(spec.indicators["it"]) :]).all() for values in outputs.values())


def test_names_follow_features_then_timeframes_memberships_and_lags():
    spec = a_spec(
        universe={"symbols": ["X"], "timeframe": "1h", "context_timeframes": ["4h"]},
        indicators={"rsi": {"type": "rsi"}, "macd": {"type": "macd"}},
        fuzzy_sets={
            "rsi_fast": {
                "indicator": "rsi",
                "memberships": {
                    "oversold": {"shape": "trapezoid", "points": [0, 0, 20, 30]},
                    "overbought": {"shape": "triangle", "points": [70, 100, 100]},
                },
            }
        },
        features=[
            {"fuzzy_set": "rsi_fast", "timeframes": "all", "lags": [0, 2]},
            {"indicator": "macd.signal", "transform": "zscore"},
            {"price": "gap", "timeframes": ["4h"], "transform": "rank"},
        ],
    )

    names = features(spec, a_walk(2_000, "1h")).names

    assert names == (
        "1h_rsi_fast_oversold", "1h_rsi_fast_oversold_lag2", "1h_rsi_fast_overbought", "1h_rsi_fast_overbought_lag2",
        "4h_rsi_fast_oversold", "4h_rsi_fast_oversold_lag2", "4h_rsi_fast_overbought", "4h_rsi_fast_overbought_lag2",
        "1h_macd_signal_zscore", "4h_gap_rank",
    )  # fmt: skip


def test_a_coarse_bar_counts_once_it_has_closed():
    spec = a_spec(
        universe={"symbols": ["X"], "timeframe": "1h", "context_timeframes": ["4h"]},
        features=[{"price": "return_1", "timeframes": ["4h"]}, {"price": "return_1"}],
    )
    bars = bars_of([float(value) for value in range(1, 17)], timeframe="1h")

    column = features(spec, bars).values[:, 0]

    # The four-hour closes are 4, 8, 12, 16, known at the close of the fourth hour of each.
    expected = [np.nan] * 7 + [1.0] * 4 + [0.5] * 4 + [1 / 3]
    np.testing.assert_allclose(column, expected)


def test_lags_are_counted_in_bars_of_their_own_timeframe():
    spec = a_spec(
        universe={"symbols": ["X"], "timeframe": "1h", "context_timeframes": ["4h"]},
        features=[{"price": "return_1", "timeframes": ["4h"], "lags": [1]}],
    )

    column = features(spec, bars_of([float(value) for value in range(1, 17)], timeframe="1h")).values[:, 0]

    np.testing.assert_allclose(column, [np.nan] * 11 + [1.0] * 4 + [0.5])


def test_weeks_begin_on_monday_and_a_week_that_still_runs_is_no_bar():
    weeks = resample(a_walk(20), Timeframe.W1)

    assert weeks.stamps.tolist() == [MONDAY, MONDAY + 7 * 24 * HOUR]


def test_a_coarse_bar_holds_the_bars_that_open_in_it():
    bars = a_walk(24, "1h")

    coarse = resample(bars, Timeframe.H4)

    assert coarse.stamps.tolist() == [MONDAY + 4 * HOUR * at for at in range(6)]
    assert coarse.open[1] == bars.open[4]
    assert coarse.close[1] == bars.close[7]
    assert coarse.high[1] == bars.high[4:8].max()
    assert coarse.low[1] == bars.low[4:8].min()
    assert coarse.volume is not None
    assert bars.volume is not None
    assert coarse.volume[1] == bars.volume[4:8].sum()


def test_bars_are_not_made_finer():
    with pytest.raises(Refused, match="whole multiple"):
        resample(a_walk(10), Timeframe.H1)


def test_prices_are_the_ratios_their_names_say():
    bars = bars_of([100.0, 110.0, 99.0], opens=[100.0, 105.0, 112.0], spread=1.0)

    assert one_column({"price": "return_1"}, bars)[1:].tolist() == pytest.approx([0.10, -0.10])
    assert one_column({"price": "gap"}, bars)[1:].tolist() == pytest.approx([0.05, 112 / 110 - 1])
    assert one_column({"price": "range"}, bars).tolist() == pytest.approx([2 / 100, 7 / 110, 15 / 99])
    assert one_column({"price": "close_to_high"}, bars).tolist() == pytest.approx(
        [100 / 101 - 1, 110 / 111 - 1, 99 / 113 - 1]
    )


def test_a_rank_is_the_share_of_the_trailing_250_bars_below():
    column = one_column({"price": "return_1", "transform": "rank"}, a_walk(400))
    moves = one_column({"price": "return_1"}, a_walk(400))

    assert np.isnan(column[:250]).all()
    for at in (250, 399):
        assert column[at] == pytest.approx((moves[at - 249 : at + 1] < moves[at]).sum() / 249)


@pytest.mark.parametrize(
    "shape, points, value, degree",
    [
        ("triangle", [0, 50, 100], 25, 0.5),
        ("triangle", [0, 50, 100], 50, 1.0),
        ("triangle", [0, 50, 100], 75, 0.5),
        ("triangle", [60, 80, 100], 50, 0.0),
        ("triangle", [50, 50, 100], 50, 1.0),
        ("trapezoid", [0, 20, 60, 100], 40, 1.0),
        ("trapezoid", [0, 20, 60, 100], 80, 0.5),
        ("gaussian", [40, 10], 50, float(np.exp(-0.5))),
    ],
)
def test_a_degree_is_read_off_its_shape(shape: str, points: list[float], value: float, degree: float):
    from mintmark.strategy.feature_matrix import degrees
    from mintmark.strategy.grammar import Membership

    found = degrees(Membership(shape=shape, points=tuple(map(float, points))), np.array([float(value)]))

    assert found[0] == pytest.approx(degree)


def test_own_indicators_agree_with_numbers_made_by_hand():
    bars = replace(bars_of([10.0, 12.0, 11.0, 14.0], spread=1.0), volume=np.array([1.0, 2.0, 3.0, 6.0]))

    assert output("bbands", bars, "middle", period=2)[1:].tolist() == pytest.approx([11.0, 11.5, 12.5])
    assert output("bbands", bars, "upper", period=2)[1:].tolist() == pytest.approx([13.0, 12.5, 15.5])
    assert output("bbands", bars, "percent", period=2)[3] == pytest.approx(0.75)
    assert output("volume_ratio", bars, period=2)[1:].tolist() == pytest.approx([2 / 1.5, 3 / 2.5, 6 / 4.5])
    assert output("distance_from_ma", bars, period=2)[3] == pytest.approx(14 / 12.5 - 1)
    assert output("donchian", bars, "upper", period=2)[1:].tolist() == [13.0, 13.0, 15.0]
    moves = np.log([12 / 10, 11 / 12, 14 / 11])
    assert output("realised_volatility", bars, period=3)[3] == pytest.approx(moves.std(ddof=1))


def test_money_flows_are_weighted_by_volume():
    bars = replace(bars_of([10.0, 12.0, 10.5], spread=1.0), volume=np.array([1.0, 2.0, 3.0]))
    typical = (bars.high + bars.low + bars.close) / 3

    rising, falling = typical[1] * 2.0, typical[2] * 3.0
    place = ((bars.close - bars.low) - (bars.high - bars.close)) / (bars.high - bars.low)

    assert output("mfi", bars, period=2)[2] == pytest.approx(100 * rising / (rising + falling))
    assert output("cmf", bars, period=2)[2] == pytest.approx((place[1:] * bars.volume[1:]).sum() / 5.0)


def test_a_supertrend_follows_a_rise_from_below_and_turns_after_a_fall():
    bars = bars_of([100.0 + at for at in range(40)] + [140.0 - 4 * at for at in range(20)], spread=0.5)

    direction = output("supertrend", bars, "direction", period=5, width=2.0)
    trend = output("supertrend", bars, "trend", period=5, width=2.0)

    assert (direction[5:40] == 1).all()
    assert (trend[5:40] < bars.close[5:40]).all()
    assert direction[59] == -1
    assert trend[59] > bars.close[59]


def test_the_warm_up_is_that_of_the_slowest_column():
    spec = a_spec(features=[{"indicator": "rsi", "lags": [0, 3]}, {"price": "return_1"}])

    assert warmup_bars(spec) == features(spec, a_walk(100)).warmup == 17


def test_every_column_is_finite_from_its_warm_up_on():
    spec, bars = every_indicator(), a_walk(1_000)

    found = features(spec, bars)

    assert found.warmup <= warmup_bars(spec)
    for at, column in enumerate(columns_of(spec)):
        if column.timeframe is Timeframe.D1:
            assert int(np.argmax(np.isfinite(found.values[:, at]))) <= column_warmup(spec, column)
    assert np.isfinite(found.values[found.warmup :]).all()


def test_a_value_that_is_not_finite_is_refused_with_its_column_and_time():
    bars = a_walk(100)
    bars.close[50] = np.inf

    with pytest.raises(Refused) as caught:
        features(a_spec(features=[{"price": "return_1"}]), bars)

    assert caught.value.code == "feature_not_finite"
    assert caught.value.details["feature"] == "1d_return_1"
    assert caught.value.details["time"].startswith("2005-02-22")


def test_an_indicator_of_volume_needs_it():
    with pytest.raises(Refused) as caught:
        one_column({"indicator": "rsi"}, replace(a_walk(50), volume=None), indicators={"rsi": {"type": "obv"}})

    assert caught.value.code == "volume_unknown"


def test_columns_that_may_not_be_written_are_read_all_the_same():
    bars = a_walk(200)
    for column in (bars.open, bars.high, bars.low, bars.close):
        column.flags.writeable = False

    assert np.isfinite(features(every_indicator(), bars).values[150:, 0]).all()
