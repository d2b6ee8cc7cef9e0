"""The only fill and cost model: bars and decisions in; fills, trades and equity out."""

from mintmark.simulation.benchmark import buy_and_hold
from mintmark.simulation.combinatorial import (
    PathPlan,
    PurgedPaths,
    Spread,
    combinatorial_purged,
    fold_returns,
    purged_paths,
)
from mintmark.simulation.course import Candidate, Course, Decide, between
from mintmark.simulation.cross_sweep import CrossSweep, sweep_crosses
from mintmark.simulation.crossing import check_cross, cross_targets, moving_average, sma_cross
from mintmark.simulation.door import union_stamps
from mintmark.simulation.engine import Account, CorporateAction, FundingRate, Protection, run_targets
from mintmark.simulation.grid import MOST_COMBINATIONS, Grid, read_grid
from mintmark.simulation.montecarlo import (
    METHODS,
    block_bootstrap,
    bootstrap_paths,
    path_permutation,
    permute_path,
    shuffled_paths,
    trade_returns,
    trade_shuffle,
)
from mintmark.simulation.order_records import ORDER_STATES
from mintmark.simulation.orders import Sizing, run_orders
from mintmark.simulation.permuted_crosses import permute_crosses
from mintmark.simulation.reconcile import ReconciliationFailed
from mintmark.simulation.records import EXIT_REASONS, FLAGS, REFUSALS, TRADE
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.runs import RETURN_METRICS, RUN, TABLE, check_runs, spread_of
from mintmark.simulation.sizing import on_step, size_by_fraction, size_by_risk, size_by_volatility
from mintmark.simulation.stress import FACTORS, CostStress, cost_stress, scaled_costs, scaled_spread
from mintmark.simulation.sweep import (
    SweepRow,
    averages_of,
    crossing,
    lengths_of,
    sweep,
    too_many_failures,
)
from mintmark.simulation.walkforward import (
    CHOOSE_BY,
    Walked,
    WalkForward,
    WalkPlan,
    WalkWindow,
    sum_up,
    walk_forward,
    walk_window,
)
from mintmark.simulation.warm import compile_kernels, compile_limited_kernels

__all__ = [
    "CHOOSE_BY",
    "EXIT_REASONS",
    "FACTORS",
    "FLAGS",
    "METHODS",
    "MOST_COMBINATIONS",
    "ORDER_STATES",
    "REFUSALS",
    "RETURN_METRICS",
    "RUN",
    "TABLE",
    "TRADE",
    "Account",
    "BacktestResult",
    "Candidate",
    "CorporateAction",
    "CostStress",
    "Course",
    "CrossSweep",
    "Decide",
    "FundingRate",
    "Grid",
    "PathPlan",
    "Protection",
    "PurgedPaths",
    "ReconciliationFailed",
    "Sizing",
    "Spread",
    "SweepRow",
    "WalkForward",
    "WalkPlan",
    "WalkWindow",
    "Walked",
    "averages_of",
    "between",
    "block_bootstrap",
    "bootstrap_paths",
    "buy_and_hold",
    "check_cross",
    "check_runs",
    "combinatorial_purged",
    "compile_kernels",
    "compile_limited_kernels",
    "cost_stress",
    "cross_targets",
    "crossing",
    "fold_returns",
    "lengths_of",
    "moving_average",
    "on_step",
    "path_permutation",
    "permute_crosses",
    "permute_path",
    "purged_paths",
    "read_grid",
    "run_orders",
    "run_targets",
    "scaled_costs",
    "scaled_spread",
    "shuffled_paths",
    "size_by_fraction",
    "size_by_risk",
    "size_by_volatility",
    "sma_cross",
    "spread_of",
    "sum_up",
    "sweep",
    "sweep_crosses",
    "too_many_failures",
    "trade_returns",
    "trade_shuffle",
    "union_stamps",
    "walk_forward",
    "walk_window",
]
