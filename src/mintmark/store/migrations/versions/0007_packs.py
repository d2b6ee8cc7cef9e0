"""States and events of packs, sealed rows that refuse change, documents, dead letters, dates of actions."""

import sqlalchemy as sa
from alembic import op

from mintmark.store.guards import append_only, guard, sealed_but
from mintmark.store.types import Json, UtcTime

revision = "0007"
down_revision = "0008"

_SEALED = ("pack_id", "as_of", "policy", "version", "pack_sha256", "sealed_at")


def upgrade() -> None:
    _states()
    _documents()
    _dead_letters()
    op.add_column("corporate_actions", sa.Column("pay_date", sa.Date))
    op.add_column("corporate_actions", sa.Column("announced", sa.Date))
    op.add_column("corporate_actions", sa.Column("lead_days", sa.Integer))
    op.create_index(
        "packs_live_once", "packs", ["as_of", "policy"], unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"), postgresql_where=sa.text("superseded_by IS NULL"),
    )  # fmt: skip
    dialect = op.get_bind().dialect.name
    guard(op, sealed_but("packs", "superseded_by", _SEALED, dialect))
    for table in ("pack_series", "pack_events"):
        guard(op, append_only(table, dialect))


def _states() -> None:
    op.create_table(
        "pack_states",
        sa.Column("pack_id", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("warming_since", UtcTime, nullable=False),
        sa.Column("fresh_at", UtcTime),
        sa.Column("reconciliation", sa.String(16), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )
    op.create_table(
        "pack_events",
        sa.Column("pack_id", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("happened_at", UtcTime, nullable=False),
    )
    # What was sealed before states were kept begins where every pack begins.
    op.execute(
        sa.text(
            "INSERT INTO pack_states (pack_id, status, warming_since, reconciliation, record, updated_at) "
            "SELECT pack_id, CASE WHEN superseded_by IS NULL THEN 'warming' ELSE 'superseded' END, "
            "sealed_at, 'none', '{}', sealed_at FROM packs WHERE policy IN ('EOD', 'UTC')"
        )
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("imported_at", UtcTime, nullable=False),
    )


def _dead_letters() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("request_key", sa.String(64), primary_key=True),
        sa.Column("queue", sa.String(32), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("next_try_at", UtcTime),
        sa.Column("first_failed_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
    )
