"""The migrations make the tables the code speaks of."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import mintmark
from mintmark.store import Database, metadata

HOUSE = Path(mintmark.__file__).parent
DECLARING = sorted(
    ".".join(("mintmark", *path.relative_to(HOUSE).with_suffix("").parts))
    for path in HOUSE.rglob("*.py")
    if "migrations" not in path.parts and " = Table(\n" in path.read_text()
)


def ours(change: Any) -> bool:
    """Leave out the durable engine's own tables and views."""
    kind, subject = change[0], change[1]
    return not (kind == "remove_table" and subject.name not in metadata.tables)


def test_the_migrated_schema_is_the_one_the_code_declares(database: Database):
    assert {f"mintmark.{room}.tables" for room in ("data", "ledger", "research", "runtime")} <= set(DECLARING)
    for name in DECLARING:
        importlib.import_module(name)

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        changes = [change for change in compare_metadata(context, metadata) if isinstance(change, list) or ours(change)]

    assert len(metadata.tables) >= 10
    assert changes == []
