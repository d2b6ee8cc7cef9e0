"""The only home of a formula: returns, risk, inference.

What needs the compiler is loaded on first use: whoever asks for a drawdown does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mintmark.measures.chance import (
    SuperiorAbility,
    adjust_p,
    bootstrap_interval,
    exceedance_p,
    mean_block,
    stationary_places,
    superior_predictive_ability,
)
from mintmark.measures.inference import (
    deflated_sharpe,
    expected_best_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)
from mintmark.measures.performance import METRICS, MONEY_METRICS, equity_performance, named_rows, performance
from mintmark.measures.periods import FAN, fan, period_returns, return_counts
from mintmark.measures.proportions import proportion_interval
from mintmark.measures.returns import (
    annual_return,
    annual_volatility,
    bar_returns,
    omega_ratio,
    sharpe_per_bar,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)
from mintmark.measures.risk import (
    drawdowns,
    excess_kurtosis,
    expected_shortfall,
    longest_drawdown,
    skewness,
    tail_ratio,
    ulcer_index,
    value_at_risk,
)
from mintmark.measures.thinning import outlined, thinned
from mintmark.measures.undefined import Undefined
from mintmark.measures.validation import PurgedSplit, degradation, purged_splits, rank_correlation

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
        fill_depths,
        fill_returns,
        measure_returns,
        put_curve,
        put_table,
        rank,
    )

_HOMES = {
    "compiled": ("compiled", "inlined", "unmanaged"),
    "overfitting": (
        "Overfitting",
        "block_sums",
        "overfitting_of_blocks",
        "overfitting_probability",
        "put_block_sums",
    ),
    "passes": ("fill_depths", "fill_returns", "measure_returns", "put_curve", "put_table", "rank"),
}

__all__ = [
    "FAN",
    "METRICS",
    "MONEY_METRICS",
    "Overfitting",
    "PurgedSplit",
    "SuperiorAbility",
    "Undefined",
    "adjust_p",
    "annual_return",
    "annual_volatility",
    "bar_returns",
    "block_sums",
    "bootstrap_interval",
    "compile_kernels",
    "compiled",
    "deflated_sharpe",
    "degradation",
    "drawdowns",
    "equity_performance",
    "exceedance_p",
    "excess_kurtosis",
    "expected_best_sharpe",
    "expected_shortfall",
    "fan",
    "fill_depths",
    "fill_returns",
    "inlined",
    "longest_drawdown",
    "mean_block",
    "measure_returns",
    "minimum_track_record",
    "named_rows",
    "omega_ratio",
    "outlined",
    "overfitting_of_blocks",
    "overfitting_probability",
    "performance",
    "period_returns",
    "probabilistic_sharpe",
    "proportion_interval",
    "purged_splits",
    "put_block_sums",
    "put_curve",
    "put_table",
    "rank",
    "rank_correlation",
    "return_counts",
    "sharpe_per_bar",
    "sharpe_ratio",
    "skewness",
    "sortino_ratio",
    "stationary_places",
    "superior_predictive_ability",
    "tail_ratio",
    "thinned",
    "total_return",
    "ulcer_index",
    "unmanaged",
    "value_at_risk",
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
    drawdowns(curve, 100.0)
    tail_ratio(bar_returns(curve, 100.0))
    expected_shortfall(curve)
