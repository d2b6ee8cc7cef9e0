"""From a pack to a judged strategy.

What is exported here is loaded on first use: a computing process of research
loads neither the engine nor the database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.research.gates import Limits
    from mintmark.research.montecarlo_check import MonteCarloCheck, check_montecarlo
    from mintmark.research.operations.context import Context, Rules
    from mintmark.research.operations.room import Research
    from mintmark.research.operations.starting_children import Started, Starters
    from mintmark.research.operations.status import status_of
    from mintmark.research.operations.trying import Tries
    from mintmark.research.report import EquityCurve, ReportInput, equity_picture, render
    from mintmark.research.report_evidence import backtest_story, luck_story, training_story, verdict_story
    from mintmark.research.sheet import SheetInput, sheet_html, sheet_svg
    from mintmark.research.simulation_sheets import sweep_map_body

_HOMES = {
    "Context": "operations.context",
    "Limits": "gates",
    "MonteCarloCheck": "montecarlo_check",
    "check_montecarlo": "montecarlo_check",
    "Research": "operations.room",
    "Rules": "operations.context",
    "Started": "operations.starting_children",
    "Starters": "operations.starting_children",
    "status_of": "operations.status",
    "Tries": "operations.trying",
    "EquityCurve": "report",
    "ReportInput": "report",
    "equity_picture": "report",
    "render": "report",
    "backtest_story": "report_evidence",
    "luck_story": "report_evidence",
    "training_story": "report_evidence",
    "verdict_story": "report_evidence",
    "SheetInput": "sheet",
    "sheet_html": "sheet",
    "sheet_svg": "sheet",
    "sweep_map_body": "simulation_sheets",
}

__all__ = [
    "Context",
    "EquityCurve",
    "Limits",
    "MonteCarloCheck",
    "ReportInput",
    "Research",
    "Rules",
    "SheetInput",
    "Started",
    "Starters",
    "Tries",
    "backtest_story",
    "check_montecarlo",
    "equity_picture",
    "luck_story",
    "render",
    "sheet_html",
    "sheet_svg",
    "status_of",
    "sweep_map_body",
    "training_story",
    "verdict_story",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.research has no {name}")
    return getattr(import_module(f"mintmark.research.{_HOMES[name]}"), name)
