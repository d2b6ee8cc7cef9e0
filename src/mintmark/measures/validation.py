"""Does what was chosen on one part of the past hold on another?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def rank_correlation(inside: FloatArray, outside: FloatArray) -> float:
    """Return Spearman's correlation of the ranks; ties take the middle rank.

    Shape: (n_pairs,) each.

    Raises:
        Undefined: ``too_few_windows``, fewer than three pairs; ``no_variation`` where one side is all ties.
    Source:
        Spearman (1904), American J. Psychology 15(1).

    >>> rank_correlation(np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 40.0, 20.0, 50.0]))
    0.8
    """
    from scipy.stats import rankdata

    if len(inside) < 3:
        raise Undefined("too_few_windows")
    ranks = np.vstack([rankdata(inside), rankdata(outside)])
    if np.ptp(ranks, axis=1).min() == 0.0:
        raise Undefined("no_variation")
    return round(float(np.corrcoef(ranks)[0, 1]), 12)


def degradation(inside: FloatArray, outside: FloatArray) -> float:
    """Return what is left of a Sharpe ratio outside: the mean of ``outside`` over the mean of ``inside``.

    Shape: (n_windows,) each. 1 is all of it, 0 nothing, below 0 a loss.

    Raises:
        Undefined: ``too_few_windows`` without any; ``nothing_to_lose`` where the mean inside is not above 0.
    """
    if len(inside) == 0:
        raise Undefined("too_few_windows")
    before = float(inside.mean())
    if before <= 0.0:
        raise Undefined("nothing_to_lose")
    return float(outside.mean()) / before


@dataclass(frozen=True, eq=False)
class PurgedSplit:
    """One split: the bars chosen on, and for each tested fold its number and the path it belongs to."""

    train: IntArray
    tested: tuple[tuple[int, int], ...]


def purged_splits(n: int, folds: int, test_folds: int, purge: int, embargo: int) -> tuple[PurgedSplit, ...]:
    """Return every way to test ``test_folds`` of ``folds`` and to choose on the rest.

    From the bars chosen on, ``purge`` bars on both sides of a tested fold and ``embargo`` more after it are left out.
    The folds are n // ``folds`` bars each, the last takes what remains. Loading skfolio takes seconds.

    Source:
        Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 12; skfolio.
    """
    from skfolio.model_selection import CombinatorialPurgedCV

    found = CombinatorialPurgedCV(n_folds=folds, n_test_folds=test_folds, purged_size=purge, embargo_size=embargo)
    splits = zip(found.split(np.empty((n, 1))), found.test_set_index, found.get_path_ids(), strict=True)
    return tuple(
        PurgedSplit(
            np.asarray(train, dtype=np.int64),
            tuple((int(fold), int(path)) for fold, path in zip(tested, paths, strict=True)),
        )
        for (train, _), tested, paths in splits
    )
