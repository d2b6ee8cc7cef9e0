"""How much of a good number is luck."""

from __future__ import annotations

import math
from statistics import NormalDist

_EULER_GAMMA = 0.5772156649
_NORMAL = NormalDist()


def probabilistic_sharpe(sharpe: float, benchmark: float, n: int, skew: float, kurtosis: float) -> float | None:
    """Return the probability that the true Sharpe ratio is above ``benchmark``.

    Unit: Sharpe ratios per bar; ``kurtosis`` is raw (3 for a normal). None where the moments allow no
    standard error, or there are fewer than two returns.

    Source:
        Bailey & Lopez de Prado (2012), J. Risk 15(2).

    >>> round(probabilistic_sharpe(0.08, 0.0, 750, -0.6, 6.5), 6)
    0.983405
    """
    spread = _spread(sharpe, skew, kurtosis)
    if n < 2 or spread <= 0.0:
        return None
    return _share_below((sharpe - benchmark) * math.sqrt(n - 1) / math.sqrt(spread))


def minimum_track_record(
    sharpe: float, benchmark: float, skew: float, kurtosis: float, confidence: float = 0.95
) -> float | None:
    """Return how many returns it takes to trust ``sharpe`` above ``benchmark``; None means never.

    Source:
        Bailey & Lopez de Prado (2012), J. Risk 15(2).

    >>> round(minimum_track_record(0.08, 0.0, -0.6, 6.5), 2)
    447.75
    """
    spread = _spread(sharpe, skew, kurtosis)
    if sharpe <= benchmark or spread <= 0.0:
        return None
    return 1.0 + spread * (_NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def _share_below(deviation: float) -> float:
    """Return the normal distribution function: exact in the lower tail too, where ``NormalDist.cdf`` loses digits."""
    return math.erfc(-deviation / math.sqrt(2.0)) / 2.0


def _spread(sharpe: float, skew: float, kurtosis: float) -> float:
    return 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2


def expected_best_sharpe(variance: float, tries: int) -> float | None:
    """Return the best Sharpe ratio that ``tries`` worthless strategies are expected to show.

    ``variance`` (n - 1) over the tries' Sharpe ratios per bar. None for fewer than two tries or no variance.

    Source:
        Bailey & Lopez de Prado (2014), J. Portfolio Management 40(5).
    """
    if tries < 2 or not variance > 0.0:
        return None
    first, second = _NORMAL.inv_cdf(1.0 - 1.0 / tries), _NORMAL.inv_cdf(1.0 - 1.0 / (tries * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER_GAMMA) * first + _EULER_GAMMA * second)


def deflated_sharpe(sharpe: float, n: int, skew: float, kurtosis: float, variance: float, tries: int) -> float | None:
    """Return the probability that ``sharpe`` is above what so many tries would show by luck.

    None where there are no counted tries to deflate by: never 1.

    Source:
        Bailey & Lopez de Prado (2014), J. Portfolio Management 40(5).

    >>> round(deflated_sharpe(0.08, 750, -0.6, 6.5, 0.0009, 200), 6)
    0.468535
    """
    benchmark = expected_best_sharpe(variance, tries)
    if benchmark is None:
        return None
    return probabilistic_sharpe(sharpe, benchmark, n, skew, kurtosis)
