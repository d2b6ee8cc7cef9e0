"""What the tests of the data room ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from data_builders import NOW, FixedClock

from mintmark.data import DataRoom
from mintmark.store import Blobs, migrate, open_database


@pytest.fixture
def room(tmp_path: Path) -> Iterator[DataRoom]:
    """A data room on a new SQLite file."""
    database = open_database(f"sqlite:///{tmp_path / 'home' / 'mintmark.db'}")
    migrate(database)
    yield DataRoom(database, Blobs(tmp_path / "home" / "blobs", database), FixedClock(NOW))
    database.close()
