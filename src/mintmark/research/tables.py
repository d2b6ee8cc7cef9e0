"""The tables of research. ``trials`` and its keys are append only: a trigger refuses the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from mintmark.store import Json, UtcTime, metadata, upsert

_Counted = BigInteger().with_variant(Integer, "sqlite")

experiments = Table(
    "experiments",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("symbols", Json, nullable=False),
    Column("timeframe", Text, nullable=False),
    Column("pack_id", Text),
    Column("random_state", BigInteger, nullable=False),
    Column("designer", Text),
    Column("strategy_name", Text),
    Column("strategy_hash", Text),
    Column("design_key", Text),
    Column("spec", Json),
    Column("hypothesis", Text),
    Column("training_evidence", Json, nullable=False),
    Column("holdout_evidence", Json),
    Index("experiments_by_end", "ended_at"),
)

hypotheses = Table(
    "hypotheses",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("from", Text, nullable=False),
    Column("change", Json, nullable=False),
    Column("status", Text, nullable=False),
    Column("tested_by", Text),
    Column("made_at", UtcTime, nullable=False),
    UniqueConstraint("from", "text", name="hypotheses_once"),
)

trials = Table(
    "trials",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("run", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("strategy_hash", Text, nullable=False),
    Column("sharpe_per_bar", Double),
    Column("made_at", UtcTime, nullable=False),
)

trial_keys = Table(
    "trial_keys",
    metadata,
    Column("operation_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Index("trial_keys_by_key", "key"),
)

gate_answers = Table(
    "gate_answers",
    metadata,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("operation_id", Text, nullable=False),
    Column("child_operation_id", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("observed", Double),
    Column("limit", Double, nullable=False),
    Column("decisive", Boolean, nullable=False),
    Column("policy", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    UniqueConstraint("operation_id", "gate", "position", name="gate_answers_once"),
)

strategies = Table(
    "strategies",
    metadata,
    Column("name", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("design_key", Text, nullable=False),
    Column("spec", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("operation_id", Text),
    Column("verdict", Text),
    Column("approved", Boolean, nullable=False),
    Column("assessed_by", Text),
    Column("evidence", Json),
    Column("model_path", Text),
    Column("model_hash", Text),
    Column("mark", Json),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("path", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("operation_id", Text),
)


def put_row(connection: Connection, table: Table, row: Mapping[str, Any], key: str, fixed: Iterable[str] = ()) -> None:
    """Insert ``row``, or where its ``key`` is taken give the row there these values, ``fixed`` ones left alone."""
    changing = {name: value for name, value in row.items() if name != key and name not in set(fixed)}
    new = upsert(connection, table).values(dict(row))
    connection.execute(new.on_conflict_do_update(index_elements=[key], set_=changing))


def lock_until_end(connection: Connection, number: int) -> None:
    """Let one transaction at a time past this point, on PostgreSQL; on SQLite a writer is alone by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": number})


APPEND_ONLY = ("trials", "trial_keys")


def append_only(table: str, dialect: str) -> list[str]:
    """Return the statements that make ``table`` refuse UPDATE and DELETE on ``dialect``."""
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


for _table in (trials, trial_keys):
    for _dialect in ("sqlite", "postgresql"):
        for _statement in append_only(_table.name, _dialect):
            _ddl = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(_table, "after_create", _ddl.execute_if(dialect=_dialect))
