"""A key for tests that call a server over HTTP."""

from __future__ import annotations

import secrets

from mintmark.domain import SystemClock
from mintmark.runtime import LOCAL_OWNER, Access, Identity
from mintmark.store import Database, migrate, open_database


def bearer(house: Database | str, role: str = "admin") -> dict[str, str]:
    """Return the header that shows a new key of the house behind this database or its URL."""
    database = open_database(house) if isinstance(house, str) else house
    migrate(database)
    access = Access(database, SystemClock(), secrets.token_bytes)
    key = access.create_key("test", role, None, Identity(LOCAL_OWNER, "admin"))["key"]
    if isinstance(house, str):
        database.close()
    return {"Authorization": f"Bearer {key}"}
