"""What the doors answer about packs that portfolios are valued by."""

from __future__ import annotations

from typing import Any

from mintmark.app.names import one_day, one_of_pattern
from mintmark.app.wiring import App

Body = dict[str, Any]
OWNER = "local"


def build(app: App, day: str, policy: str) -> Body:
    """Seal and judge the pack of a day."""
    return {"success": True, "data": app.data.build(one_day("date", day), policy)}


def restate(app: App, day: str, policy: str, reason: str, text: str) -> Body:
    """Seal a day again, with a reason."""
    return {
        "success": True,
        "data": app.data.restate(one_day("date", day), policy, reason=reason, text=text, actor=OWNER),
    }


def confirm(app: App, pack_id: str, symbol: str, reason: str) -> Body:
    """Take a hold away; say what is still held."""
    state = app.data.states.confirm(one_of_pattern("pack_id", pack_id), symbol, reason, actor=OWNER)
    holds = [hold.as_json() for hold in state.holds if hold.confirmed_by is None]
    return {"success": True, "data": {**state.health(), "holds": holds}}


def health(app: App, policy: str | None = None, pack_id: str | None = None) -> Body:
    """Say how far a pack, else the newest one, is on its way."""
    named = None if pack_id is None else one_of_pattern("pack_id", pack_id)
    return app.data.states.health(policy, named).health()
