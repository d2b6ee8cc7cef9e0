"""A house of research on SQLite; on both databases where that makes a difference."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from research_bench import SWING, Bench
from research_house import House, SetClock, a_house

from mintmark.data import DataRoom
from mintmark.llm import Budget
from mintmark.research import Context
from mintmark.runtime import Engine, Operations
from mintmark.store import Blobs, Database, migrate, open_database


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest schema, with the engine's tables, to be copied."""
    file = tmp_path_factory.mktemp("research") / "mintmark.db"
    database = open_database(f"sqlite:///{file}")
    migrate(database)
    engine = Engine(database)
    engine.prepare()
    engine.close()
    database.close()
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def file_database(prepared_file: Path, home: Path) -> Iterator[Database]:
    """A prepared SQLite database of this test alone."""
    home.mkdir(exist_ok=True)
    for found in prepared_file.parent.iterdir():
        shutil.copy(found, home / found.name)
    database = open_database(f"sqlite:///{home / 'mintmark.db'}")
    yield database
    database.close()


@pytest.fixture
def house(file_database: Database, home: Path) -> Iterator[House]:
    """Research with fakes for its children; room for five cycles."""
    with a_house(file_database, home, max_concurrent=5) as opened:
        yield opened


@pytest.fixture
def bench(sealed_home: Path, tmp_path: Path) -> Iterator[Bench]:
    """The sample pack, and a small strategy saved beside it."""
    home = tmp_path / "home"
    shutil.copytree(sealed_home, home)
    database = open_database(f"sqlite:///{home / 'mintmark.db'}")
    blobs, clock = Blobs(home / "blobs", database), SetClock()
    operations = Operations(database, Engine(database), clock, lambda: "00000001")
    room, budget = DataRoom(database, blobs, clock), Budget(database, clock)
    context = Context(home, database, blobs, operations, room, budget, clock, "test")
    made = Bench(context, clock, tmp_path / "lives")
    made.save(SWING)
    yield made
    database.close()
