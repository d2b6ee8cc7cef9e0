"""Noise without a pattern, an edge of the size it says, and rates that are counted."""

from __future__ import annotations

import numpy as np
import pytest

from mintmark.domain import Bars, Timeframe
from mintmark.research.selftest import QUESTIONS, Edge, Kind, Outcome, bars_of, plant, strategy_of, summary
from mintmark.research.space import Ground

GROUND = Ground(("X",), "1d", True, True, {"rounds": 50, "leaves": 4})
DAY = Timeframe.D1.nanoseconds


def a_walk(count: int, seed: int = 1) -> Bars:
    draws = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draws.normal(0.0, 0.01, count)))
    opens = np.concatenate(([100.0], close[:-1]))
    spread = np.abs(draws.normal(0.0, 0.003, count))
    high, low = np.maximum(opens, close) * (1 + spread), np.minimum(opens, close) * (1 - spread)
    return Bars("X", Timeframe.D1, np.arange(count) * DAY, opens, high, low, close, np.ones(count))


def outcome(kind: Kind, number: int, *, promising: bool) -> Outcome:
    return Outcome(kind, number, promising, promising, promising, 0.0, None)


def test_the_planted_drift_has_the_size_and_length_it_says():
    bars, edge = a_walk(40_000), Edge(0.8, 10)

    drift = np.diff(np.log(plant(bars, edge, np.random.default_rng(3)).close) - np.log(bars.close))

    deviation = np.std(np.diff(np.log(bars.close)), ddof=1)
    assert np.abs(drift) == pytest.approx(np.full(len(drift), 0.8 * deviation), rel=1e-6)
    turns = np.count_nonzero(np.sign(drift[1:]) != np.sign(drift[:-1]))
    assert len(drift) / turns == pytest.approx(10, rel=0.05)


def test_planting_leaves_the_inside_of_a_bar_alone():
    bars = a_walk(200)

    planted = plant(bars, Edge(1.0, 5), np.random.default_rng(3))

    for name in ("high", "low", "close"):
        assert getattr(planted, name) / planted.open == pytest.approx(getattr(bars, name) / bars.open, rel=1e-12)


def test_one_who_knows_the_drift_has_the_sharpe_ratio_it_says():
    bars, edge = a_walk(100_000), Edge(0.8, 10)
    quiet = bars_of("noise", bars, edge, np.random.default_rng(4))

    drift = np.diff(np.log(plant(quiet, edge, np.random.default_rng(4)).close) - np.log(quiet.close))
    earned = np.sign(drift) * (np.diff(np.log(quiet.close)) + drift)

    assert np.mean(earned) / np.std(earned) * np.sqrt(252) == pytest.approx(edge.sharpe(252), rel=0.03)


def test_noise_keeps_the_moves_and_their_sum():
    bars = a_walk(500)

    path = bars_of("noise", bars, Edge(), np.random.default_rng(5))

    assert path.close[-1] == pytest.approx(bars.close[-1], rel=1e-9)
    assert not np.allclose(path.close, bars.close)


def test_random_strategies_are_valid_and_differ():
    drawn = [strategy_of("noise", GROUND, np.random.default_rng(seed)) for seed in range(12)]

    assert len({spec.model_dump_json() for spec in drawn}) == 12
    assert {spec.model.kind for spec in drawn} == {"logistic", "gbdt"}


def test_rates_are_counted_and_none_without_cycles():
    found = [outcome("noise", number, promising=number == 0) for number in range(20)]

    answer = {(row["of"], row["question"]): row for row in summary(found)["rates"]}

    assert set(answer) == {(kind, question) for kind in ("noise", "edge") for question in QUESTIONS}
    row = answer["noise", "promising"]
    # scipy.stats.binomtest(1, 20).proportion_ci(0.95, method="exact")
    assert (row["passed"], row["cycles"], row["rate"]) == (1, 20, 0.05)
    assert (row["low"], row["high"]) == pytest.approx((0.001265089, 0.248732763), abs=1e-8)
    assert answer["edge", "promising"]["rate"] is None
