"""The only fill and cost model: bars and decisions in; fills, trades and equity out."""

from mintmark.simulation.benchmark import buy_and_hold
from mintmark.simulation.crossing import check_cross, cross_targets, moving_average, sma_cross
from mintmark.simulation.door import union_stamps
from mintmark.simulation.engine import Account, CorporateAction, Protection, run_targets
from mintmark.simulation.montecarlo import (
    METHODS,
    block_bootstrap,
    path_permutation,
    permute_path,
    trade_returns,
    trade_shuffle,
)
from mintmark.simulation.reconcile import ReconciliationFailed
from mintmark.simulation.records import EXIT_REASONS, FLAGS, REFUSALS
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.runs import RETURN_METRICS, RUN, TABLE, check_runs
from mintmark.simulation.sizing import on_step, size_by_fraction, size_by_risk, size_by_volatility
from mintmark.simulation.stress import FACTORS, CostStress, cost_stress, scaled_costs, scaled_spread
from mintmark.simulation.warm import compile_kernels

__all__ = [
    "EXIT_REASONS",
    "FACTORS",
    "FLAGS",
    "METHODS",
    "REFUSALS",
    "RETURN_METRICS",
    "RUN",
    "TABLE",
    "Account",
    "BacktestResult",
    "CorporateAction",
    "CostStress",
    "Protection",
    "ReconciliationFailed",
    "block_bootstrap",
    "buy_and_hold",
    "check_cross",
    "check_runs",
    "compile_kernels",
    "cost_stress",
    "cross_targets",
    "moving_average",
    "on_step",
    "path_permutation",
    "permute_path",
    "run_targets",
    "scaled_costs",
    "scaled_spread",
    "size_by_fraction",
    "size_by_risk",
    "size_by_volatility",
    "sma_cross",
    "trade_returns",
    "trade_shuffle",
    "union_stamps",
]
