"""Exports that were made, each its owner's for a while."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import UtcTime

revision = "0011"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "portfolio_artifacts",
        sa.Column("artifact_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("pattern_id", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )
