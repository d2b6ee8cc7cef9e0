"""From a pack to a judged strategy.

What is exported here is loaded on first use: a computing process of research
loads neither the engine nor the database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.research.choosing import Choice
    from mintmark.research.gates import Limits
    from mintmark.research.montecarlo_check import MonteCarloCheck, check_montecarlo
    from mintmark.research.operations.context import Context, Rules
    from mintmark.research.operations.crossvalidation_process import validate_on
    from mintmark.research.operations.montecarlo import Draw
    from mintmark.research.operations.montecarlo_process import redraw_on
    from mintmark.research.operations.room import Research
    from mintmark.research.operations.simulation_ground import Ground
    from mintmark.research.operations.starting_children import Started, Starters
    from mintmark.research.operations.status import status_of
    from mintmark.research.operations.sweeping_process import sweep_on
    from mintmark.research.operations.table_file import TableColumns
    from mintmark.research.operations.trying import Tries
    from mintmark.research.operations.trying_here import Simulated, compute_here
    from mintmark.research.operations.walkforward_process import walk_on
    from mintmark.research.redrawing import Decider
    from mintmark.research.report import EquityCurve, ReportInput, equity_picture, render
    from mintmark.research.report_evidence import backtest_story, luck_story, training_story, verdict_story
    from mintmark.research.selftest_sheet import SELFTEST_HEADS, selftest_rows
    from mintmark.research.sheet import FORMULAS, SheetInput, prices_of, sheet_html, sheet_svg
    from mintmark.research.sheet_parts import Sheet, drawing_svg, html_of
    from mintmark.research.simulation_sheets import simulation_sheet, sweep_map_body
    from mintmark.research.walking import Market

_HOMES = {
    "Choice": "choosing",
    "Decider": "redrawing",
    "Draw": "operations.montecarlo",
    "FORMULAS": "sheet",
    "drawing_svg": "sheet_parts",
    "prices_of": "sheet",
    "Ground": "operations.simulation_ground",
    "Market": "walking",
    "Sheet": "sheet_parts",
    "Simulated": "operations.trying_here",
    "compute_here": "operations.trying_here",
    "html_of": "sheet_parts",
    "redraw_on": "operations.montecarlo_process",
    "simulation_sheet": "simulation_sheets",
    "sweep_on": "operations.sweeping_process",
    "validate_on": "operations.crossvalidation_process",
    "walk_on": "operations.walkforward_process",
    "Context": "operations.context",
    "Limits": "gates",
    "MonteCarloCheck": "montecarlo_check",
    "check_montecarlo": "montecarlo_check",
    "Research": "operations.room",
    "Rules": "operations.context",
    "Started": "operations.starting_children",
    "Starters": "operations.starting_children",
    "status_of": "operations.status",
    "TableColumns": "operations.table_file",
    "Tries": "operations.trying",
    "EquityCurve": "report",
    "ReportInput": "report",
    "equity_picture": "report",
    "render": "report",
    "backtest_story": "report_evidence",
    "luck_story": "report_evidence",
    "training_story": "report_evidence",
    "verdict_story": "report_evidence",
    "SELFTEST_HEADS": "selftest_sheet",
    "selftest_rows": "selftest_sheet",
    "SheetInput": "sheet",
    "sheet_html": "sheet",
    "sheet_svg": "sheet",
    "sweep_map_body": "simulation_sheets",
}

__all__ = [
    "FORMULAS",
    "SELFTEST_HEADS",
    "Choice",
    "Context",
    "Decider",
    "Draw",
    "EquityCurve",
    "Ground",
    "Limits",
    "Market",
    "MonteCarloCheck",
    "ReportInput",
    "Research",
    "Rules",
    "Sheet",
    "SheetInput",
    "Simulated",
    "Started",
    "Starters",
    "TableColumns",
    "Tries",
    "backtest_story",
    "check_montecarlo",
    "compute_here",
    "drawing_svg",
    "equity_picture",
    "html_of",
    "luck_story",
    "prices_of",
    "redraw_on",
    "render",
    "selftest_rows",
    "sheet_html",
    "sheet_svg",
    "simulation_sheet",
    "status_of",
    "sweep_map_body",
    "sweep_on",
    "training_story",
    "validate_on",
    "verdict_story",
    "walk_on",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.research has no {name}")
    return getattr(import_module(f"mintmark.research.{_HOMES[name]}"), name)
