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
from mintmark.simulation.threads import each_of

_FOLD = 33
MOST_SPLITS = 1_000
EMBARGO = 0.01
"""The share of all bars left out after a tested fold."""
Metrics = dict[str, float | int | None]


@dataclass(frozen=True)
class PathPlan:
    """How the bars are cut: into ``folds``, of which every ``test_folds`` are tested with what was best on the others.

    Unit: bars. ``purge`` are left out on both sides of a tested fold, ``embargo`` after it too; None is 0.01 of all,
    rounded up.
    """

    folds: int = 10
    test_folds: int = 2
    purge: int = 0
    embargo: int | None = None
    metric: str = "sharpe_ratio"

    def __post_init__(self) -> None:
        """Raise ``unknown_name`` or ``bad_value`` for what no bars can be cut by."""
        require_metric(self.metric, MORE_IS_BETTER)
        lowest = {"test_folds": (self.test_folds, 2), "folds": (self.folds, self.test_folds + 1)}
        require_numbers({**lowest, "purge": (self.purge, 0), "embargo": (self.embargo or 0, 0)})
        if (splits := math.comb(self.folds, self.test_folds)) > MOST_SPLITS:
            message = f"expected at most {MOST_SPLITS:,} splits, found {splits:,}: fewer folds make fewer"
            raise Refused(message, code="bad_value", field="folds", value=str(self.folds))

    def embargo_of(self, n: int) -> int:
        """Return the embargo on ``n`` bars."""
        return math.ceil(EMBARGO * n - 1e-9) if self.embargo is None else self.embargo

    def parts(self, n: int) -> tuple[Part, ...]:
        """Return the folds of ``n`` bars, the last with the bars that are left over.

        Raises:
            Refused: ``not_enough_bars`` where a fold is no longer than what is left out beside one.
        """
        # A fold must have two bars at least.
        least = self.purge + self.embargo_of(n) + 2
        size = n // self.folds
        if size < least:
            raise _too_few(self.folds * least, n)
        return tuple(Part(at * size, n if at == self.folds - 1 else (at + 1) * size) for at in range(self.folds))


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
    one is None. ``distribution``: by metric, over the paths that have it. ``sharpes``: per bar, of each candidate over
    all folds; None where it has none.
    """

    chosen: tuple[int | None, ...]
    stamps: IntArray
    returns: FloatArray
    paths: tuple[Metrics, ...]
    undefined: tuple[dict[str, str], ...]
    distribution: dict[str, Spread]
    sharpes: tuple[float | None, ...]
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
    ``metric`` on the bars left for choosing is tested on the other folds; see ``PathPlan``.

    Raises:
        Refused: ``not_enough_bars`` where a fold is no longer than what is left out beside one, or a split keeps
            fewer than two bars to choose on; ``unknown_name``, ``bad_value``; and as ``run_targets``.
    Source:
        Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 12.
    """
    plan = PathPlan(folds, test_folds, purge, embargo, metric)
    parts = plan.parts(len(course.stamps))
    return purged_paths(course, plan, [fold_returns(course, part, fold) for fold, part in enumerate(parts)])


def fold_returns(course: Course, part: Part, fold: int, threads: int = 1) -> FloatArray:
    """Return the bar returns of every candidate (n_bars, n_candidates) in one fold, traded from flat to flat.

    Any number of ``threads`` gives the same.
    """
    made = course.open(part)

    def returns(number: int) -> FloatArray:
        run = course.run(number, part, made(number), (_FOLD, fold, number))
        return bar_returns(run.equity, float(run.capital))

    return np.column_stack(each_of(returns, range(len(course.candidates)), threads))


def purged_paths(course: Course, plan: PathPlan, made: Sequence[FloatArray]) -> PurgedPaths:
    """Return the paths of ``plan`` from what ``fold_returns`` gave for each fold."""
    n = len(course.stamps)
    parts, embargo, whole = plan.parts(n), plan.embargo_of(n), np.concatenate(made)
    splits = purged_splits(n, plan.folds, plan.test_folds, plan.purge, embargo)
    short = min(len(split.train) for split in splits)
    if short < 2:
        raise _too_few(n + 2 - short, n)
    chosen = [_best(course, whole[split.train], plan.metric) for split in splits]
    returns = _paths(whole, parts, splits, chosen)
    found = [_performance(course, path) for path in returns.T]
    paths = tuple(dict(metrics) for metrics, _ in found)
    undefined = tuple(dict(why) for _, why in found)
    sharpes = tuple(_performance(course, column)[0]["sharpe_per_bar"] for column in whole.T)
    return PurgedPaths(
        tuple(chosen), course.stamps, returns, paths, undefined, _distribution(paths), sharpes, plan.purge, embargo
    )


def _performance(course: Course, returns: FloatArray) -> tuple[Metrics, dict[str, str]]:
    return equity_performance(_equity(course, returns), _capital(course), course.bars_per_year)


def _too_few(needed: int, found: int) -> Refused:
    return Refused(
        f"expected at least {needed} bars, found {found}", code="not_enough_bars", needed=needed, found=found
    )


def _best(course: Course, returns: FloatArray, metric: str) -> int | None:
    return best_of([_performance(course, column)[0][metric] for column in returns.T])


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
