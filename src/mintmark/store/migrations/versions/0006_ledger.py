"""The journal, its postings, head and anchors; books; lots and balances as projections."""

import sqlalchemy as sa
from alembic import op

from mintmark.store.types import Exact, UtcTime

revision = "0006"
down_revision = "0010"
WRITTEN_ONCE = ("ledger_journal", "ledger_postings", "ledger_anchors")


def upgrade() -> None:
    _books()
    _journal()
    _projections()
    op.execute(f"INSERT INTO ledger_head (one, sequence, hash) VALUES (1, 0, '{'0' * 64}')")
    for table in WRITTEN_ONCE:
        _refuse_changes(table)


def _books() -> None:
    op.create_table(
        "ledger_books",
        sa.Column("code", sa.String(32), primary_key=True),
        sa.Column("base_currency", sa.String(8), nullable=False),
        sa.Column("booking", sa.String(8), nullable=False),
        sa.Column("allow_shorts", sa.Boolean, nullable=False),
        sa.Column("opened_at", UtcTime, nullable=False),
    )


def _journal() -> None:
    op.create_table(
        "ledger_journal",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("portfolio", sa.String(32), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("reverses", sa.String(36), unique=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("portfolio", "source", "external_id"),
    )
    op.create_index("ledger_journal_of_portfolio", "ledger_journal", ["portfolio", "sequence"])
    op.create_table(
        "ledger_postings",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("commodity", sa.String(32), nullable=False),
        sa.Column("units", Exact, nullable=False),
        sa.Column("cost", sa.Text),
        sa.Column("price", sa.Text),
    )
    op.create_table(
        "ledger_head",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "ledger_anchors",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
    )


def _projections() -> None:
    op.create_table(
        "ledger_lots",
        sa.Column("portfolio", sa.String(32), primary_key=True),
        sa.Column("symbol", sa.String(32), primary_key=True),
        sa.Column("acquired", sa.Date, primary_key=True),
        sa.Column("label", sa.Text, primary_key=True),
        sa.Column("units", Exact, nullable=False),
        sa.Column("cost", Exact, nullable=False),
        sa.Column("currency", sa.String(8), nullable=False),
        sa.Column("fx", Exact),
        sa.Column("fee", Exact, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("margin", sa.Boolean, nullable=False),
    )
    op.create_table(
        "ledger_balances",
        sa.Column("portfolio", sa.String(32), primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("commodity", sa.String(32), primary_key=True),
        sa.Column("units", Exact, nullable=False),
    )


def _refuse_changes(table: str) -> None:
    said = f"{table} is written once"
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{said}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
