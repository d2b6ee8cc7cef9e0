"""Questions about a portfolio: patterns of capabilities over one pack and one state of the ledger.

What is exported here is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.portfolio.capability import Agent, Agents, Answer, Arguments, Capability, Notes, Reading, Services
    from mintmark.portfolio.context import Actor, RequestCtx
    from mintmark.portfolio.tables import OwnedPortfolio, owned_by_code, owned_portfolio, owned_portfolios

_HOMES = {
    "Actor": "context",
    "Agent": "capability",
    "Agents": "capability",
    "Answer": "capability",
    "Arguments": "capability",
    "Capability": "capability",
    "Notes": "capability",
    "OwnedPortfolio": "tables",
    "Reading": "capability",
    "RequestCtx": "context",
    "Services": "capability",
    "owned_by_code": "tables",
    "owned_portfolio": "tables",
    "owned_portfolios": "tables",
}

__all__ = [
    "Actor",
    "Agent",
    "Agents",
    "Answer",
    "Arguments",
    "Capability",
    "Notes",
    "OwnedPortfolio",
    "Reading",
    "RequestCtx",
    "Services",
    "owned_by_code",
    "owned_portfolio",
    "owned_portfolios",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.portfolio has no {name}")
    return getattr(import_module(f"mintmark.portfolio.{_HOMES[name]}"), name)
