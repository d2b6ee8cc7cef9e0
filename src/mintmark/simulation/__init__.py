"""The only fill and cost model: bars and decisions in; fills, trades and equity out."""

from mintmark.simulation.benchmark import buy_and_hold
from mintmark.simulation.door import union_stamps
from mintmark.simulation.engine import Account, CorporateAction, Protection, run_targets
from mintmark.simulation.montecarlo import permute_path
from mintmark.simulation.reconcile import ReconciliationFailed
from mintmark.simulation.records import EXIT_REASONS, FLAGS, REFUSALS
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.sizing import on_step, size_by_fraction, size_by_risk, size_by_volatility
from mintmark.simulation.warm import compile_kernels

__all__ = [
    "EXIT_REASONS",
    "FLAGS",
    "REFUSALS",
    "Account",
    "BacktestResult",
    "CorporateAction",
    "Protection",
    "ReconciliationFailed",
    "buy_and_hold",
    "compile_kernels",
    "on_step",
    "permute_path",
    "run_targets",
    "size_by_fraction",
    "size_by_risk",
    "size_by_volatility",
    "union_stamps",
]
