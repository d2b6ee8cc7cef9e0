"""Questions about a portfolio: patterns of capabilities over one pack and one state of the ledger.

What is exported here is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.portfolio.answer import Executed
    from mintmark.portfolio.capabilities import known_agents
    from mintmark.portfolio.capability import Agent, Agents, Answer, Arguments, Capability, Notes, Reading, Services
    from mintmark.portfolio.context import Actor, RequestCtx
    from mintmark.portfolio.export_gate import ExportGate, Wanted
    from mintmark.portfolio.export_reading import sources_of_export
    from mintmark.portfolio.operations.alerting import Admins, Alerts, NewAlert
    from mintmark.portfolio.operations.delivering import Delivering
    from mintmark.portfolio.operations.exporting import AnswerExporter, Artifact, Exports
    from mintmark.portfolio.operations.night_room import Nights
    from mintmark.portfolio.operations.nightly import Night, NightBlocked, NightHouse, needs_of_policy
    from mintmark.portfolio.operations.room import NewPortfolio, PortfolioRoom, check_patterns, described, pattern_texts
    from mintmark.portfolio.operations.sampling import make_sample
    from mintmark.portfolio.operations.sending import MailSettings, Sender, WebhookSettings
    from mintmark.portfolio.pattern import Pattern
    from mintmark.portfolio.pattern_files import PatternsInvalid, load_patterns
    from mintmark.portfolio.question import Format, Question, security_id
    from mintmark.portfolio.tables import OwnedPortfolio, owned_by_code, owned_portfolio, owned_portfolios

_HOMES = {
    "Admins": "operations.alerting",
    "Alerts": "operations.alerting",
    "NewAlert": "operations.alerting",
    "Delivering": "operations.delivering",
    "MailSettings": "operations.sending",
    "Sender": "operations.sending",
    "WebhookSettings": "operations.sending",
    "Night": "operations.nightly",
    "NightBlocked": "operations.nightly",
    "NightHouse": "operations.nightly",
    "needs_of_policy": "operations.nightly",
    "Nights": "operations.night_room",
    "load_patterns": "pattern_files",
    "known_agents": "capabilities",
    "Pattern": "pattern",
    "pattern_texts": "operations.room",
    "Format": "question",
    "security_id": "question",
    "described": "operations.room",
    "check_patterns": "operations.room",
    "PatternsInvalid": "pattern_files",
    "Executed": "answer",
    "Question": "question",
    "PortfolioRoom": "operations.room",
    "NewPortfolio": "operations.room",
    "Actor": "context",
    "Agent": "capability",
    "Agents": "capability",
    "Answer": "capability",
    "AnswerExporter": "operations.exporting",
    "Artifact": "operations.exporting",
    "Arguments": "capability",
    "Capability": "capability",
    "ExportGate": "export_gate",
    "Exports": "operations.exporting",
    "Notes": "capability",
    "OwnedPortfolio": "tables",
    "Reading": "capability",
    "RequestCtx": "context",
    "Services": "capability",
    "Wanted": "export_gate",
    "owned_by_code": "tables",
    "owned_portfolio": "tables",
    "owned_portfolios": "tables",
    "make_sample": "operations.sampling",
    "sources_of_export": "export_reading",
}

__all__ = [
    "Actor",
    "Admins",
    "Agent",
    "Agents",
    "Alerts",
    "Answer",
    "AnswerExporter",
    "Arguments",
    "Artifact",
    "Capability",
    "Delivering",
    "Executed",
    "ExportGate",
    "Exports",
    "Format",
    "MailSettings",
    "NewAlert",
    "NewPortfolio",
    "Night",
    "NightBlocked",
    "NightHouse",
    "Nights",
    "Notes",
    "OwnedPortfolio",
    "Pattern",
    "PatternsInvalid",
    "PortfolioRoom",
    "Question",
    "Reading",
    "RequestCtx",
    "Sender",
    "Services",
    "Wanted",
    "WebhookSettings",
    "check_patterns",
    "described",
    "known_agents",
    "load_patterns",
    "make_sample",
    "needs_of_policy",
    "owned_by_code",
    "owned_portfolio",
    "owned_portfolios",
    "pattern_texts",
    "security_id",
    "sources_of_export",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.portfolio has no {name}")
    return getattr(import_module(f"mintmark.portfolio.{_HOMES[name]}"), name)
