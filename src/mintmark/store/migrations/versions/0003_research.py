"""Experiments, hypotheses, trials, gate answers, strategies and their files."""

import sqlalchemy as sa
from alembic import op

from mintmark.store import Json, UtcTime

revision = "0003"
down_revision = "0002"

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _memory()
    _trials()
    _gates()
    _library()


def _memory() -> None:
    op.create_table(
        "experiments",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ended_at", UtcTime, nullable=False),
        sa.Column("symbols", Json, nullable=False),
        sa.Column("timeframe", sa.Text, nullable=False),
        sa.Column("pack_id", sa.Text),
        sa.Column("random_state", sa.BigInteger, nullable=False),
        sa.Column("designer", sa.Text),
        sa.Column("strategy_name", sa.Text),
        sa.Column("strategy_hash", sa.Text),
        sa.Column("design_key", sa.Text),
        sa.Column("spec", Json),
        sa.Column("hypothesis", sa.Text),
        sa.Column("training_evidence", Json, nullable=False),
        sa.Column("holdout_evidence", Json),
    )
    op.create_index("experiments_by_end", "experiments", ["ended_at"])
    op.create_table(
        "hypotheses",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("from", sa.Text, nullable=False),
        sa.Column("change", Json, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("tested_by", sa.Text),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.UniqueConstraint("from", "text", name="hypotheses_once"),
    )


def _trials() -> None:
    op.create_table(
        "trials",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("strategy_hash", sa.Text, nullable=False),
        sa.Column("sharpe_per_bar", sa.Double),
        sa.Column("made_at", UtcTime, nullable=False),
    )
    op.create_table(
        "trial_keys",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
    )
    op.create_index("trial_keys_by_key", "trial_keys", ["key"])
    for table in ("trials", "trial_keys"):
        for statement in _append_only(table, op.get_bind().dialect.name):
            op.execute(sa.text(statement))


def _append_only(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append only'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()",
    ]


def _gates() -> None:
    op.create_table(
        "gate_answers",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("operation_id", sa.Text, nullable=False),
        sa.Column("child_operation_id", sa.Text, nullable=False),
        sa.Column("gate", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("observed", sa.Double),
        sa.Column("limit", sa.Double, nullable=False),
        sa.Column("decisive", sa.Boolean, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.UniqueConstraint("operation_id", "gate", "position", name="gate_answers_once"),
    )


def _library() -> None:
    op.create_table(
        "strategies",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("design_key", sa.Text, nullable=False),
        sa.Column("spec", Json, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("operation_id", sa.Text),
        sa.Column("verdict", sa.Text),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("assessed_by", sa.Text),
        sa.Column("evidence", Json),
        sa.Column("model_path", sa.Text),
        sa.Column("model_hash", sa.Text),
        sa.Column("mark", Json),
    )
    op.create_table(
        "artifacts",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("operation_id", sa.Text),
    )
