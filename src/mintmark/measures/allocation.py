"""The weights that suit a purpose best within limits, and what it takes to get there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.relative import tracking_error
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]

METHODS = ("min_tracking_error", "min_variance", "risk_parity", "max_sharpe", "min_cvar")
_CLOSE = 1e-6
_SCALE = 1e4


@dataclass(frozen=True, eq=False)
class WeightLimits:
    """What weights must keep: ``lower`` to ``upper`` (n,), ``rows`` (m, n) of them at most ``tops`` (m,), sum 1."""

    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    tops: FloatArray


def allocate(
    method: str,
    returns: FloatArray,
    limits: WeightLimits,
    target: FloatArray,
    *,
    periods_per_year: float,
    max_tracking_error: float | None = None,
    risk_free: float = 0.0,
) -> FloatArray:
    """Return the weights (n_assets,) within ``limits`` that ``method`` asks for; they add to 1.

    Shape: ``returns`` (n_periods, n_assets), ``target`` (n_periods,), the returns to stay near. ``max_tracking_error``
    is yearly, ``risk_free`` a return per period. Loading skfolio takes seconds.

    Raises:
        Undefined: ``optimizer_infeasible``, where no weights keep the limits; ``optimizer_failed``, where there may be
            some but none was found. There is no answer to fall back on.
        ValueError: a method that is none.
    Source:
        Markowitz (1952), J. Finance 7(1); Maillard, Roncalli & Teiletche (2010), J. Portfolio Management 36(4);
        Rockafellar & Uryasev (2000), J. Risk 2(3); skfolio.
    """
    if method not in METHODS:
        raise ValueError(f"expected one of {', '.join(METHODS)}, found {method!r}")
    _require_feasible(limits)
    nearest = _solved("min_tracking_error", returns, limits, target, risk_free)
    least = tracking_error(returns @ nearest, target, periods_per_year)
    if max_tracking_error is not None and least > max_tracking_error + _CLOSE:
        raise Undefined("optimizer_infeasible", observed=least, limit=max_tracking_error)
    if method == "min_tracking_error":
        return nearest
    found = _solved(method, returns, limits, target, risk_free)
    apart = tracking_error(returns @ found, target, periods_per_year)
    if max_tracking_error is None or apart <= max_tracking_error:
        return found
    return _between(nearest, found, lambda weights: tracking_error(returns @ weights, target, periods_per_year),
                    max_tracking_error)  # fmt: skip


def within_limits(weights: FloatArray, limits: WeightLimits) -> bool:
    """Return whether ``weights`` add to 1 and keep ``limits``, to a millionth."""
    return bool(
        np.isfinite(weights).all()
        and math.isclose(float(weights.sum()), 1.0, abs_tol=_CLOSE)
        and (weights >= limits.lower - _CLOSE).all()
        and (weights <= limits.upper + _CLOSE).all()
        and (limits.rows @ weights <= limits.tops + _CLOSE).all()
    )


def turnover(before: FloatArray, after: FloatArray) -> float:
    """Return half of what all weights move, cash counted: it is what the weights leave of 1.

    >>> round(turnover(np.array([0.5, 0.5]), np.array([0.2, 0.5])), 12)
    0.3
    """
    moved = after - before
    return (float(np.abs(moved).sum()) + abs(float(moved.sum()))) / 2.0


def capped_turnover(before: FloatArray, after: FloatArray, cap: float) -> tuple[FloatArray, float]:
    """Return ``after``, or the weights as far on the way as ``cap`` allows; and the turnover all of it needs."""
    needed = turnover(before, after)
    return (after if needed <= cap else before + (after - before) * (cap / needed)), needed


def _between(near: FloatArray, far: FloatArray, measure: Callable[[FloatArray], float], limit: float) -> FloatArray:
    """Return the weights furthest from ``near`` towards ``far`` that keep ``limit``; limits are convex, so all keep."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if measure(near + (far - near) * middle) <= limit else (low, middle)
    return near + (far - near) * low


def _require_feasible(limits: WeightLimits) -> None:
    from scipy.optimize import linprog

    n = len(limits.lower)
    if n == 0 or (limits.lower > limits.upper).any():
        raise Undefined("optimizer_infeasible")
    answer = linprog(
        np.zeros(n), limits.rows if len(limits.rows) else None, limits.tops if len(limits.rows) else None,
        np.ones((1, n)), np.ones(1), np.column_stack([limits.lower, limits.upper]),
    )  # fmt: skip
    if answer.status == 2:
        raise Undefined("optimizer_infeasible", observed=float(limits.upper.sum()), limit=1.0)
    if answer.status != 0:
        raise Undefined("optimizer_failed")


def _solved(method: str, returns: FloatArray, limits: WeightLimits, target: FloatArray, risk_free: float) -> FloatArray:
    from skfolio.exceptions import SkfolioError

    try:
        found = _estimator(method, returns, limits, target, risk_free).fit(returns).weights_
    except (SkfolioError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise Undefined("optimizer_failed") from error
    weights = np.asarray(found, dtype=np.float64)
    if not within_limits(weights, limits):
        raise Undefined("optimizer_failed")
    return weights


def _estimator(method: str, returns: FloatArray, limits: WeightLimits, target: FloatArray, risk_free: float) -> Any:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction, RiskBudgeting

    bounds: dict[str, Any] = {"min_weights": limits.lower, "max_weights": limits.upper}
    if len(limits.rows):
        bounds |= {"left_inequality": limits.rows, "right_inequality": limits.tops}
    if method == "risk_parity":
        return RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, **bounds)
    if method == "max_sharpe":
        return MeanRisk(objective_function=ObjectiveFunction.MAXIMIZE_RATIO, risk_free_rate=risk_free, **bounds)
    if method == "min_cvar":
        return MeanRisk(risk_measure=RiskMeasure.CVAR, **bounds)
    if method == "min_tracking_error":
        # The variance of w'x - y is that of w'x, less twice its covariance with y, and what no weight changes.
        shared = (returns - returns.mean(axis=0)).T @ (target - target.mean()) / (len(target) - 1)
        bounds["add_objective"] = lambda w: -2.0 * (shared @ w)
    return MeanRisk(risk_measure=RiskMeasure.VARIANCE, scale_objective=_SCALE, **bounds)
