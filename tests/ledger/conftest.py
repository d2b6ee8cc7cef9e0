"""What the tests of the ledger ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ledger_house import a_ledger

from mintmark.ledger import Ledger
from mintmark.store import Database, migrate, open_database


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """An open SQLite database at the newest schema."""
    opened = open_database(sqlite_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def ledger(sqlite: Database) -> Ledger:
    """A ledger on a new SQLite file."""
    return a_ledger(sqlite)
