"""What language models cost: reservations and spend."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import Exact, UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "spend_events",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("call", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        sa.Column("amount", Exact, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
    )
    op.create_index("spend_events_by_day", "spend_events", ["day"])
    op.create_table(
        "spend_reservations",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("call", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("amount", Exact, nullable=False),
    )
    op.create_index("spend_reservations_by_day", "spend_reservations", ["day"])
