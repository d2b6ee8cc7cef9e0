"""What a shock to factors and currencies does to a position, and how much of a hedge undoes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.relative import beta

FloatArray = NDArray[np.float64]


def shocked_change(value: float, betas: FloatArray, shocks: FloatArray, fx: float = 0.0) -> float:
    """Return by how much a position worth ``value`` changes, in the unit of ``value``.

    Shape: (n_factors,) each. Unit: ``shocks`` as fractions, 100 bp is 0.01. ``fx``: what the position's currency
    gains against that of ``value``. First order in the factors: the larger the shock, the rougher.

    Source:
        Jorion (2006), Value at Risk, chapter 14.

    >>> round(shocked_change(100_000.0, np.array([-5.0, 1.0]), np.array([0.01, -0.05]), 0.02), 6)
    -8200.0
    """
    return value * ((1.0 + float(betas @ shocks)) * (1.0 + fx) - 1.0)


def currency_shock(currency: str, base: str, dollar: float) -> float:
    """Return what ``currency`` gains in ``base`` when the dollar gains ``dollar`` against every other currency.

    >>> currency_shock("USD", "CAD", 0.25), currency_shock("EUR", "USD", 0.25), currency_shock("EUR", "CAD", 0.25)
    (0.25, -0.19999999999999996, 0.0)
    """
    if currency == base:
        return 0.0
    if currency == "USD":
        return dollar
    return 1.0 / (1.0 + dollar) - 1.0 if base == "USD" else 0.0


def hedge_ratio(returns: FloatArray, hedge: FloatArray) -> float:
    """Return how much of ``hedge`` per unit of the portfolio leaves the least variance; negative is sold.

    Shape: (n_periods,) each.

    Raises:
        Undefined: ``too_few_returns``; ``no_variation`` of the hedge.
    Source:
        Ederington (1979), J. Finance 34(1).
    """
    return -beta(returns, hedge)
