"""The only home of a formula: returns, risk, inference."""

from mintmark.measures.compiled import compiled, inlined, unmanaged
from mintmark.measures.inference import (
    Overfitting,
    deflated_sharpe,
    expected_best_sharpe,
    minimum_track_record,
    overfitting_probability,
    probabilistic_sharpe,
)
from mintmark.measures.performance import MONEY_METRICS, performance
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
from mintmark.measures.thinning import thinned
from mintmark.measures.undefined import Undefined

__all__ = [
    "MONEY_METRICS",
    "Overfitting",
    "Undefined",
    "annual_return",
    "annual_volatility",
    "bar_returns",
    "compile_kernels",
    "compiled",
    "deflated_sharpe",
    "drawdowns",
    "excess_kurtosis",
    "expected_best_sharpe",
    "expected_shortfall",
    "inlined",
    "longest_drawdown",
    "minimum_track_record",
    "omega_ratio",
    "overfitting_probability",
    "performance",
    "probabilistic_sharpe",
    "sharpe_per_bar",
    "sharpe_ratio",
    "skewness",
    "sortino_ratio",
    "tail_ratio",
    "thinned",
    "total_return",
    "ulcer_index",
    "unmanaged",
    "value_at_risk",
]


def compile_kernels() -> None:
    """Compile every kernel of this room into its cache, so that the first use does not wait."""
    import numpy as np

    overfitting_probability(np.linspace(-1.0, 1.0, 16).reshape(8, 2) ** 3, blocks=4)
