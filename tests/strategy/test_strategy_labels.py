"""Labels by hand, and how far each reaches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_builders import a_spec, a_walk, bars_of

from mintmark.domain import Bars
from mintmark.strategy import Labels, labels

NONE = None


def made(rule: dict[str, object], bars: Bars, output: str = "classification") -> Labels:
    return labels(a_spec(labels=rule, model={"kind": "logistic", "output": output}), bars)


def words(found: Labels) -> list[str | None]:
    return [NONE if np.isnan(value) else found.classes[int(value)] for value in found.values]


def test_a_zigzag_gives_each_bar_the_direction_of_its_segment():
    # A fall to 90 at bar 2, a rise to 110 at bar 5, a fall to 95 at bar 7; the rise after it is never ended.
    bars = bars_of([100.0, 95.0, 90.0, 100.0, 105.0, 110.0, 99.0, 95.0, 105.0, 108.0])

    found = made({"kind": "zigzag", "threshold": 0.1}, bars)

    assert words(found) == ["down", "down", "up", "up", "up", "down", "down", NONE, NONE, NONE]
    assert found.reaches.tolist() == [3, 3, 6, 6, 6, 8, 8, -1, -1, -1]


def test_a_forward_return_is_taken_between_opens():
    bars = bars_of([100.0] * 6, opens=[100.0, 110.0, 121.0, 99.0, 99.0, 108.9])

    found = made({"kind": "forward_return", "horizon": 2}, bars, "regression")

    np.testing.assert_allclose(found.values, [99 / 110 - 1, 99 / 121 - 1, 108.9 / 99 - 1, np.nan, np.nan, np.nan])
    assert found.reaches.tolist() == [3, 4, 5, -1, -1, -1]
    assert found.classes == ()


def test_returns_within_the_band_are_neutral():
    bars = bars_of([100.0] * 5, opens=[100.0, 100.0, 103.0, 104.0, 101.0])

    found = made({"kind": "forward_return", "horizon": 1, "neutral_band": 0.02}, bars)

    assert words(found) == ["up", "neutral", "down", NONE, NONE]


def test_a_return_of_zero_has_no_direction():
    found = made({"kind": "forward_return", "horizon": 1}, bars_of([100.0] * 5, opens=[1.0, 2.0, 2.0, 3.0, 1.0]))

    assert words(found) == [NONE, "up", "down", NONE, NONE]


def barrier_bars(highs: list[float], lows: list[float]) -> Bars:
    """Twenty bars of range 2 around 100 (ATR 2), then bars that open at 100."""
    count = 20 + len(highs)
    flat = bars_of([100.0] * count)
    return Bars(
        "X", flat.timeframe, flat.stamps, flat.open,
        np.array([101.0] * 20 + highs), np.array([99.0] * 20 + lows), flat.close,
    )  # fmt: skip


@pytest.mark.parametrize(
    "highs, lows, word, reach",
    [
        ([101.0, 104.0], [99.0, 99.0], "up", 21),
        ([101.0, 101.0, 101.0], [99.0, 99.0, 96.0], "down", 22),
        ([104.5], [95.5], "down", 20),
        ([101.0] * 5, [99.0] * 5, "neutral", 23),
    ],
)
def test_the_first_barrier_decides_and_both_at_once_are_a_stop(
    highs: list[float], lows: list[float], word: str, reach: int
):
    found = made({"kind": "triple_barrier", "take": 2.0, "stop": 2.0, "max_bars": 4}, barrier_bars(highs, lows))

    assert (words(found)[19], found.reaches[19]) == (word, reach)


def test_an_undecided_barrier_at_the_end_of_the_data_has_no_label():
    found = made({"kind": "triple_barrier", "max_bars": 4}, barrier_bars([101.0, 101.0], [99.0, 99.0]))

    assert words(found)[19] is NONE


RULES = [
    {"kind": "zigzag", "threshold": 0.02},
    {"kind": "forward_return", "horizon": 7, "neutral_band": 0.01},
    {"kind": "triple_barrier", "max_bars": 30},
]


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(20, 399), rule=st.sampled_from(RULES))
def test_a_label_reads_no_bar_beyond_its_reach(cut: int, rule: dict[str, object]):
    bars = a_walk(400)

    whole, first = made(rule, bars), made(rule, bars.part(0, cut))

    settled = (whole.reaches >= 0) & (whole.reaches < cut)
    assert settled.any() or cut < 60
    assert np.array_equal(first.values[settled[:cut]], whole.values[settled])
    assert np.array_equal(np.flatnonzero(first.reaches >= 0), np.flatnonzero(settled))
