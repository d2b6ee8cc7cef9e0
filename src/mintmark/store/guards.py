"""Rows that may never change, held by the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def append_only(table: str, dialect: str) -> list[str]:
    """Return the statements that make ``table`` refuse UPDATE, DELETE and TRUNCATE on ``dialect``."""
    if dialect == "sqlite":
        return [_sqlite_refusal(table, verb, verb.lower()) for verb in ("UPDATE", "DELETE")]
    return [
        *_postgres_function(table),
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_is_sealed()",
        _postgres_no_truncate(table),
    ]


def sealed_but(table: str, changing: str, columns: Sequence[str], dialect: str) -> list[str]:
    """Return the statements that make ``table`` refuse DELETE, and UPDATE of ``columns``.

    ``changing`` is the one column that may be set, once.
    """
    listed = ", ".join(columns)
    if dialect == "sqlite":
        return [
            _sqlite_refusal(table, "DELETE", "delete"),
            _sqlite_refusal(table, f"UPDATE OF {listed}", "update"),
            _sqlite_refusal(table, f"UPDATE OF {changing}", "second", f"WHEN OLD.{changing} IS NOT NULL "),
        ]
    return [
        *_postgres_function(table),
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_is_sealed()",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {listed} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_is_sealed()",
        f"CREATE TRIGGER {table}_no_second BEFORE UPDATE OF {changing} ON {table} "
        f"FOR EACH ROW WHEN (OLD.{changing} IS NOT NULL) EXECUTE FUNCTION {table}_is_sealed()",
        _postgres_no_truncate(table),
    ]


def guard(operations: Any, statements: Sequence[str]) -> None:
    """Run ``statements`` in a migration; ``operations`` is alembic's."""
    from sqlalchemy import text

    for statement in statements:
        operations.execute(text(statement))


def _sqlite_refusal(table: str, verb: str, name: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is sealed'); END"
    )


def _postgres_function(table: str) -> list[str]:
    return [
        f"CREATE FUNCTION {table}_is_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is sealed'; END $$"
    ]


def _postgres_no_truncate(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_sealed()"
    )
