"""How deep a portfolio as it stands may fall on the way, not only at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.chance import stationary_rows
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DrawdownAtRisk:
    """What the deepest fall along each path came to, as positive fractions of its peak.

    ``at_risk`` is passed in at most 1 - confidence of the paths. ``tail_mean`` is the mean of the paths at or beyond
    it, and ``tail_shares`` (n_holdings,) what each holding lost of it from peak to trough: they add to it.
    """

    at_risk: float
    mean: float
    median: float
    worst: float
    tail_mean: float
    tail_shares: FloatArray
    depths: FloatArray


def drawdown_at_risk(
    returns: FloatArray,
    values: FloatArray,
    cash: float,
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    paths: int = 10_000,
    days: int = 30,
    block: float = 10.0,
    starts: IntArray | None = None,
) -> DrawdownAtRisk:
    """Return the quantile of the maximum drawdown along ``paths`` of ``days`` drawn from ``returns``.

    Shape: ``returns`` (n_days, n_holdings) in base currency, ``values`` (n_holdings,) of today, shorts negative. Days
    are drawn as whole rows in blocks of mean length ``block``, so holdings keep falling together; quantities are held
    and ``cash`` earns nothing. ``starts``: the rows a block may begin with, by default any. The quantile is an
    observed depth, the higher of two neighbours.

    Raises:
        Undefined: ``no_equity``, where the portfolio is worth nothing today.
    Source:
        Politis & Romano (1994), J. American Statistical Association 89(428);
        Chekhlov, Uryasev & Zabarankin (2005), Int. J. Theoretical and Applied Finance 8(1).
    """
    from mintmark.measures import fill_falls

    today = cash + float(values.sum())
    if not today > 0.0:
        raise Undefined("no_equity", observed=today, limit=0.0)
    rows = stationary_rows(len(returns), block, generator, paths, days, starts)
    depths, falls = np.empty(paths), np.empty((paths, len(values)))
    fill_falls(1.0 + returns, np.array(values, np.float64), float(cash), rows, depths, falls)
    at_risk = float(np.quantile(depths, confidence, method="higher"))
    tail = depths >= at_risk
    return DrawdownAtRisk(
        at_risk,
        float(depths.mean()),
        float(np.median(depths)),
        float(depths.max()),
        float(depths[tail].mean()),
        falls[tail].mean(axis=0),
        depths,
    )
