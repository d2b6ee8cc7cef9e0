"""Workshops on both databases, each a copy of one prepared once."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from workshop import Workshop, a_workshop, client


def _prepare(url: str) -> None:
    database, known = client(url)
    known.engine.close()
    database.close()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("prepared") / "mintmark.db"
    _prepare(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def prepared_postgres(postgres_server: str) -> str:
    """The name of a PostgreSQL database at the newest schema, to be copied."""
    name = f"p{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    _prepare(postgres_server.replace("/postgres?", f"/{name}?"))
    return name


@pytest.fixture
def postgres_url(postgres_server: str, prepared_postgres: str) -> Iterator[str]:
    """The URL of a prepared PostgreSQL database of this test alone."""
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {prepared_postgres}")  # type: ignore[arg-type]
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def sqlite_url(prepared_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a prepared SQLite file of this test alone."""
    file = tmp_path / "home" / "mintmark.db"
    file.parent.mkdir()
    for found in prepared_sqlite.parent.iterdir():
        shutil.copy(found, file.parent / found.name)
    return f"sqlite:///{file}"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop without workers, once on each database."""
    with a_workshop(database_url, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def sqlite_shop(sqlite_url: str, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop without workers on SQLite, where the database makes no difference."""
    with a_workshop(sqlite_url, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def postgres_shop(postgres_url: str, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop without workers on PostgreSQL, for what only a server can do."""
    with a_workshop(postgres_url, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def unreachable(postgres_server: str, postgres_url: str) -> Callable[[], object]:
    """Make this test's PostgreSQL database answer nobody, while a block runs."""
    name = postgres_url.split("?")[0].rsplit("/", 1)[-1]

    @contextmanager
    def away() -> Iterator[None]:
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[arg-type]
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            try:
                yield
            finally:
                admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[arg-type]

    return away
