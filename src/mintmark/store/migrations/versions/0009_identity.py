"""Who may ask: keys, tokens, and the log of what they did."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import UtcTime
from mintmark.store.guards import append_only, guard

revision = "0009"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime),
    )
    op.create_table(
        "api_tokens",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("token_id", sa.Text, nullable=False, unique=True),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime),
    )
    op.create_table(
        "action_log",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
    )
    op.create_index("action_log_by_time", "action_log", ["at"])
    guard(op, append_only("action_log", op.get_bind().dialect.name))
