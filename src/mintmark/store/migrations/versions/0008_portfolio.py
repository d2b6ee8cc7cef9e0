"""Portfolios and who owns them."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import UtcTime

revision = "0008"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "portfolios",
        sa.Column("portfolio_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_currency", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("booking", sa.Text, nullable=False),
        sa.Column("allow_shorts", sa.Boolean, nullable=False),
        sa.Column("tax_rule", sa.Text, nullable=False),
        sa.Column("benchmark", sa.Text),
        sa.Column("rights_profile", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.UniqueConstraint("code", name="portfolios_by_code"),
    )
