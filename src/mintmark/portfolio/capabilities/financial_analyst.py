"""The agent that reads holdings, values them and measures what they earned."""

from __future__ import annotations

from mintmark.portfolio.capabilities import (
    financial_analyst_actions,
    financial_analyst_attribution,
    financial_analyst_brinson,
    financial_analyst_charts,
    financial_analyst_harvest,
    financial_analyst_holdings,
    financial_analyst_macro_charts,
    financial_analyst_performance,
    financial_analyst_position,
    financial_analyst_tax,
)
from mintmark.portfolio.capability import Agent

_FILES = (
    financial_analyst_holdings,
    financial_analyst_performance,
    financial_analyst_attribution,
    financial_analyst_charts,
    financial_analyst_position,
    financial_analyst_actions,
    financial_analyst_macro_charts,
    financial_analyst_tax,
    financial_analyst_harvest,
    financial_analyst_brinson,
)

AGENT = Agent("financial_analyst", tuple(one for file in _FILES for one in file.capabilities()), timeout=10.0)
