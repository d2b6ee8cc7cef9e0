"""Combinatorial purged cross-validation: its splits, its paths, and what may be chosen on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from simulation_cases import an_instrument, some_bars

from mintmark.domain import Bars, Refused
from mintmark.measures import bar_returns, purged_splits, sharpe_ratio
from mintmark.simulation import Account, Candidate, Course, combinatorial_purged, run_targets


def always(known: Sequence[Bars], start: int) -> Callable[[int], NDArray[np.float64]]:
    bars = int(np.sum(known[0].stamps >= start))
    return lambda number: np.full(bars, (1.0, -1.0, 0.5)[number])


def a_course(length: int, **changes: Any) -> Course:
    closes = 100.0 * np.exp(np.cumsum(np.random.default_rng(8).normal(0.0, 0.01, length)))
    opens = [closes[0], *closes[:-1]]
    bars = some_bars([(a, max(a, b), min(a, b), b) for a, b in zip(opens, closes, strict=True)])
    given = {"decide": always, "candidates": [Candidate({"side": at}) for at in range(3)], **changes}
    return Course(
        bars=[bars], instruments=[an_instrument()], bars_per_year=252, account=Account("USD", Decimal(10_000)), **given
    )


def test_ten_folds_and_two_tested_give_45_splits_and_9_paths_that_each_test_every_fold_once():
    splits = purged_splits(1_003, 10, 2, 5, 11)

    assert len(splits) == 45
    assert [tuple(fold for fold, _ in split.tested) for split in splits] == list(combinations(range(10), 2))
    paths = sorted((path, fold) for split in splits for fold, path in split.tested)
    assert paths == [(path, fold) for path in range(9) for fold in range(10)]


def test_the_bars_chosen_on_keep_their_distance_from_the_tested_folds():
    n, purge, embargo = 1_003, 5, 11

    for split in purged_splits(n, 10, 2, purge, embargo):
        left = np.ones(n, dtype=bool)
        for fold, _ in split.tested:
            start, stop = fold * 100, n if fold == 9 else (fold + 1) * 100
            left[max(start - purge, 0) : stop + purge + embargo] = False
        assert split.train.tolist() == np.flatnonzero(left).tolist()


def test_the_paths_are_made_of_the_best_of_each_split():
    course = a_course(403)

    found = combinatorial_purged(course, folds=5, test_folds=2, purge=3)

    # Every fold by itself, from flat to flat.
    edges = [0, 80, 160, 240, 320, 403]
    returns = np.column_stack([folded(course, edges, weight) for weight in (1.0, -1.0, 0.5)])
    splits = purged_splits(403, 5, 2, 3, 5)
    expected = np.full((403, 4), np.nan)
    for split in splits:
        best = int(np.argmax([sharpe_ratio(column[split.train], 252) for column in returns.T]))
        for fold, path in split.tested:
            expected[edges[fold] : edges[fold + 1], path] = returns[edges[fold] : edges[fold + 1], best]
    assert (found.purge, found.embargo, len(found.chosen)) == (3, 5, 10)
    np.testing.assert_allclose(found.returns, expected, rtol=0, atol=1e-15)
    sharpes = [sharpe_ratio(path, 252) for path in expected.T]
    assert [path["sharpe_ratio"] for path in found.paths] == pytest.approx(sharpes)
    spread = found.distribution["sharpe_ratio"]
    assert spread.count == 4
    assert [spread.mean, spread.deviation] == pytest.approx([np.mean(sharpes), np.std(sharpes, ddof=1)])
    assert [spread.lowest, spread.median, spread.highest] == pytest.approx(
        [min(sharpes), np.median(sharpes), max(sharpes)]
    )


def folded(course: Course, edges: list[int], weight: float) -> NDArray[np.float64]:
    made = []
    for start, stop in pairwise(edges):
        run = run_targets(
            [course.bars[0].part(start, stop)], np.full(stop - start, weight), course.instruments, course.account,
            bars_per_year=252,
        )  # fmt: skip
        made.append(bar_returns(run.equity, 10_000.0))
    return np.concatenate(made)


def test_five_thousand_bars_leave_out_fifty_after_each_test_by_default():
    found = combinatorial_purged(a_course(5_000), purge=10)

    assert (len(found.chosen), found.returns.shape, found.embargo) == (45, (5_000, 9), 50)
    assert not np.isnan(found.returns).any()


def test_without_a_metric_nothing_is_chosen_and_nothing_earned():
    course = a_course(100, decide=lambda known, start: lambda _: always(known, start)(0) * np.nan)

    found = combinatorial_purged(course)

    assert set(found.chosen) == {None}
    assert not found.returns.any()
    assert {why["sharpe_ratio"] for why in found.undefined} == {"no_variation"}
    assert "sharpe_ratio" not in found.distribution


@pytest.mark.parametrize(
    ("length", "options", "code"),
    [
        (29, {}, "not_enough_bars"), (40, {"purge": 40}, "not_enough_bars"), (100, {"test_folds": 1}, "bad_value"),
        (100, {"folds": 2}, "bad_value"), (100, {"embargo": -1}, "bad_value"),
        (100, {"metric": "win_rate"}, "unknown_name"),
        (60, {"folds": 3, "purge": 17}, "not_enough_bars"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_refused(length: int, options: dict[str, Any], code: str):
    course = a_course(length)

    with pytest.raises(Refused) as caught:
        combinatorial_purged(course, **options)

    assert caught.value.code == code
