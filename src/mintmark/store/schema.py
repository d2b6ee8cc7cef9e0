"""Bring a database to the newest schema."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from mintmark.store.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 4_711_2026
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_FOLLOWS = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


def newest_revision() -> str:
    """Return the revision this code needs: the one among the migration files that no other follows."""
    texts = [path.read_text() for path in (_SCRIPTS / "versions").glob("[0-9]*_*.py")]
    followed = {str(found) for text in texts for found in _FOLLOWS.findall(text)}
    (newest,) = {str(found) for text in texts for found in _REVISION.findall(text)} - followed
    return newest


def stored_revision(connection: Connection) -> str | None:
    """Return the revision the database stands at, or None when it is new."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def migrate(database: Database) -> None:
    """Bring ``database`` to the newest revision; one process does it, others wait.

    Safe to run again: at the newest revision it reads one row and returns.
    """
    with database.read() as connection:
        if stored_revision(connection) == newest_revision():
            return
    if database.dialect == "sqlite":
        with database.read() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if stored_revision(connection) != newest_revision():
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
