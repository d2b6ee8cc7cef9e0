"""What a first question would otherwise wait for: measures are machine code, made or loaded at their first call."""

from __future__ import annotations

import numpy as np

from mintmark.measures import (
    alpha,
    annual_volatility,
    beta,
    day_effects,
    deepest_drawdown,
    growth_index,
    information_ratio,
    linked_effects,
    money_weighted,
    sharpe_ratio,
    sortino_ratio,
    time_weighted,
    tracking_error,
)

_DAYS = 400
_PER_YEAR = 252


def warm_measures() -> None:
    """Call every measure of a portfolio once, over a line of days that stands for nothing."""
    ramp = np.linspace(-0.01, 0.011, _DAYS)
    market = ramp[::-1] * np.linspace(0.5, 1.0, _DAYS)
    annual_volatility(ramp, _PER_YEAR)
    sharpe_ratio(ramp, _PER_YEAR)
    sortino_ratio(ramp, _PER_YEAR)
    beta(ramp, market)
    alpha(ramp, market, _PER_YEAR)
    tracking_error(ramp, market, _PER_YEAR)
    information_ratio(ramp, market, _PER_YEAR)
    deepest_drawdown(growth_index(ramp))
    time_weighted(np.datetime64("2001-01-01") + np.arange(_DAYS), ramp, "inception")
    money_weighted(np.array([-100.0, 101.0]), np.array([0, 365]))
    one = np.ones((_DAYS, 1))
    nothing = np.zeros((_DAYS, 1))
    effects = day_effects(np.ones(_DAYS), one, ramp[:, None], nothing, income=nothing, trading=nothing, costs=nothing)
    linked_effects(effects, ramp)
