"""From a pack to a judged strategy."""

from mintmark.research.report import EquityCurve, ReportInput, equity_picture, render
from mintmark.research.report_evidence import backtest_story, luck_story, training_story, verdict_story

__all__ = [
    "EquityCurve",
    "ReportInput",
    "backtest_story",
    "equity_picture",
    "luck_story",
    "render",
    "training_story",
    "verdict_story",
]
