"""The screens of a portfolio: one pattern each, in the order a reader asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mintmark.domain import Html, tag
from mintmark.ui.parts import link

FIRST = "portfolio_overview"
DEEP = "holding_deep_dive"
_NAMES = {
    "portfolio_overview": "Overview",
    "holding_deep_dive": "Holding",
    "portfolio_macro_overview": "Macro and risk",
    "portfolio_scenario_analysis": "Scenarios",
    "portfolio_cycle_risk": "Cycle risk",
    "macro_cycles_overview": "Cycles",
    "cycle_deleveraging_scenarios": "Deleveraging",
    "macro_trend_monitor": "Trends",
    "policy_rebalance": "Rebalance",
    "news_impact_analysis": "News",
    "corporate_actions_upcoming": "Actions ahead",
    "buffett_checklist": "Quality",
    "portfolio_tax_report": "Tax",
    "tax_harvesting_opportunities": "Tax harvest",
    "export_portfolio_report": "Report",
}


def ordered(patterns: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return ``patterns`` in the order of the tabs; one the page has no name for comes last."""
    places = {name: at for at, name in enumerate(_NAMES)}
    return sorted(patterns, key=lambda one: (places.get(one["id"], len(places)), one["id"]))


def title_of(pattern: Mapping[str, Any]) -> str:
    return _NAMES.get(pattern["id"]) or str(pattern["name"])


def path_of(code: str, pattern_id: str) -> str:
    """Return the address of the screen of ``pattern_id`` for the portfolio ``code``."""
    return f"/portfolio/{quote(code)}" + ("" if pattern_id == FIRST else f"/{quote(pattern_id)}")


def tabs(code: str, patterns: Sequence[Mapping[str, Any]], chosen: str) -> Html:
    """Return the screens as tabs."""
    links = [
        tag("a", title_of(one), href=path_of(code, one["id"]), title=one["description"], kind="tab here")
        if one["id"] == chosen
        else link(path_of(code, one["id"]), title_of(one), "tab")
        for one in ordered(patterns)
    ]
    return tag("nav", *links, kind="tabs", **{"aria-label": "Screens"})
