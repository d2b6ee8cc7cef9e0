"""The agent that proposes what to hold; it trades nothing."""

from __future__ import annotations

from mintmark.portfolio.capabilities import optimizer_hedges
from mintmark.portfolio.capability import Agent

_FILES = (optimizer_hedges,)

AGENT = Agent("optimizer", tuple(one for file in _FILES for one in file.capabilities()), timeout=30.0)
