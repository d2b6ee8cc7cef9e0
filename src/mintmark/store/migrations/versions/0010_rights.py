"""Licence records, and the exports that were refused."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import Json, UtcTime
from mintmark.store.guards import append_only, guard

revision = "0010"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "rights_licences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("source", sa.String(128), nullable=False),
        sa.Column("rights", Json, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date, nullable=False),
        sa.Column("added_at", UtcTime, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
    )
    op.create_table(
        "rights_violations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("sources", Json, nullable=False),
        sa.Column("right", sa.Text, nullable=False),
        sa.Column("pattern", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
    )
    guard(op, append_only("rights_violations", op.get_bind().dialect.name))
