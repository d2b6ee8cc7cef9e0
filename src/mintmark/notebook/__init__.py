"""The door of notebooks: bars and decisions in, a result one can look at; each try is counted."""

from mintmark.domain import CostProfile
from mintmark.notebook.backtesting import backtest
from mintmark.notebook.frames import weights_of
from mintmark.notebook.result import Backtest
from mintmark.notebook.simulated import CrossValidation, MonteCarlo, Sweep, WalkForward
from mintmark.notebook.simulating import crossvalidate, montecarlo, sweep, walkforward
from mintmark.simulation import Account, Protection

__all__ = [
    "Account",
    "Backtest",
    "CostProfile",
    "CrossValidation",
    "MonteCarlo",
    "Protection",
    "Sweep",
    "WalkForward",
    "backtest",
    "crossvalidate",
    "montecarlo",
    "sweep",
    "walkforward",
    "weights_of",
]
