"""What the doors answer about alerts, notifications and nights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintmark.app.names import one_day
from mintmark.app.wiring import App
from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.app.requests import AlertRequest
    from mintmark.portfolio import Actor

Body = dict[str, Any]


def create(app: App, actor: Actor, request: AlertRequest) -> Body:
    """Add an alert."""
    from mintmark.portfolio import NewAlert

    wanted = NewAlert(
        name=request.name,
        condition=request.condition.model_dump(),
        portfolio=request.portfolio_id or request.portfolio,
        cooldown_minutes=request.cooldown_minutes,
        channels=request.channels,
        text=request.text,
    )
    return _data(app.alerts.create(actor, wanted).as_json())


def alerts(app: App, actor: Actor) -> Body:
    """List your alerts, oldest first."""
    return _data([alert.as_json() for alert in app.alerts.alerts(actor)])


def switch(app: App, actor: Actor, alert_id: str, *, active: bool) -> Body:
    """Let an alert be evaluated, or not."""
    return _data(app.alerts.switch(actor, alert_id, active=active).as_json())


def drop(app: App, actor: Actor, alert_id: str) -> Body:
    """Delete an alert."""
    app.alerts.drop(actor, alert_id)
    return _data({"alert_id": alert_id, "deleted": True})


def notifications(app: App, actor: Actor, *, unread: bool, limit: int) -> Body:
    """List your notifications, newest first."""
    return _data(app.alerts.notifications(actor, unread=unread, limit=limit))


def read(app: App, actor: Actor, notification_id: str) -> Body:
    """Mark a notification as read."""
    app.alerts.read(actor, notification_id)
    return _data({"notification_id": notification_id, "read": True})


def nightly(app: App, policy: str, day: str | None) -> Body:
    """Start the night of a day, or go on with it."""
    return app.nights.trigger(policy, None if day is None else one_day("date", day))


def nights(app: App, policy: str | None, day: str | None, limit: int) -> Body:
    """List the reports of the newest nights."""
    return _data(app.nights.reports(policy, None if day is None else one_day("date", day), limit=limit))


def statement(app: App, actor: Actor, code: str, path: Path) -> Body:
    """Keep a broker's statement for the night of its day."""
    from mintmark.ledger import strict_json

    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}", code="not_found", path=str(path)) from error
    return _data(app.nights.take_statement(actor, code, strict_json(content)))


def _data(value: Any) -> Body:
    return {"success": True, "data": value}
