"""Returns of a portfolio that money moves into and out of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAYS_PER_YEAR = 365
_POINTS = 2_000
_REACH = math.log(1e6)
_TOLERANCE = 1e-12


def daily_returns(values: FloatArray, inflows: FloatArray, outflows: FloatArray, opening: float = 0.0) -> FloatArray:
    """Return the return of each day: inflows work from its start, outflows until its end.

    Shape: (n_days,) each, ``values`` at the close of the day, flows in or out as positive amounts; ``opening`` is the
    value before the first day. An empty day has return 0; NaN where there is value but nothing it could have grown
    from.

    Source:
        Bacon (2008), Practical Portfolio Performance Measurement and Attribution, chapter 3.

    >>> daily_returns(np.array([100.0, 165.0]), np.array([100.0, 50.0]), np.zeros(2)).round(12).tolist()
    [0.0, 0.1]
    """
    before = np.concatenate(([opening], values[:-1]))
    base = before + inflows
    gained = values + outflows - base
    empty = (base == 0.0) & (gained == 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(empty, 0.0, np.where(base > 0.0, gained / base, np.nan))
    return found


def linked_return(returns: FloatArray) -> float:
    """Return what ``returns`` compound to, as a fraction: the time-weighted return of their days.

    Raises:
        Undefined: ``undefined_day``, where one of them is NaN.

    >>> round(linked_return(np.array([0.01, -0.02, 0.015])), 6)
    0.004647
    """
    _require_defined(returns)
    return float(np.prod(1.0 + returns) - 1.0)


def growth_index(returns: FloatArray) -> FloatArray:
    """Return the index that starts at 1 and grows by ``returns``: (n_days + 1,).

    Raises:
        Undefined: ``undefined_day``.
    """
    _require_defined(returns)
    return np.concatenate(([1.0], np.cumprod(1.0 + returns)))


def annualised(growth: float, days: int) -> float:
    """Return ``growth`` over ``days`` calendar days as the compound return of a year of 365.

    Raises:
        Undefined: ``under_a_year``, fewer than 365 days: a part of a year is not stretched.

    >>> round(annualised(0.21, 730), 12)
    0.1
    """
    if days < DAYS_PER_YEAR:
        raise Undefined("under_a_year", observed=days, limit=DAYS_PER_YEAR)
    if growth <= -1.0:
        return -1.0
    return math.expm1(math.log1p(growth) * DAYS_PER_YEAR / days)


def latest(returns: FloatArray, count: int, least: int = 2) -> FloatArray:
    """Return the last ``count`` returns, or all where there are fewer but at least ``least``.

    Raises:
        Undefined: ``too_few_returns``; ``undefined_day`` where one of them is NaN.
    """
    if len(returns) < least:
        raise Undefined("too_few_returns", observed=len(returns), limit=least)
    _require_defined(returns[-count:])
    return returns[-count:]


@dataclass(frozen=True)
class MoneyWeighted:
    """The rate at which flows come to nothing: per year of 365 days, and over the ``days`` they span.

    ``annual`` is None under a year, both are None where ``reason`` says so; ``roots`` are all yearly rates found.
    """

    annual: float | None
    period: float | None
    days: int
    roots: tuple[float, ...]
    reason: str | None


def money_weighted(flows: FloatArray, days: IntArray) -> MoneyWeighted:
    """Return the money-weighted return of ``flows``, negative when the owner pays in.

    Shape: (n_flows,) each; ``days`` counts calendar days from any start. The opening value is an outlay, the closing
    value a receipt. Rates from -99.9999 % to 100,000,000 % are looked for.

    Reasons: ``xirr_no_solution``; ``xirr_multiple_solutions``, where no one of the roots is the answer.

    Source:
        Brent (1973), Algorithms for Minimization without Derivatives, chapter 4.

    >>> found = money_weighted(np.array([-100.0, -50.0, 160.0]), np.array([0, 182, 365]))
    >>> round(found.annual, 8)
    0.08026584
    """
    if len(flows) == 0:
        return MoneyWeighted(None, None, 0, (), "xirr_no_solution")
    span = int(days.max() - days.min())
    roots = tuple(math.expm1(place) for place in _roots(flows, (days - days.min()) / DAYS_PER_YEAR))
    if len(roots) != 1:
        return MoneyWeighted(None, None, span, roots, "xirr_multiple_solutions" if roots else "xirr_no_solution")
    (rate,) = roots
    period = math.expm1(math.log1p(rate) * span / DAYS_PER_YEAR)
    return MoneyWeighted(rate if span >= DAYS_PER_YEAR else None, period, span, roots, None)


def modified_dietz(opening: float, closing: float, flows: FloatArray, days: IntArray, period_days: int) -> float:
    """Return the return of a period of which only the ends and the flows are known.

    ``flows``: into the portfolio, positive; ``days`` from the start of the period to each. An estimate: use it only
    where there are no daily values.

    Raises:
        Undefined: ``undefined_day``, where nothing was at work.
    Source:
        Dietz (1966), Pension Funds: Measuring Investment Performance.

    >>> round(modified_dietz(100.0, 120.0, np.array([10.0]), np.array([15]), 30), 6)
    0.095238
    """
    at_work = opening + float((flows * (period_days - days) / period_days).sum())
    if at_work <= 0.0:
        raise Undefined("undefined_day", observed=at_work, limit=0.0)
    return (closing - opening - float(flows.sum())) / at_work


def _require_defined(returns: FloatArray) -> None:
    if np.isnan(returns).any():
        raise Undefined("undefined_day")


def _present_values(flows: FloatArray, years: FloatArray, log_rates: FloatArray) -> FloatArray:
    """Return the present value at each log rate, scaled by what keeps every exponent at or under 0."""
    exponents = -np.outer(log_rates, years)
    values: FloatArray = np.exp(exponents - exponents.max(axis=1, keepdims=True)) @ flows
    return values


def _roots(flows: FloatArray, years: FloatArray) -> list[float]:
    from scipy.optimize import brentq

    paid, when = flows[flows != 0.0], years[flows != 0.0]
    if len(paid) == 0:
        return []
    places = np.linspace(-_REACH, _REACH, _POINTS)
    signs = np.sign(_present_values(paid, when, places))
    turns = np.flatnonzero(signs[:-1] * signs[1:] < 0.0)
    found = [float(place) for place in places[signs == 0.0]]
    for turn in turns:
        ends = places[turn], places[turn + 1]
        found.append(float(brentq(lambda at: _present_values(paid, when, np.array([at]))[0], *ends, xtol=_TOLERANCE)))
    return sorted(found)
