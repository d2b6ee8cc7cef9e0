"""Alerts, what they said, what was sent of it; nights and what they computed ahead."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import Json, UtcTime

revision = "0012"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "portfolio_alerts",
        sa.Column("alert_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("portfolio_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("condition", Json, nullable=False),
        sa.Column("cooldown_minutes", sa.Integer, nullable=False),
        sa.Column("channels", Json, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("held", sa.Boolean),
        sa.Column("seen", UtcTime),
        sa.Column("fired", UtcTime),
        sa.Column("last", Json),
    )
    op.create_index("portfolio_alerts_by_owner", "portfolio_alerts", ["owner", "created_at"])
    op.create_table(
        "portfolio_notifications",
        sa.Column("notification_id", sa.Text, primary_key=True),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("read_at", UtcTime),
        sa.UniqueConstraint("alert_id", "owner", "day", name="portfolio_notifications_once"),
    )
    op.create_index("portfolio_notifications_by_owner", "portfolio_notifications", ["owner", "made_at"])
    op.create_table(
        "portfolio_deliveries",
        sa.Column("delivery_id", sa.Text, primary_key=True),
        sa.Column("notification_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("tried_at", UtcTime),
        sa.Column("delivered_at", UtcTime),
    )
    op.create_index("portfolio_deliveries_by_status", "portfolio_deliveries", ["status"])
    _nights()


def _nights() -> None:
    op.create_table(
        "portfolio_nights",
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("report", Json, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )
    op.create_table(
        "portfolio_night_steps",
        sa.Column("pack_id", sa.Text, primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("report", Json, nullable=False),
    )
    op.create_table(
        "portfolio_prewarmed",
        sa.Column("portfolio_id", sa.Text, primary_key=True),
        sa.Column("pack_sha256", sa.Text, primary_key=True),
        sa.Column("portfolio_hash", sa.Text, primary_key=True),
        sa.Column("capability", sa.Text, primary_key=True),
        sa.Column("arguments_sha256", sa.Text, primary_key=True),
        sa.Column("code_version", sa.Text, primary_key=True),
        sa.Column("answer", Json, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
    )
    op.create_table(
        "portfolio_statements",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("statement", Json, nullable=False),
        sa.Column("imported_at", UtcTime, nullable=False),
    )
