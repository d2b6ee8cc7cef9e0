"""What each agent can do, one file an agent and topic."""

from __future__ import annotations

from importlib import import_module

from mintmark.portfolio.capability import Agents

AGENTS = (
    "alerts",
    "claude",
    "data_harvester",
    "financial_analyst",
    "macro_hound",
    "optimizer",
    "ratings",
    "reports",
)
"""The agents of the house: each a file here that holds its ``AGENT``."""


def known_agents() -> Agents:
    """Return all agents with their capabilities."""
    return Agents(import_module(f"mintmark.portfolio.capabilities.{name}").AGENT for name in AGENTS)
