"""The agent that proposes what to trade."""

from __future__ import annotations

from mintmark.portfolio.capabilities import optimizer_trades
from mintmark.portfolio.capability import Agent

AGENT = Agent("optimizer", optimizer_trades.capabilities(), timeout=30.0)
