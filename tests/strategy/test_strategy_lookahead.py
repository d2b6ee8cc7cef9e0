"""The search for knowledge of the future finds planted cheats and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from strategy_builders import a_spec, a_walk, every_indicator, trained

from mintmark.domain import Bars, Refused
from mintmark.strategy import (
    FeatureMatrix,
    Labels,
    StrategySpec,
    Targets,
    decisions,
    features,
    labels,
    lookahead_check,
    signals_check,
)
from mintmark.strategy.lookahead import Makers, noise_after


def leaks(spec: StrategySpec, makers: Makers | None = None, **extra: Any) -> list[Any]:
    given = {} if makers is None else {"makers": makers}
    return lookahead_check(spec, {"X": a_walk(600)}, np.random.default_rng(4), **given, **extra)


@pytest.mark.parametrize("kind", ["zigzag", "forward_return", "triple_barrier"])
def test_an_honest_strategy_has_no_leak(kind: str):
    spec = a_spec(labels={"kind": kind})

    assert leaks(spec, model=trained(spec)[0]) == []


def test_no_indicator_leaks():
    assert leaks(every_indicator(), cuts=3) == []


def test_a_column_that_reads_the_next_bar_is_found_by_name_and_place():
    def cheat(spec: StrategySpec, bars: Bars) -> FeatureMatrix:
        found = features(spec, bars)
        values = found.values.copy()
        values[:-1, 1] = values[1:, 1]
        return replace(found, values=values)

    found = leaks(a_spec(), Makers(features=cheat))

    assert {(leak.what, leak.name) for leak in found} == {("features", "1d_return_1")}
    assert all(leak.stamp == leak.cut for leak in found)
    assert found[0].as_json()["time"] == found[0].as_json()["cut"]


def test_a_column_scaled_over_all_bars_is_found():
    def cheat(spec: StrategySpec, bars: Bars) -> FeatureMatrix:
        found = features(spec, bars)
        return replace(found, values=found.values / np.nanstd(found.values, axis=0))

    assert {leak.name for leak in leaks(a_spec(), Makers(features=cheat))} == set(trained(a_spec())[0].names)


def test_a_label_that_reads_beyond_its_reach_is_found():
    def cheat(spec: StrategySpec, bars: Bars) -> Labels:
        found = labels(spec, bars)
        return replace(found, reaches=np.where(found.reaches >= 0, found.reaches - 3, -1))

    found = leaks(a_spec(labels={"kind": "forward_return"}), Makers(labels=cheat))

    assert {leak.what for leak in found} == {"labels"}


def test_a_decision_that_knows_the_next_close_is_found():
    def cheat(spec: StrategySpec, model: Any, bars: dict[str, Bars], *rest: Any) -> Targets:
        found = decisions(spec, model, bars, *rest)
        known = np.sign(np.diff(bars["X"].close, append=bars["X"].close[-1]))
        return replace(found, weights=known[:, None])

    found = leaks(a_spec(), Makers(decisions=cheat), model=trained(a_spec())[0], cuts=12)

    assert {leak.what for leak in found} == {"decisions"}


def trend(bars: Bars) -> np.ndarray:
    return np.sign(bars.close - np.convolve(bars.close, np.ones(10) / 10)[: len(bars)])


def test_a_signal_made_of_past_bars_has_no_leak():
    assert signals_check(trend, a_walk(300), np.random.default_rng(1), cuts=8) == []


def test_a_signal_that_reads_the_next_bar_is_named_with_the_bar_where_it_does():
    bars = a_walk(300)

    found = signals_check(lambda given: np.append(np.diff(given.close), 0.0), bars, np.random.default_rng(1), cuts=8)

    assert len(found) == 8
    assert all((leak.what, leak.symbol, leak.stamp) == ("signals", "X", leak.cut) for leak in found)


def test_a_signal_that_knows_all_bars_is_named_with_the_first_bar():
    bars = a_walk(300)

    found = signals_check(lambda given: given.close / given.close.mean(), bars, np.random.default_rng(1))

    assert {leak.stamp for leak in found} == {int(bars.stamps[0])}


def test_signals_that_are_not_one_a_bar_or_not_the_same_twice_are_refused():
    draws = np.random.default_rng(3)

    for wrong, said in (
        (lambda bars: bars.close[1:], "one signal for each of 300 bars"),
        (lambda bars: draws.normal(size=len(bars)), "the second time"),
    ):
        with pytest.raises(Refused, match=said) as refused:
            signals_check(wrong, a_walk(300), np.random.default_rng(1))
        assert refused.value.code == "bad_value"


def test_noise_leaves_the_past_and_makes_bars_that_could_be():
    bars = a_walk(100)

    noisy = noise_after(bars, int(bars.stamps[60]), np.random.default_rng(1))

    assert noisy.close[:61].tobytes() == bars.close[:61].tobytes()
    assert (noisy.close[61:] != bars.close[61:]).all()
    assert (noisy.low <= np.minimum(noisy.open, noisy.close)).all()
    assert (noisy.high >= np.maximum(noisy.open, noisy.close)).all()
