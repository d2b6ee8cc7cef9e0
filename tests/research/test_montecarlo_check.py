"""The Monte Carlo test on itself: the edge is found, chance is not, and the page says what was found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mintmark.cli.montecarlo import page_of
from mintmark.research.montecarlo_check import MonteCarloCheck, check_montecarlo, drawn_bars, random_p
from mintmark.simulation.door import check_bars

PAGE = Path(__file__).resolve().parents[2] / "docs" / "montecarlo.md"


def a_check(**changes):
    found = {
        "master": 7, "sharpe": 3.0, "best_drawn": 1.1, "runs": 200, "planted_p": 1 / 201,
        "random_p": np.linspace(0.05, 0.95, 10), "uniform_p": 0.9,
    }  # fmt: skip
    return MonteCarloCheck(**{**found, **changes})


def test_the_planted_edge_is_found_and_each_random_strategy_has_a_p_value():
    told = []

    found = check_montecarlo(7, runs=100, strategies=3, progress=lambda done, total: told.append((done, total)))

    assert found.planted_p == 1 / 101
    assert found.sharpe > found.best_drawn
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found.random_p.tolist() == [random_p(7, number) for number in range(3)]
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["random"]["strategies"] == 3


@pytest.mark.parametrize("changes", [{"planted_p": 2 / 101}, {"uniform_p": 0.009}])
def test_a_check_that_misses_either_has_not_passed(changes):
    assert a_check().passed
    assert not a_check(**changes).passed
    assert "FAILED" in page_of(a_check(**changes).as_json())


def test_drawn_bars_are_bars_with_the_link_asked_for():
    bars = drawn_bars(20_000, 0.3, np.random.default_rng(1))

    check_bars(bars)
    moves = np.log(bars.close / bars.open)
    assert np.corrcoef(moves[1:], moves[:-1])[0, 1] == pytest.approx(0.3, abs=0.02)


def test_the_page_shows_the_figures_of_a_check():
    page = page_of(a_check().as_json())

    assert "| planted edge | Sharpe ratio 3.00, best of 200 permuted paths 1.10 | 0.0050 | < 0.01 |" in page
    assert "| 10 random strategies | p-values uniform (Kolmogorov and Smirnov) | 0.9000 | > 0.01 |" in page
    assert "With seed 7: passed." in page


@pytest.mark.long
def test_the_whole_check_passes_and_the_page_of_the_docs_is_its_own():
    found = check_montecarlo(7)

    assert found.passed
    assert page_of(found.as_json()) == PAGE.read_text()
