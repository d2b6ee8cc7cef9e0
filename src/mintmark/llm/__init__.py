"""Language models: spend and its limits.

The budget is loaded on first use: settings need prices, not a database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mintmark.llm.prices import DEFAULT_PRICES, Price, cost_of

if TYPE_CHECKING:
    from mintmark.llm.budget import CURRENCY, CYCLE_COST, Budget

__all__ = ["CURRENCY", "CYCLE_COST", "DEFAULT_PRICES", "Budget", "Price", "cost_of"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"mintmark.llm has no {name}")
    return getattr(import_module("mintmark.llm.budget"), name)
