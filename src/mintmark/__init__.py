"""Mintmark: an agent-run trading house whose every number opens to its data, code and ledger entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.notebook import (
        Account,
        Backtest,
        CostProfile,
        CrossValidation,
        MonteCarlo,
        Protection,
        Sweep,
        WalkForward,
        backtest,
        crossvalidate,
        montecarlo,
        sweep,
        walkforward,
    )

__version__ = "0.1.0"

__all__ = [
    "Account",
    "Backtest",
    "CostProfile",
    "CrossValidation",
    "MonteCarlo",
    "Protection",
    "Sweep",
    "WalkForward",
    "__version__",
    "backtest",
    "crossvalidate",
    "montecarlo",
    "sweep",
    "walkforward",
]


def __getattr__(name: str) -> Any:
    # The notebook's door loads the engine; the name of the package must not.
    if name not in __all__:
        raise AttributeError(f"mintmark has no {name}")
    from importlib import import_module

    return getattr(import_module("mintmark.notebook"), name)
