"""How much of a return other returns explain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.returns import annual_volatility
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exposures:
    """A least-squares fit: the intercept and a beta per factor, each with its error and t.

    ``residual_volatility`` is yearly; ``covariance`` is that of intercept and betas, in this order.
    """

    intercept: float
    betas: FloatArray
    intercept_error: float
    errors: FloatArray
    intercept_t: float
    t: FloatArray
    r2: float
    residual_volatility: float
    n: int
    lags: int
    covariance: FloatArray


def bartlett_lags(n: int) -> int:
    """Return how many lags of ``n`` periods the errors take into account.

    Source:
        Newey & West (1994), Review of Economic Studies 61(4).

    >>> bartlett_lags(100), bartlett_lags(252)
    (4, 4)
    """
    return math.floor(4.0 * math.pow(n / 100.0, 2.0 / 9.0))


def factor_exposures(returns: FloatArray, factors: FloatArray, periods_per_year: float) -> Exposures:
    """Return the least-squares betas of ``returns`` on ``factors``, with an intercept and Newey-West errors.

    Shape: (n_periods,), (n_periods, n_factors). Errors: Bartlett kernel over ``bartlett_lags``, times n / (n - k).

    Raises:
        Undefined: ``too_few_returns``, not more periods than unknowns; ``no_variation`` where the returns are all
            equal or the factors do not differ from one another.
    Source:
        Newey & West (1987), Econometrica 55(3).
    """
    n, columns = len(returns), np.column_stack([np.ones(len(returns)), factors])
    unknowns = columns.shape[1]
    if n <= unknowns:
        raise Undefined("too_few_returns", observed=n, limit=unknowns + 1)
    if np.ptp(returns) == 0.0 or np.linalg.matrix_rank(columns / np.abs(columns).max(axis=0).clip(1e-300)) < unknowns:
        raise Undefined("no_variation")
    found = np.asarray(np.linalg.lstsq(columns, returns, rcond=None)[0], np.float64)
    residuals, lags = returns - columns @ found, bartlett_lags(n)
    covariance = _newey_west(columns, residuals, lags)
    errors = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = found / errors
    apart = returns - returns.mean()
    return Exposures(
        float(found[0]), found[1:], float(errors[0]), errors[1:], float(t[0]), t[1:],
        1.0 - float((residuals @ residuals) / (apart @ apart)),
        annual_volatility(residuals, periods_per_year), n, lags, covariance,
    )  # fmt: skip


def _newey_west(columns: FloatArray, residuals: FloatArray, lags: int) -> FloatArray:
    n, unknowns = columns.shape
    scores = columns * residuals[:, None]
    middle = scores.T @ scores
    for lag in range(1, min(lags, n - 1) + 1):
        shared = scores[lag:].T @ scores[:-lag]
        middle += (1.0 - lag / (lags + 1.0)) * (shared + shared.T)
    inverse = np.linalg.inv(columns.T @ columns)
    covariance: FloatArray = inverse @ middle @ inverse * (n / (n - unknowns))
    return covariance
