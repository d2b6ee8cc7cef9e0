"""The tables of durable operations, and the database's own clock.

Times are seconds since 1970 by the database's clock, so that machines whose
clocks differ agree on who is late.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from mintmark.store import Json, UtcTime, metadata


class DatabaseNow(FunctionElement[float]):
    """Seconds since 1970 by the clock of the database."""

    type = Double()
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(_element: Any, _compiler: Any, **_options: Any) -> str:
    # julianday is older than unixepoch('subsec'), which needs SQLite 3.42.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "extract(epoch from clock_timestamp())::float8"


operations = Table(
    "operations",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("operation_type", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("parent_operation_id", Text),
    Column("correlation_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("completed_at", Double),
    Column("changed_at", Double, nullable=False),
    Column("percentage", Double, nullable=False),
    Column("current_step", Text),
    Column("steps_completed", Integer),
    Column("steps_total", Integer),
    Column("items_processed", BigInteger),
    Column("items_total", BigInteger),
    Column("context", Json),
    Column("metadata", Json, nullable=False),
    Column("result_summary", Json),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("warnings", Json, nullable=False),
    Column("cancel_reason", Text),
    Column("mark", Json),
    Column("worker_id", Text),
    Column("incarnation", Text),
    Column("child_pid", Integer),
    Column("starts", Integer, nullable=False),
    Column("first_start", Integer, nullable=False),
    Column("takeovers", Integer, nullable=False),
    Column("phase", Text),
    Column("child_id", Text),
    Column("look", Integer, nullable=False),
    Column("kept", Boolean, nullable=False),
    Index("operations_by_parent", "parent_operation_id"),
    Index("operations_by_status", "status", "carrier"),
    Index("operations_by_age", "created_at"),
    Index("operations_by_end", "operation_type", "completed_at"),
    Index("operations_by_type", "operation_type", "created_at"),
)

events = Table(
    "events",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("operation_id", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("from", Text),
    Column("to", Text),
    Column("worker_id", Text),
    Column("detail", Json),
    Index("events_by_operation", "operation_id", "n"),
)

workers = Table(
    "workers",
    metadata,
    Column("worker_id", Text, primary_key=True),
    Column("seat", Text, nullable=False),
    Column("incarnation", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("queues", Json, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("beat", Double, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("starts", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

checkpoint_parts = Table(
    "checkpoint_parts",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

CHECKPOINTS = (checkpoint_parts, checkpoints)
"""Where the states of operations are kept, and what goes together."""

rounds = Table(
    "rounds",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("row", Json, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("labels", Text, primary_key=True),
    Column("value", Double, nullable=False),
)

engines = Table(
    "engines",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("settings", Json, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("token_id", Text, nullable=False, unique=True),
    Column("key_id", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

action_log = Table(
    "action_log",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("key_id", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("action_log_by_time", "at"),
)
