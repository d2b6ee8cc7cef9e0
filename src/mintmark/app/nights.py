"""Nights, alerts and their deliveries, put together; and the process a night runs in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.app.wiring import App
    from mintmark.portfolio import Alerts, Night
    from mintmark.runtime import Task


def alerts_of(app: App) -> Alerts:
    """Return the alerts of ``app`` with the servers its settings name."""
    from mintmark.data import DeadLetters
    from mintmark.portfolio import Admins, Alerts, Delivering, MailSettings, Sender, WebhookSettings

    alerts = app.settings.alerts
    mail = MailSettings(
        host=alerts.smtp_host,
        port=alerts.smtp_port,
        tls=alerts.smtp_tls,
        user=alerts.smtp_user,
        password="" if alerts.smtp_password is None else alerts.smtp_password.get_secret_value(),
        sender=alerts.email_from,
        ca_file=alerts.smtp_ca_file,
    )
    secret = "" if alerts.webhook_secret is None else alerts.webhook_secret.get_secret_value()
    sender = Sender(mail, WebhookSettings(secret, alerts.private_webhook_hosts))
    delivering = Delivering(app.database, app.clock, sender, DeadLetters(app.database, app.clock))
    admins = Admins((app.local_owner.user_id,), alerts.admin_channels)
    return Alerts(app.database, app.clock, delivering, admins)


def night_of(app: App) -> Night:
    """Return what runs the nights of ``app``."""
    from mintmark.portfolio import Night, NightHouse

    ask = app.portfolio.ask_ahead
    return Night(NightHouse(app.database, app.clock, app.data, app.ledger, app.alerts, ask))


def retry_letters(app: App) -> int:
    """Ask providers again for what failed and is due, tell the admins of what was given up, and send what waits."""
    app.alerts.deliver()
    return app.alerts.tell_of_dead(app.data.harvesting.retry_due())


def compute(task: Task) -> dict[str, Any]:
    """Run one night in its own process."""
    from mintmark.app.wiring import open_app

    asked = task.inputs
    app = open_app(home=Path(asked["home"]))
    try:
        day = date.fromisoformat(asked["date"])
        return night_of(app).run(asked["policy"], day, asked["run_id"], lambda share, step: task.progress(share, step))
    finally:
        app.close()
