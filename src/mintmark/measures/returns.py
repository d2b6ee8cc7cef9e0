"""Returns per bar and what they come to in a year."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import formulas
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]


def bar_returns(equity: FloatArray, capital: float) -> FloatArray:
    """Return the return of each bar, the first one from ``capital``.

    Shape: (n_bars,). Unit: fraction. Where nothing was left before the bar the return is 0.

    >>> bar_returns(np.array([101.0, 101.0, 50.5]), 100.0).tolist()
    [0.01, 0.0, -0.5]
    """
    from mintmark.measures import fill_returns

    curve = np.require(equity, np.float64, ["C", "W"])
    returns = np.empty_like(curve)
    fill_returns(curve, float(capital), returns)
    return returns


def moments_of(returns: FloatArray, hurdle: float = 0.0) -> formulas.Moments:
    """Return the sums every ratio of returns is made of; what falls short of ``hurdle`` is the shortfall."""
    return measured(returns, hurdle)[0]


def measured(returns: FloatArray, hurdle: float = 0.0) -> tuple[formulas.Moments, formulas.Tails]:
    """Return the moments and the tails of ``returns``; what falls short of ``hurdle`` is the shortfall."""
    from mintmark.measures import measure_returns

    made = np.require(returns, np.float64, ["C", "W"])
    # Of returns that are all made the curve gives no more than their number.
    return measure_returns(made, 0.0, made, float(hurdle))


def total_return(equity: FloatArray, capital: float) -> float:
    """Return what ``capital`` grew by, as a fraction."""
    return float(equity[-1] / capital - 1.0)


def instrument_returns(closes: FloatArray, dividends: FloatArray, splits: FloatArray) -> FloatArray:
    """Return the total return of each bar of an instrument but the first, from raw closes.

    Shape: (n_bars,) each in, (n_bars - 1,) out. ``dividends``: per new share, on the ex-date; 0 elsewhere. ``splits``:
    new shares per old, 1 elsewhere. A split is no return.

    Source:
        CRSP (2023), Data Descriptions Guide, holding period total return.

    >>> instrument_returns(np.array([100.0, 51.0]), np.array([0.0, 0.5]), np.array([1.0, 2.0])).round(12).tolist()
    [0.03]
    """
    grown: FloatArray = (closes[1:] + dividends[1:]) * splits[1:] / closes[:-1] - 1.0
    return grown


def annual_return(equity: FloatArray, capital: float, bars_per_year: float) -> float:
    """Return the compound growth of a year; -1 where nothing is left.

    Raises:
        Undefined: ``too_few_returns``, where a year of it is no finite number.
    """
    return defined(formulas.annual_return(float(equity[-1]) / capital, bars_per_year / len(equity)))


def deviation(returns: FloatArray) -> float:
    """Return the standard deviation with n - 1; exactly 0 where all returns are equal.

    Raises:
        Undefined: ``too_few_returns``, fewer than two.
    """
    return defined(formulas.deviation(moments_of(returns)))


def annual_volatility(returns: FloatArray, bars_per_year: float) -> float:
    """Return the standard deviation of a year: of a bar, by the square root of time.

    Raises:
        Undefined: ``too_few_returns``.
    """
    return deviation(returns) * math.sqrt(bars_per_year)


def sharpe_per_bar(returns: FloatArray, bars_per_year: float, risk_free: float = 0.0) -> float:
    """Return mean excess return over standard deviation, per bar. ``risk_free`` is a yearly rate.

    Raises:
        Undefined: ``too_few_returns`` or ``no_variation``.
    Source:
        Sharpe (1994), J. Portfolio Management 21(1).
    """
    moments = moments_of(returns)
    return defined(formulas.sharpe(moments, *formulas.deviation(moments), risk_free / bars_per_year, 1.0))


def sharpe_ratio(returns: FloatArray, bars_per_year: float, risk_free: float = 0.0) -> float:
    """Return the yearly Sharpe ratio.

    Scaling by the square root of time assumes returns do not depend on one another; Lo shows how far that
    can mislead.

    Raises:
        Undefined: ``too_few_returns`` or ``no_variation``.
    Source:
        Sharpe (1994), J. Portfolio Management 21(1); Lo (2002), Financial Analysts Journal 58(4).

    >>> round(sharpe_ratio(np.array([0.01, -0.01, 0.02]), 252), 2)
    6.93
    """
    return sharpe_per_bar(returns, bars_per_year, risk_free) * math.sqrt(bars_per_year)


def sortino_ratio(returns: FloatArray, bars_per_year: float, risk_free: float = 0.0) -> float:
    """Return the yearly mean excess return over the root mean square of its shortfalls.

    Raises:
        Undefined: ``too_few_returns``, or ``no_losses`` where no bar fell short.
    Source:
        Sortino & van der Meer (1991), J. Portfolio Management 17(4).
    """
    hurdle = risk_free / bars_per_year
    return defined(formulas.sortino(moments_of(returns, hurdle), hurdle, math.sqrt(bars_per_year)))


def omega_ratio(returns: FloatArray) -> float:
    """Return the sum of gains over the sum of losses.

    Raises:
        Undefined: ``no_losses``.
    Source:
        Keating & Shadwick (2002), J. Performance Measurement 6(3).
    """
    moments = moments_of(returns)
    return defined(formulas.ratio(moments.gains, moments.losses, formulas.NO_LOSSES))


def defined(found: formulas.Found) -> float:
    """Return the number of ``found``, or raise ``Undefined`` with the reason it has none."""
    value, reason = found
    if reason != formulas.DEFINED:
        raise Undefined(formulas.REASONS[reason])
    return value
