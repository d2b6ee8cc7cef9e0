"""What chance shows: other libraries on the same numbers, closed forms, and p-values worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from arch.bootstrap import SPA, StationaryBootstrap, optimal_block_length
from statsmodels.stats.multitest import multipletests

from mintmark.measures import (
    adjust_p,
    bootstrap_interval,
    exceedance_p,
    mean_block,
    stationary_places,
    superior_predictive_ability,
)


def some_returns(bars: int = 400, strategies: int = 5, seed: int = 3):
    return np.random.default_rng(seed).normal(0.0, 0.01, (bars, strategies))


def some_linked(n: int = 2_000, link: float = 0.6):
    noise = np.random.default_rng(5).normal(size=n)
    values = np.empty(n)
    values[0] = noise[0]
    for at in range(1, n):
        values[at] = link * values[at - 1] + noise[at]
    return values


def test_superior_ability_is_archs_own_on_losses():
    returns = some_returns()
    judge = SPA(np.zeros(400), -returns, block_size=20, reps=1_000, seed=np.random.default_rng(11))
    judge.compute()

    found = superior_predictive_ability(returns, np.random.default_rng(11))

    assert list(found) == judge.pvalues[["lower", "consistent", "upper"]].tolist()
    assert found.lower <= found.consistent <= found.upper


def test_one_strategy_with_an_edge_is_found_among_many_and_luck_is_not():
    returns = some_returns(1_000, 20)

    luck = superior_predictive_ability(returns, np.random.default_rng(1))
    returns[:, 7] += 0.002
    edge = superior_predictive_ability(returns, np.random.default_rng(1))

    assert luck.consistent > 0.10
    assert edge.upper < 0.01


def test_superior_ability_is_measured_against_the_benchmark_given():
    returns = some_returns(1_000, 3) + 0.002

    found = superior_predictive_ability(returns, np.random.default_rng(1), benchmark=returns[:, 0] + 0.001)

    assert found.consistent > 0.5


def test_the_mean_block_is_that_of_politis_and_white():
    values = some_linked()

    assert mean_block(values) == pytest.approx(float(optimal_block_length(values)["stationary"].iloc[0]))
    assert mean_block(values) > 5.0


@pytest.mark.parametrize("values", [np.zeros(50), np.random.default_rng(0).normal(size=2_000)])
def test_the_mean_block_is_at_least_two(values):
    assert mean_block(values) == 2.0


def test_stationary_places_come_in_blocks_of_the_mean_length_and_reach_every_value_alike():
    places = stationary_places(200_000, 8.0, np.random.default_rng(2))

    breaks = np.count_nonzero(np.diff(places) % 200_000 != 1)
    # Breaks are binomial(200,000, 1/8): five deviations either side.
    assert breaks == pytest.approx(25_000, abs=5 * math.sqrt(200_000 * 0.125 * 0.875))
    assert np.histogram(places, 4, (0, 200_000))[0] == pytest.approx([50_000] * 4, rel=0.05)


def test_the_interval_of_a_mean_is_the_textbooks():
    values = np.random.default_rng(8).normal(3.0, 2.0, 4_000)

    low, high = bootstrap_interval(values, lambda drawn: float(drawn.mean()), np.random.default_rng(1))

    reach = 1.96 * values.std(ddof=1) / math.sqrt(4_000)
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.1 * reach)


def test_the_interval_of_linked_values_is_as_wide_as_archs():
    values = some_linked()
    judge = StationaryBootstrap(mean_block(values), values, seed=np.random.default_rng(3))
    theirs = judge.conf_int(lambda drawn: float(drawn.mean()), reps=2_000, method="percentile").ravel()

    ours = bootstrap_interval(values, lambda drawn: float(drawn.mean()), np.random.default_rng(1))

    assert ours == pytest.approx(tuple(theirs), abs=0.1 * float(np.ptp(theirs)))


def test_the_same_seed_gives_the_same_interval():
    values = some_linked(200)

    found = [bootstrap_interval(values, np.median, np.random.default_rng(4), draws=100) for _ in range(2)]

    assert found[0] == found[1]


def test_three_of_199_runs_at_least_as_good_are_two_percent():
    drawn = np.concatenate((np.zeros(196), [1.0, 1.5, 2.0]))

    assert exceedance_p(1.0, drawn) == 0.02


def test_a_run_without_a_value_speaks_against_the_strategy():
    assert exceedance_p(1.0, np.array([0.0, math.nan, 0.5])) == 0.5


@pytest.mark.parametrize("method, theirs", [("holm", "holm"), ("bh", "fdr_bh")])
def test_adjusted_p_values_are_those_of_statsmodels(method, theirs):
    p = np.concatenate((np.random.default_rng(6).random(40) ** 3, [0.5, 0.5, 1.0, 0.0]))

    assert adjust_p(p, method) == pytest.approx(multipletests(p, method=theirs)[1])


def test_adjusted_p_values_of_the_papers_example():
    # Benjamini & Hochberg (1995), section 4.1: four discoveries at 0.05, where Holm finds three.
    p = np.array(
        [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
         0.7590, 1.0]
    )  # fmt: skip

    assert (adjust_p(p, "bh") <= 0.05).sum() == 4
    assert (adjust_p(p, "holm") <= 0.05).sum() == 3


@pytest.mark.parametrize("p, method", [([0.5], "bonferroni"), ([0.5, 1.2], "bh"), ([math.nan], "holm")])
def test_what_cannot_be_adjusted_is_refused(p, method):
    with pytest.raises(ValueError, match="expected"):
        adjust_p(np.array(p), method)
