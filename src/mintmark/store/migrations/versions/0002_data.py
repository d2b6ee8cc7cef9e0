"""Series, macro series, corporate actions, partitions, packs and fetched pages."""

import sqlalchemy as sa
from alembic import op

from mintmark.store.types import Exact, Json, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _series()
    _actions()
    _packs()
    _pages()


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("symbol", sa.String(32), primary_key=True),
        sa.Column("timeframe", sa.String(4), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("imported_at", UtcTime, nullable=False),
    )
    op.create_table(
        "macro_series",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("imported_at", UtcTime, nullable=False),
    )


def _actions() -> None:
    op.create_table(
        "corporate_actions",
        sa.Column("symbol", sa.String(32), primary_key=True),
        sa.Column("ex_date", sa.Date, primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("value", Exact, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("known_at", UtcTime, nullable=False),
    )


def _packs() -> None:
    op.create_table(
        "partitions",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
    )
    op.create_table(
        "packs",
        sa.Column("pack_id", sa.String(64), primary_key=True),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("policy", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("pack_sha256", sa.String(64), nullable=False),
        sa.Column("superseded_by", sa.String(64)),
        sa.Column("sealed_at", UtcTime, nullable=False),
        sa.UniqueConstraint("as_of", "policy", "version"),
    )
    op.create_table(
        "pack_series",
        sa.Column("pack_id", sa.String(64), primary_key=True),
        sa.Column("symbol", sa.String(32), primary_key=True),
        sa.Column("timeframe", sa.String(4), primary_key=True),
    )


def _pages() -> None:
    op.create_table(
        "fetched_pages",
        sa.Column("exchange", sa.String(32), primary_key=True),
        sa.Column("symbol", sa.String(32), primary_key=True),
        sa.Column("timeframe", sa.String(4), primary_key=True),
        sa.Column("since_ms", sa.BigInteger, primary_key=True),
        sa.Column("rows", Json, nullable=False),
        sa.Column("fetched_at", UtcTime, nullable=False),
    )
