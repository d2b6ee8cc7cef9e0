"""Durable operations, their events, workers, checkpoints, rounds and counters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = "0000"


def upgrade() -> None:
    _operations()
    _events_and_workers()
    _checkpoints_and_rounds()
    _counters_and_engines()


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("operation_type", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("carrier", sa.Text, nullable=False),
        sa.Column("parent_operation_id", sa.Text),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("completed_at", sa.Double),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("percentage", sa.Double, nullable=False),
        sa.Column("current_step", sa.Text),
        sa.Column("steps_completed", sa.Integer),
        sa.Column("steps_total", sa.Integer),
        sa.Column("items_processed", sa.BigInteger),
        sa.Column("items_total", sa.BigInteger),
        sa.Column("context", sa.Text),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("result_summary", sa.Text),
        sa.Column("error_code", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("cancel_reason", sa.Text),
        sa.Column("mark", sa.Text),
        sa.Column("worker_id", sa.Text),
        sa.Column("incarnation", sa.Text),
        sa.Column("child_pid", sa.Integer),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("first_start", sa.Integer, nullable=False),
        sa.Column("takeovers", sa.Integer, nullable=False),
        sa.Column("phase", sa.Text),
        sa.Column("child_id", sa.Text),
        sa.Column("look", sa.Integer, nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
    )
    op.create_index("operations_by_parent", "operations", ["parent_operation_id"])
    op.create_index("operations_by_status", "operations", ["status", "carrier"])
    op.create_index("operations_by_age", "operations", ["created_at"])
    op.create_index("operations_by_end", "operations", ["operation_type", "completed_at"])
    op.create_index("operations_by_type", "operations", ["operation_type", "created_at"])


def _events_and_workers() -> None:
    op.create_table(
        "events",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("operation_id", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("from", sa.Text),
        sa.Column("to", sa.Text),
        sa.Column("worker_id", sa.Text),
        sa.Column("detail", sa.Text),
    )
    op.create_index("events_by_operation", "events", ["operation_id", "n"])
    op.create_table(
        "workers",
        sa.Column("worker_id", sa.Text, primary_key=True),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("incarnation", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("queues", sa.Text, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("beat", sa.Double, nullable=False),
    )


def _checkpoints_and_rounds() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "rounds",
        sa.Column("operation_id", sa.Text, primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("row", sa.Text, nullable=False),
    )


def _counters_and_engines() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("labels", sa.Text, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
    )
    op.create_table(
        "engines",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
    )
