"""Where a return came from: price, currency, income, trading, costs; and against a benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.flows import linked_return
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]

EFFECTS = ("local", "fx", "interaction", "income", "trading", "costs")
"""The parts of a day's return, in the order of the first axis of ``day_effects``."""
TOLERANCE = 1e-5
"""A tenth of a basis point."""


def day_effects(
    base: FloatArray,
    opened: FloatArray,
    local: FloatArray,
    fx: FloatArray,
    *,
    income: FloatArray,
    trading: FloatArray,
    costs: FloatArray,
) -> FloatArray:
    """Return each effect of each position on each day, as fractions of what the day started with.

    Shape: ``base`` (n_days,), all else (n_days, n_positions); the answer (6, n_days, n_positions), see ``EFFECTS``.
    ``base`` is the value before the day and its inflows. ``opened`` is what each position was worth of it, in base
    currency; cash, receivables and margin are positions whose ``local`` return is 0. ``local`` is the return in the
    position's own currency, ``fx`` that of its currency. Income, trading gains and costs are amounts in base
    currency, costs positive. A day that starts with nothing has no effects.

    Source:
        Karnosky & Singer (1994), Global Asset Management and Performance Attribution;
        Bacon (2008), Practical Portfolio Performance Measurement and Attribution, chapter 6.
    """
    alive = (base > 0.0)[:, None]
    share = np.divide(1.0, base, out=np.zeros_like(base), where=base > 0.0)[:, None]
    weights = opened * share
    parts = (weights * local, weights * fx, weights * local * fx, income * share, trading * share, -costs * share)
    return np.stack([np.where(alive, part, 0.0) for part in parts])


def require_reconciled(effects: FloatArray, returns: FloatArray, tolerance: float = TOLERANCE) -> None:
    """Raise unless the effects of each day add to the return measured from the two values of the portfolio.

    Shape: ``effects`` (6, n_days, n_positions), ``returns`` (n_days,).

    Raises:
        Undefined: ``attribution_not_reconciled`` with the largest gap; ``undefined_day``.
    """
    if len(returns) == 0:
        return
    if np.isnan(returns).any():
        raise Undefined("undefined_day")
    gap = float(np.abs(effects.sum(axis=(0, 2)) - returns).max())
    if not gap <= tolerance:
        raise Undefined("attribution_not_reconciled", observed=gap, limit=tolerance)


def linking_factors(returns: FloatArray) -> FloatArray:
    """Return what the effects of each day are multiplied by, so that they add over days to the linked return.

    Shape: (n_days,).

    Raises:
        Undefined: ``undefined_day``; ``no_equity`` after the loss of all.
    Source:
        Carino (1999), J. Performance Measurement 3(4).
    """
    total = linked_return(returns)
    if (returns <= -1.0).any():
        raise Undefined("no_equity")
    return _log_share(returns) / _log_share(np.array([total]))


def linked_effects(effects: FloatArray, returns: FloatArray) -> FloatArray:
    """Return the effects of all days together: the day axis, the second one, is gone.

    Effects that add to ``returns`` on each day add to ``linked_return`` over them.

    Raises:
        Undefined: as ``linking_factors``.
    Source:
        Carino (1999), J. Performance Measurement 3(4).
    """
    linked: FloatArray = np.tensordot(effects, linking_factors(returns), axes=([1], [0]))
    return linked


def hedged_returns(effects: FloatArray, returns: FloatArray) -> FloatArray:
    """Return the returns of the days without what currencies did: fx and interaction taken out.

    Source:
        Karnosky & Singer (1994), Global Asset Management and Performance Attribution.
    """
    fx, interaction = EFFECTS.index("fx"), EFFECTS.index("interaction")
    hedged: FloatArray = returns - effects[fx].sum(axis=1) - effects[interaction].sum(axis=1)
    return hedged


@dataclass(frozen=True, eq=False)
class ActiveReturn:
    """The return over the benchmark by class; the sums of the three add to it."""

    allocation: FloatArray
    selection: FloatArray
    interaction: FloatArray


def brinson_fachler(
    weights: FloatArray, benchmark: FloatArray, returns: FloatArray, market: FloatArray
) -> ActiveReturn:
    """Return allocation, selection and interaction of each class, allocation against the whole benchmark.

    Shape: (n_classes,) each: weights of portfolio and ``benchmark``, returns of portfolio and ``market``. A class that
    is not held has no return of its own: it takes that of the market, one the benchmark lacks that of the portfolio.

    Source:
        Brinson & Fachler (1985), J. Portfolio Management 11(3).
    """
    own, theirs = _filled(weights, benchmark, returns, market)
    return _active(weights, benchmark, own, theirs, float(benchmark @ theirs))


def brinson_hood_beebower(
    weights: FloatArray, benchmark: FloatArray, returns: FloatArray, market: FloatArray
) -> ActiveReturn:
    """Return allocation, selection and interaction of each class, allocation against nothing at all.

    Shape as ``brinson_fachler``.

    Source:
        Brinson, Hood & Beebower (1986), Financial Analysts Journal 42(4).
    """
    own, theirs = _filled(weights, benchmark, returns, market)
    return _active(weights, benchmark, own, theirs, 0.0)


def _active(
    weights: FloatArray, benchmark: FloatArray, own: FloatArray, theirs: FloatArray, hurdle: float
) -> ActiveReturn:
    more, better = weights - benchmark, own - theirs
    return ActiveReturn(more * (theirs - hurdle), benchmark * better, more * better)


def _filled(
    weights: FloatArray, benchmark: FloatArray, returns: FloatArray, market: FloatArray
) -> tuple[FloatArray, FloatArray]:
    own = np.where((weights == 0.0) & np.isnan(returns), market, returns)
    theirs = np.where((benchmark == 0.0) & np.isnan(market), own, market)
    if not (np.isfinite(own).all() and np.isfinite(theirs).all()):
        raise Undefined("undefined_day")
    return own, theirs


def _log_share(returns: FloatArray) -> FloatArray:
    """Return ln(1 + r) / r, which is 1 where nothing happened."""
    return np.divide(np.log1p(returns), returns, out=np.ones_like(returns), where=returns != 0.0)
