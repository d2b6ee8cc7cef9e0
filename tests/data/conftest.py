"""What the tests of the data room ask for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from data_builders import NOW, FixedClock

from mintmark.data import DataRoom
from mintmark.store import Blobs, Database, migrate, open_database


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest schema; copy it, never work in it."""
    path = tmp_path_factory.mktemp("empty") / "mintmark.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    """A new SQLite file at the newest schema."""
    path = tmp_path / "home" / "mintmark.db"
    path.parent.mkdir()
    shutil.copyfile(empty_store, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def room(store: Database, tmp_path: Path) -> DataRoom:
    """A data room on a new SQLite file."""
    return DataRoom(store, Blobs(tmp_path / "home" / "blobs", store), FixedClock(NOW))
