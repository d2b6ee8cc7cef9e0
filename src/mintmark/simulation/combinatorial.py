"""Choose on most of the past and test on the rest, every way there is: a distribution where a walk gives one path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mintmark.domain import Refused
from mintmark.measures import PurgedSplit, bar_returns, equity_performance, purged_splits
from mintmark.simulation.course import MORE_IS_BETTER, Course, Part, best_of, require_metric, require_numbers
from mintmark.simulation.records import FloatArray, IntArray

_FOLD = 33
EMBARGO = 0.01
"""The share of all bars left out after a tested fold."""
Metrics = dict[str, float | int | None]


@dataclass(frozen=True)
class Spread:
    """How one metric lies over the paths that have it; ``deviation`` (n - 1) is None for fewer than two."""

    count: int
    mean: float
    deviation: float | None
    lowest: float
    median: float
    highest: float


@dataclass(frozen=True, eq=False)
class PurgedPaths:
    """What choosing on each split came to.

    ``chosen``: a candidate's number for each split, None where none had the metric and nothing was traded.
    ``returns``: (n_bars, n_paths), each path tests every bar once. ``paths``: the metrics of each; ``undefined``: why
    one is None. ``distribution``: by metric, over the paths that have it.
    """

    chosen: tuple[int | None, ...]
    stamps: IntArray
    returns: FloatArray
    paths: tuple[Metrics, ...]
    undefined: tuple[dict[str, str], ...]
    distribution: dict[str, Spread]
    purge: int
    embargo: int


def combinatorial_purged(
    course: Course,
    *,
    folds: int = 10,
    test_folds: int = 2,
    purge: int = 0,
    embargo: int | None = None,
    metric: str = "sharpe_ratio",
) -> PurgedPaths:
    """Return the paths of combinatorial purged cross-validation over the candidates of ``course``.

    Each candidate trades each fold once, from flat to flat with the course's capital. For each split the best by
    ``metric`` on the bars left for choosing is tested on the other folds. ``embargo`` None: 0.01 of the bars, rounded
    up.

    Raises:
        Refused: ``not_enough_bars`` where a fold is no longer than what is left out beside one, or a split keeps
            fewer than two bars to choose on; ``unknown_name``, ``bad_value``; and as ``run_targets``.
    Source:
        Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 12.
    """
    require_metric(metric, MORE_IS_BETTER)
    require_numbers({"test_folds": (test_folds, 2), "folds": (folds, test_folds + 1), "purge": (purge, 0)})
    n = len(course.stamps)
    left_out = math.ceil(EMBARGO * n - 1e-9) if embargo is None else embargo
    require_numbers({"embargo": (left_out, 0)})
    # A fold must be longer than what is left out beside one, and have two bars at least.
    if n // folds < purge + left_out + 2:
        raise _too_few(folds * (purge + left_out + 2), n)
    splits = purged_splits(n, folds, test_folds, purge, left_out)
    short = min(len(split.train) for split in splits)
    if short < 2:
        raise _too_few(n + 2 - short, n)
    parts = [Part(at * (n // folds), n if at == folds - 1 else (at + 1) * (n // folds)) for at in range(folds)]
    made = _fold_returns(course, parts)
    chosen = [_best(course, made[split.train], metric) for split in splits]
    returns = _paths(made, parts, splits, chosen)
    found = [equity_performance(_equity(course, path), _capital(course), course.bars_per_year) for path in returns.T]
    paths = tuple(dict(metrics) for metrics, _ in found)
    undefined = tuple(dict(why) for _, why in found)
    return PurgedPaths(tuple(chosen), course.stamps, returns, paths, undefined, _distribution(paths), purge, left_out)


def _too_few(needed: int, found: int) -> Refused:
    return Refused(
        f"expected at least {needed} bars, found {found}", code="not_enough_bars", needed=needed, found=found
    )


def _fold_returns(course: Course, parts: Sequence[Part]) -> FloatArray:
    """Return the bar returns of every candidate (n_bars, n_candidates), each fold traded from flat to flat."""
    returns = np.empty((len(course.stamps), len(course.candidates)))
    for fold, part in enumerate(parts):
        made = course.open(part)
        for number in range(len(course.candidates)):
            run = course.run(number, part, made(number), (_FOLD, fold, number))
            returns[part.start : part.stop, number] = bar_returns(run.equity, float(run.capital))
    return returns


def _best(course: Course, returns: FloatArray, metric: str) -> int | None:
    tables = (
        equity_performance(_equity(course, column), _capital(course), course.bars_per_year) for column in returns.T
    )
    return best_of([metrics[metric] for metrics, _ in tables])


def _paths(
    made: FloatArray, parts: Sequence[Part], splits: Sequence[PurgedSplit], chosen: Sequence[int | None]
) -> FloatArray:
    count = 1 + max(path for split in splits for _, path in split.tested)
    returns = np.full((len(made), count), np.nan)
    for split, number in zip(splits, chosen, strict=True):
        for fold, path in split.tested:
            rows = slice(parts[fold].start, parts[fold].stop)
            returns[rows, path] = 0.0 if number is None else made[rows, number]
    return returns


def _equity(course: Course, returns: FloatArray) -> FloatArray:
    equity: FloatArray = _capital(course) * np.cumprod(1.0 + returns, dtype=np.float64)
    return equity


def _capital(course: Course) -> float:
    return float(course.account.capital)


def _distribution(paths: Sequence[Metrics]) -> dict[str, Spread]:
    found = {}
    for name in paths[0]:
        values = np.array([path[name] for path in paths if path[name] is not None], dtype=np.float64)
        if len(values):
            deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
            lowest, median, highest = (float(value) for value in np.percentile(values, (0, 50, 100)))
            found[name] = Spread(len(values), float(values.mean()), deviation, lowest, median, highest)
    return found
