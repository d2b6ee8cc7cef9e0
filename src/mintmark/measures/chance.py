"""What chance alone would show: resampled series, intervals, and p-values among many."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_LEAST_BLOCK = 2.0


class SuperiorAbility(NamedTuple):
    """The p-values that no strategy beats the benchmark; White's reality check is ``upper``."""

    lower: float
    consistent: float
    upper: float


def superior_predictive_ability(
    returns: FloatArray, seed: np.random.Generator, benchmark: FloatArray | None = None, draws: int = 1_000
) -> SuperiorAbility:
    """Return how likely the best of many strategies is no better than ``benchmark``.

    Shape: (n_bars, n_strategies), and (n_bars,) of the benchmark, by default no return at all. Losses are
    negative returns, studentised; stationary blocks of round(sqrt n) bars.

    Source:
        Hansen (2005), J. Business & Economic Statistics 23(4); White (2000), Econometrica 68(5).
    """
    from arch.bootstrap import SPA

    table = returns.reshape(len(returns), -1)
    flat = np.zeros(len(table)) if benchmark is None else benchmark
    test = SPA(-flat, -table, block_size=round(math.sqrt(len(table))), reps=draws, bootstrap="stationary", seed=seed)
    test.compute()
    return SuperiorAbility(*(float(test.pvalues[name]) for name in SuperiorAbility._fields))


def mean_block(values: FloatArray) -> float:
    """Return the mean block length of a stationary bootstrap that suits how ``values`` hang together, at least 2.

    Source:
        Politis & White (2004), Econometric Reviews 23(1), corrected by Patton, Politis & White (2009).
    """
    from arch.bootstrap import optimal_block_length

    if np.all(values == values[0]):
        return _LEAST_BLOCK
    found = float(optimal_block_length(values)["stationary"].iloc[0])
    return max(found, _LEAST_BLOCK) if math.isfinite(found) else _LEAST_BLOCK


def stationary_places(n: int, block: float, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return which of ``n`` values stand where in one stationary resample: blocks of mean length ``block``, in a ring.

    Source:
        Politis & Romano (1994), J. American Statistical Association 89(428).
    """
    places: NDArray[np.int64] = stationary_rows(n, block, generator, 1, n)[0]
    return places


def stationary_rows(
    n: int,
    block: float,
    generator: np.random.Generator,
    draws: int,
    length: int,
    starts: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return ``draws`` resamples of ``length`` out of ``n`` rows: (draws, length); see ``stationary_places``.

    ``starts``: the rows a block may begin with, by default any of them.

    Source:
        Politis & Romano (1994), J. American Statistical Association 89(428).
    """
    begins = generator.random((draws, length)) < 1.0 / block
    begins[:, 0] = True
    drawn = generator.integers(n if starts is None else len(starts), size=(draws, length))
    firsts = drawn if starts is None else starts[drawn]
    bars = np.arange(length)
    begun = np.maximum.accumulate(np.where(begins, bars, 0), axis=1)
    rows: NDArray[np.int64] = (np.take_along_axis(firsts, begun, axis=1) + bars - begun) % n
    return rows


def bootstrap_interval(
    values: FloatArray,
    statistic: Callable[[FloatArray], float],
    generator: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2_000,
    block: float | None = None,
) -> tuple[float, float]:
    """Return the percentile interval of ``statistic`` over stationary resamples of ``values``.

    ``block``: the mean block length, by default ``mean_block`` of the values.

    Raises:
        Undefined: the statistic has no value on a resample.
    Source:
        Politis & Romano (1994), J. American Statistical Association 89(428); Efron (1981), Canadian J. Statistics 9(2).
    """
    length = mean_block(values) if block is None else block
    found = [statistic(values[stationary_places(len(values), length, generator)]) for _ in range(draws)]
    low, high = np.quantile(found, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def exceedance_p(real: float, drawn: FloatArray) -> float:
    """Return the p-value of ``real`` among what chance drew: (1 + how many are at least it) / (n + 1).

    A draw without a value (NaN) counts as at least ``real``: it can only make the p-value larger.

    Source:
        Davison & Hinkley (1997), Bootstrap Methods and their Application, 4.2.

    >>> exceedance_p(1.0, np.array([0.5, 1.0, 0.2]))
    0.5
    """
    return (1 + int(np.count_nonzero(~(drawn < real)))) / (len(drawn) + 1)


def adjust_p(p: FloatArray, method: Literal["holm", "bh"]) -> FloatArray:
    """Return p-values corrected for how many were looked at, in the order given.

    ``holm`` bounds the chance of a single false alarm, ``bh`` the share of false alarms among the alarms.

    Raises:
        ValueError: another method, or what is no probability.
    Source:
        Holm (1979), Scandinavian J. Statistics 6(2); Benjamini & Hochberg (1995), J. Royal Statistical Society B 57(1).

    >>> adjust_p(np.array([0.01, 0.04, 0.03]), "holm").tolist()
    [0.03, 0.06, 0.06]
    """
    if method not in ("holm", "bh"):
        raise ValueError(f"expected holm or bh, found {method!r}")
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError(f"expected probabilities, found {p.min()} to {p.max()}")
    order, n = np.argsort(p, kind="stable"), len(p)
    adjusted = np.empty(n)
    if method == "holm":
        adjusted[order] = np.maximum.accumulate(p[order] * np.arange(n, 0, -1))
    else:
        adjusted[order[::-1]] = np.minimum.accumulate(p[order[::-1]] * n / np.arange(n, 0, -1))
    return np.minimum(adjusted, 1.0)
