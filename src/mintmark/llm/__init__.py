"""Language models: spend and its limits."""

from mintmark.llm.budget import CURRENCY, CYCLE_COST, Budget
from mintmark.llm.prices import DEFAULT_PRICES, Price, cost_of

__all__ = ["CURRENCY", "CYCLE_COST", "DEFAULT_PRICES", "Budget", "Price", "cost_of"]
