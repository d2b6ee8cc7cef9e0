"""Luck, measured: figures from the papers, and cross-validation worked by hand."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from mintmark.measures import (
    deflated_sharpe,
    expected_best_sharpe,
    minimum_track_record,
    overfitting_probability,
    probabilistic_sharpe,
)


def test_the_probabilistic_and_the_deflated_sharpe_ratio_of_one_record():
    assert probabilistic_sharpe(0.08, 0.0, 750, -0.6, 6.5) == pytest.approx(0.983405, abs=5e-7)
    assert expected_best_sharpe(0.0009, 200) == pytest.approx(0.082966, abs=5e-7)
    assert deflated_sharpe(0.08, 750, -0.6, 6.5, 0.0009, 200) == pytest.approx(0.468535, abs=5e-7)
    assert minimum_track_record(0.08, 0.0, -0.6, 6.5) == pytest.approx(447.75, abs=5e-3)


def test_the_papers_own_example_of_a_deflated_sharpe_ratio():
    found = deflated_sharpe(2.5 / math.sqrt(250), 1_250, -3.0, 10.0, 0.5 / 250, 100)

    assert found == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize("variance, tries", [(0.0009, 1), (0.0009, 0), (0.0, 200), (float("nan"), 200)])
def test_without_counted_tries_there_is_no_deflated_sharpe_ratio(variance, tries):
    assert deflated_sharpe(0.08, 750, -0.6, 6.5, variance, tries) is None


def test_more_tries_deflate_more():
    found = [deflated_sharpe(0.08, 750, -0.6, 6.5, 0.0009, tries) for tries in (2, 10, 100, 1_000)]

    assert found == sorted(found, reverse=True)


def test_a_record_not_above_its_benchmark_never_gets_long_enough():
    assert minimum_track_record(0.05, 0.05, 0.0, 3.0) is None


def test_moments_that_allow_no_standard_error_give_none():
    assert probabilistic_sharpe(1.0, 0.0, 750, 3.0, 2.0) is None


def plain_overfitting(returns, blocks):
    """The same by the definition, split by split."""
    rows = len(returns) // blocks
    parts = returns[: rows * blocks].reshape(blocks, rows, -1)
    low = 0
    splits = list(combinations(range(blocks), blocks // 2))
    for chosen in splits:
        others = [b for b in range(blocks) if b not in chosen]
        inside, outside = np.concatenate(parts[list(chosen)]), np.concatenate(parts[others])
        best = int(np.argmax(inside.mean(0) / inside.std(0, ddof=1)))
        ratios = outside.mean(0) / outside.std(0, ddof=1)
        rank = np.sum(ratios < ratios[best]) + (np.sum(ratios == ratios[best]) + 1) / 2
        omega = rank / (returns.shape[1] + 1)
        low += math.log(omega / (1 - omega)) <= 0
    return low / len(splits)


@pytest.mark.parametrize("seed", range(6))
def test_the_probability_of_overfitting_is_its_definition(seed):
    returns = np.random.default_rng(seed).normal(0.001 * seed, 1.0, (83, 5))

    found = overfitting_probability(returns, blocks=8)

    assert found.splits == 70
    assert found.pbo == pytest.approx(plain_overfitting(returns, 8))


def test_sixteen_blocks_make_12_870_splits():
    assert overfitting_probability(np.random.default_rng(0).normal(size=(160, 3))).splits == 12_870


def test_a_try_that_is_truly_better_is_not_overfitted():
    returns = np.random.default_rng(1).normal(size=(800, 6))
    returns[:, 3] += 0.5

    found = overfitting_probability(returns)

    assert found.pbo == 0.0
    assert found.loss_probability == 0.0


def test_equal_tries_take_the_middle_rank():
    same = np.random.default_rng(2).normal(size=(160, 1))

    assert overfitting_probability(np.repeat(same, 4, axis=1)).pbo == 1.0


def test_a_try_that_never_moves_has_a_ratio_of_zero():
    returns = np.column_stack((np.zeros(160), np.full(160, 0.01), -np.abs(np.random.default_rng(3).normal(size=160))))

    found = overfitting_probability(returns)

    assert found.pbo == 0.0
    assert found.slope is None


@pytest.mark.parametrize("shape", [(160, 1), (16, 3), (31, 3)])
def test_too_little_to_split_gives_none(shape):
    assert overfitting_probability(np.ones(shape)) is None
