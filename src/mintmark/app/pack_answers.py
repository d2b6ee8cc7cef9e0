"""What the doors answer about packs that portfolios are valued by."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from mintmark.app.names import one_day, one_of_pattern
from mintmark.app.wiring import App

if TYPE_CHECKING:
    from mintmark.data import Needs

Body = dict[str, Any]
OWNER = "local"


def build(app: App, day: str, policy: str) -> Body:
    """Seal the pack of a day and judge it by what the portfolios need."""
    as_of = one_day("date", day)
    return {"success": True, "data": app.data.build(as_of, policy, _needs(app, policy, as_of))}


def restate(app: App, day: str, policy: str, reason: str, text: str) -> Body:
    """Seal a day again, with a reason, and judge it by what the portfolios need."""
    as_of = one_day("date", day)
    needs = _needs(app, policy, as_of)
    made = app.data.restate(as_of, policy, reason=reason, text=text, actor=OWNER, needs=needs)
    return {"success": True, "data": made}


def confirm(app: App, pack_id: str, symbol: str, reason: str) -> Body:
    """Take a hold away; say what is still held."""
    state = app.data.states.confirm(one_of_pattern("pack_id", pack_id), symbol, reason, actor=OWNER)
    holds = [hold.as_json() for hold in state.holds if hold.confirmed_by is None]
    return {"success": True, "data": {**state.health(), "holds": holds}}


def health(app: App, policy: str | None = None, pack_id: str | None = None) -> Body:
    """Say how far a pack, else the newest one, is on its way."""
    named = None if pack_id is None else one_of_pattern("pack_id", pack_id)
    return app.data.states.health(policy, named).health()


def _needs(app: App, policy: str, day: date) -> list[Needs]:
    from mintmark.portfolio import needs_of_policy

    return needs_of_policy(app.database, app.ledger, policy, day)
