"""Rows of alerts, notifications and deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    Row,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from mintmark.domain import Refused, iso
from mintmark.portfolio.alerts import Condition, Judgement, Standing, condition_from, notification_key
from mintmark.portfolio.channels import IN_APP
from mintmark.store import Json, UtcTime, metadata, upsert

_NAMES = UUID("3a0b3f0e-9d4f-4a69-8f3e-8c1d53a7c2d1")

alerts = Table(
    "portfolio_alerts",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("portfolio_id", Text),
    Column("name", Text, nullable=False),
    Column("condition", Json, nullable=False),
    Column("cooldown_minutes", Integer, nullable=False),
    Column("channels", Json, nullable=False),
    Column("text", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("held", Boolean),
    Column("seen", UtcTime),
    Column("fired", UtcTime),
    Column("last", Json),
    Index("portfolio_alerts_by_owner", "owner", "created_at"),
)
notifications = Table(
    "portfolio_notifications",
    metadata,
    Column("notification_id", Text, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Json, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("read_at", UtcTime),
    UniqueConstraint("alert_id", "owner", "day", name="portfolio_notifications_once"),
    Index("portfolio_notifications_by_owner", "owner", "made_at"),
)
deliveries = Table(
    "portfolio_deliveries",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    Column("notification_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tried_at", UtcTime),
    Column("delivered_at", UtcTime),
    Index("portfolio_deliveries_by_status", "status"),
)


@dataclass(frozen=True)
class Alert:
    """An alert of one owner, with what it remembers; ``portfolio_id`` where it asks about a portfolio."""

    alert_id: str
    owner: UUID
    portfolio_id: UUID | None
    name: str
    condition: Condition
    cooldown_minutes: int
    channels: tuple[str, ...]
    text: str
    active: bool
    created_at: datetime
    standing: Standing
    last: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """Return the alert as JSON values, without its owner."""
        plain = ("alert_id", "name", "cooldown_minutes", "text", "active")
        told = {name: value for name, value in self.condition.as_json().items() if name != "value_is"}
        return {
            **{name: getattr(self, name) for name in plain},
            "portfolio_id": None if self.portfolio_id is None else str(self.portfolio_id),
            "condition": told,
            "channels": list(self.channels),
            "created_at": iso(self.created_at),
            "fired_at": None if self.standing.fired is None else iso(self.standing.fired),
            "last": self.last,
        }


def add_alert(connection: Connection, alert: Alert) -> bool:
    """Add an alert; False where its id is there already."""
    standing = vars(alert.standing)
    row = {
        **{name: value for name, value in vars(alert).items() if name != "standing"},
        "owner": str(alert.owner),
        "portfolio_id": None if alert.portfolio_id is None else str(alert.portfolio_id),
        "condition": alert.condition.as_json(),
        "channels": list(alert.channels),
        **standing,
    }
    new = upsert(connection, alerts).values(row).on_conflict_do_nothing(index_elements=["alert_id"])
    return connection.execute(new.returning(alerts.c.alert_id)).first() is not None


def owned_alert(connection: Connection, owner: UUID, alert_id: str, *, lock: bool = False) -> Alert:
    """Return an alert of ``owner``; refuses ``not_found`` for one that is not there or another's."""
    found = select(alerts).where(alerts.c.alert_id == alert_id, alerts.c.owner == str(owner))
    row = connection.execute(found.with_for_update() if lock else found).first()
    if row is None:
        raise Refused("there is no such alert", code="not_found")
    return _alert(row)


def owned_alerts(connection: Connection, owner: UUID) -> list[Alert]:
    """Return the alerts of ``owner``, oldest first."""
    found = select(alerts).where(alerts.c.owner == str(owner)).order_by(alerts.c.created_at, alerts.c.alert_id)
    return [_alert(row) for row in connection.execute(found)]


def active_alerts(connection: Connection) -> list[Alert]:
    """Return the active alerts of everybody, in an order that does not change."""
    found = select(alerts).where(alerts.c.active.is_(True)).order_by(alerts.c.created_at, alerts.c.alert_id)
    return [_alert(row) for row in connection.execute(found)]


def change_alert(connection: Connection, alert_id: str, **values: Any) -> None:
    """Give an alert these values."""
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(**values))


def drop_alert(connection: Connection, alert_id: str) -> None:
    """Delete an alert; what it said stays."""
    connection.execute(delete(alerts).where(alerts.c.alert_id == alert_id))


def remember(connection: Connection, alert_id: str, judged: Judgement, last: Mapping[str, Any]) -> None:
    """Keep what a look came to."""
    change_alert(connection, alert_id, **vars(judged.standing), last=dict(last))


def notify(
    connection: Connection,
    *,
    alert_id: str,
    owner: UUID,
    day: date,
    title: str,
    body: Mapping[str, Any],
    channels: Sequence[str],
    now: datetime,
) -> bool:
    """Add a notification and what is to be sent of it; False where this alert spoke to its owner that day."""
    key = notification_key(alert_id, owner, day)
    row = {"notification_id": key, "alert_id": alert_id, "owner": str(owner), "day": day, "title": title}
    new = upsert(connection, notifications).values({**row, "body": dict(body), "made_at": now})
    if connection.execute(new.on_conflict_do_nothing().returning(notifications.c.notification_id)).first() is None:
        return False
    for channel in channels:
        if channel != IN_APP:
            sent = {"delivery_id": str(uuid5(_NAMES, f"{key}:{channel}")), "notification_id": key, "channel": channel}
            connection.execute(insert(deliveries).values({**sent, "status": "pending"}))
    return True


def owned_notifications(connection: Connection, owner: UUID, *, unread: bool, limit: int) -> list[dict[str, Any]]:
    """Return the newest notifications of ``owner``, each with how far its deliveries are."""
    columns = notifications.c
    found = select(notifications).where(columns.owner == str(owner))
    found = found.where(columns.read_at.is_(None)) if unread else found
    rows = list(connection.execute(found.order_by(columns.made_at.desc(), columns.notification_id).limit(limit)))
    sent = _deliveries_of(connection, [row.notification_id for row in rows])
    return [{**_told(row), "deliveries": sent.get(row.notification_id, [])} for row in rows]


def read_notification(connection: Connection, owner: UUID, notification_id: str, now: datetime) -> None:
    """Mark a notification of ``owner`` as read, once; refuses ``not_found``."""
    columns = notifications.c
    mine = (columns.notification_id == notification_id, columns.owner == str(owner))
    if connection.execute(select(columns.read_at).where(*mine)).first() is None:
        raise Refused("there is no such notification", code="not_found")
    connection.execute(update(notifications).where(*mine, columns.read_at.is_(None)).values(read_at=now))


def _deliveries_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    query = select(deliveries).where(deliveries.c.notification_id.in_(ids)).order_by(deliveries.c.channel)
    for row in connection.execute(query):
        at = None if row.delivered_at is None else iso(row.delivered_at)
        one = {"channel": row.channel, "status": row.status, "delivered_at": at}
        found.setdefault(row.notification_id, []).append(one)
    return found


def _told(row: Row[Any]) -> dict[str, Any]:
    return {
        "notification_id": row.notification_id,
        "alert_id": row.alert_id,
        "day": row.day.isoformat(),
        "title": row.title,
        **{name: row.body[name] for name in ("told", "observed", "pack_id", "playbook")},
        "made_at": iso(row.made_at),
        "read_at": None if row.read_at is None else iso(row.read_at),
    }


def _alert(row: Row[Any]) -> Alert:
    found = dict(row._mapping)
    standing = Standing(**{name: found.pop(name) for name in ("held", "seen", "fired")})
    found |= {
        "owner": UUID(found["owner"]),
        "portfolio_id": None if found["portfolio_id"] is None else UUID(found["portfolio_id"]),
        "condition": condition_from(found["condition"]),
        "channels": tuple(found["channels"]),
    }
    return Alert(**found, standing=standing)
