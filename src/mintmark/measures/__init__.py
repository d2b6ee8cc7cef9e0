"""The only home of a formula: returns, risk, inference, attribution, allocation.

What needs the compiler is loaded on first use: whoever asks for a drawdown does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mintmark.measures.allocation import METHODS as ALLOCATION_METHODS
from mintmark.measures.allocation import WeightLimits, allocate, capped_turnover, turnover, within_limits
from mintmark.measures.atrisk import DrawdownAtRisk, drawdown_at_risk
from mintmark.measures.attribution import (
    EFFECTS,
    ActiveReturn,
    brinson_fachler,
    brinson_hood_beebower,
    day_effects,
    hedged_returns,
    linked_effects,
    linking_factors,
    require_reconciled,
)
from mintmark.measures.chance import (
    SuperiorAbility,
    adjust_p,
    bootstrap_interval,
    exceedance_p,
    mean_block,
    stationary_places,
    stationary_rows,
    superior_predictive_ability,
)
from mintmark.measures.flows import (
    MoneyWeighted,
    annualised,
    daily_returns,
    growth_index,
    latest,
    linked_return,
    modified_dietz,
    money_weighted,
)
from mintmark.measures.inference import (
    deflated_sharpe,
    expected_best_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)
from mintmark.measures.performance import METRICS, MONEY_METRICS, equity_performance, named_rows, performance
from mintmark.measures.periods import FAN, fan, period_returns, return_counts
from mintmark.measures.phases import Band, PhaseScores, band_score, phase_scores, z_score
from mintmark.measures.proportions import proportion_interval
from mintmark.measures.regression import Exposures, bartlett_lags, factor_exposures
from mintmark.measures.relative import alpha, beta, information_ratio, tracking_error
from mintmark.measures.returns import (
    annual_return,
    annual_volatility,
    bar_returns,
    deviation,
    instrument_returns,
    omega_ratio,
    sharpe_per_bar,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)
from mintmark.measures.risk import (
    Drawdown,
    deepest_drawdown,
    drawdowns,
    excess_kurtosis,
    expected_shortfall,
    longest_drawdown,
    skewness,
    tail_ratio,
    ulcer_index,
    value_at_risk,
)
from mintmark.measures.shocks import currency_shock, hedge_ratio, shocked_change
from mintmark.measures.thinning import outlined, thinned
from mintmark.measures.undefined import Undefined
from mintmark.measures.validation import PurgedSplit, degradation, purged_splits, rank_correlation
from mintmark.measures.windows import WINDOWS, TimeWeighted, opening_of, time_weighted

if TYPE_CHECKING:
    from mintmark.measures.compiled import compiled, inlined, unmanaged
    from mintmark.measures.overfitting import (
        Overfitting,
        block_sums,
        overfitting_of_blocks,
        overfitting_probability,
        put_block_sums,
    )
    from mintmark.measures.passes import (
        fill_returns,
        measure_returns,
        put_curve,
        put_table,
        rank,
    )
    from mintmark.measures.paths import fill_falls

_HOMES = {
    "compiled": ("compiled", "inlined", "unmanaged"),
    "overfitting": (
        "Overfitting",
        "block_sums",
        "overfitting_of_blocks",
        "overfitting_probability",
        "put_block_sums",
    ),
    "paths": ("fill_falls",),
    "passes": ("fill_returns", "measure_returns", "put_curve", "put_table", "rank"),
}

__all__ = [
    "ALLOCATION_METHODS",
    "EFFECTS",
    "FAN",
    "METRICS",
    "MONEY_METRICS",
    "WINDOWS",
    "ActiveReturn",
    "Band",
    "Drawdown",
    "DrawdownAtRisk",
    "Exposures",
    "MoneyWeighted",
    "Overfitting",
    "PhaseScores",
    "PurgedSplit",
    "SuperiorAbility",
    "TimeWeighted",
    "Undefined",
    "WeightLimits",
    "adjust_p",
    "allocate",
    "alpha",
    "annual_return",
    "annual_volatility",
    "annualised",
    "band_score",
    "bar_returns",
    "bartlett_lags",
    "beta",
    "block_sums",
    "bootstrap_interval",
    "brinson_fachler",
    "brinson_hood_beebower",
    "capped_turnover",
    "compile_kernels",
    "compiled",
    "currency_shock",
    "daily_returns",
    "day_effects",
    "deepest_drawdown",
    "deflated_sharpe",
    "degradation",
    "deviation",
    "drawdown_at_risk",
    "drawdowns",
    "equity_performance",
    "exceedance_p",
    "excess_kurtosis",
    "expected_best_sharpe",
    "expected_shortfall",
    "factor_exposures",
    "fan",
    "fill_falls",
    "fill_returns",
    "growth_index",
    "hedge_ratio",
    "hedged_returns",
    "information_ratio",
    "inlined",
    "instrument_returns",
    "latest",
    "linked_effects",
    "linked_return",
    "linking_factors",
    "longest_drawdown",
    "mean_block",
    "measure_returns",
    "minimum_track_record",
    "modified_dietz",
    "money_weighted",
    "named_rows",
    "omega_ratio",
    "opening_of",
    "outlined",
    "overfitting_of_blocks",
    "overfitting_probability",
    "performance",
    "period_returns",
    "phase_scores",
    "probabilistic_sharpe",
    "proportion_interval",
    "purged_splits",
    "put_block_sums",
    "put_curve",
    "put_table",
    "rank",
    "rank_correlation",
    "require_reconciled",
    "return_counts",
    "sharpe_per_bar",
    "sharpe_ratio",
    "shocked_change",
    "skewness",
    "sortino_ratio",
    "stationary_places",
    "stationary_rows",
    "superior_predictive_ability",
    "tail_ratio",
    "thinned",
    "time_weighted",
    "total_return",
    "tracking_error",
    "turnover",
    "ulcer_index",
    "unmanaged",
    "value_at_risk",
    "within_limits",
    "z_score",
]


def __getattr__(name: str) -> Any:
    if not any(name in names for names in _HOMES.values()):
        raise AttributeError(f"mintmark.measures has no {name}")
    # Loading a file makes it an attribute; the function of the same name must come after it.
    for home, names in _HOMES.items():
        module = import_module(f"mintmark.measures.{home}")
        globals().update({each: getattr(module, each) for each in names})
    return globals()[name]


def compile_kernels() -> None:
    """Compile every kernel of this room into its cache, so that the first use does not wait."""
    import numpy as np

    from mintmark.measures import overfitting_probability

    overfitting_probability(np.linspace(-1.0, 1.0, 16).reshape(8, 2) ** 3, blocks=4)
    curve = np.array([101.0, 99.0, 102.0])
    equity_performance(curve, 100.0, 252)
    tail_ratio(bar_returns(curve, 100.0))
    expected_shortfall(curve)
    drawdown_at_risk(np.zeros((2, 1)), np.ones(1), 0.0, np.random.default_rng(0), paths=2, days=2)
