"""The agent that proposes what to trade and what to hedge; it trades nothing."""

from __future__ import annotations

from mintmark.portfolio.capabilities import optimizer_hedges, optimizer_trades
from mintmark.portfolio.capability import Agent

_FILES = (optimizer_trades, optimizer_hedges)

AGENT = Agent("optimizer", tuple(one for file in _FILES for one in file.capabilities()), timeout=30.0)
