"""Homes with the sample pack sealed once, copied for each story."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from story_cycles import ended, outcome, told, trigger
from story_house import House, HouseMaker, opened
from story_samples import STRATEGIES, WIDE

HERE = Path(__file__).resolve().parent
STORY_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a story time: its own deadlines say sooner, and better, what did not happen."""
    for item in items:
        if item.path.parent == HERE and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(STORY_SECONDS))


def _with_strategies(home: Path) -> Path:
    for name, text in STRATEGIES.items():
        file = home / "strategies" / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return home


@pytest.fixture(scope="session")
def sample_home(sealed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home on SQLite that holds the sample pack and the strategies; copy it, never work in it."""
    return _with_strategies(Path(shutil.copytree(sealed_home, tmp_path_factory.mktemp("sample") / "home")))


@pytest.fixture(scope="session")
def sample_on_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home whose database is PostgreSQL, and the name of that database: copy both."""
    name = f"sample{secrets.token_hex(4)}"
    url = _database(postgres_server, f"CREATE DATABASE {name}", name)
    home = tmp_path_factory.mktemp("sample_pg") / "home"
    with opened(House(home, url)) as house:
        house.ask("data", "sample")
    return _with_strategies(home), name


def _database(server: str, statement: str, name: str) -> str:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="module")
def _at_work(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("at_work") / "home"
    shutil.copytree(sample_home, home)
    calm = {"MINTMARK_RESEARCH__POLL_SECONDS": "300", "MINTMARK_RUNTIME__ENGINE_POLL_SECONDS": "0.5"}
    with opened(House(home, None, {**WIDE, **calm})) as house:
        house.serve()
        house.worker()
        yield house


@pytest.fixture
def at_work(_at_work: House) -> Iterator[House]:
    """A house with a server and a worker, idle; the stories of a file use the same one, none may kill its processes."""
    yield _at_work
    active = _at_work.get("/operations", active_only="true", limit=1000)["data"]
    for operation in active:
        if operation["parent_operation_id"] is None:
            _at_work.client.delete(f"/operations/{operation['operation_id']}")


@dataclass(frozen=True)
class Calm:
    """A cycle that nobody disturbed: how it ended, and how long it took."""

    outcome: dict[str, Any]
    seconds: float


def _calm(home: Path, strategy: str, folder: Path) -> Calm:
    shutil.copytree(home, folder)
    with opened(House(folder, None, WIDE)) as house:
        house.worker()
        began = time.monotonic()
        cycle = trigger(house, strategy)
        assert ended(house, cycle)["status"] == "completed", told(house, cycle)
        return Calm(outcome(house, cycle), time.monotonic() - began)


@pytest.fixture(scope="session")
def _calm_cycle(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Calm]:
    """Run a cycle that nobody disturbs, once for all the processes of this test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @cache
    def once(strategy: str) -> Calm:
        stored = shared / f"calm_{strategy}.json"
        with stored.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not stored.exists():
                found = _calm(sample_home, strategy, tmp_path_factory.mktemp("calm") / "home")
                stored.write_text(json.dumps(asdict(found)))
        return Calm(**json.loads(stored.read_text()))

    return once


@pytest.fixture(scope="session")
def calm_quick(_calm_cycle: Callable[[str], Calm]) -> dict[str, Any]:
    """How the quick cycle ends when nobody disturbs it, on SQLite."""
    return _calm_cycle("quick").outcome


@pytest.fixture(scope="session")
def calm_seconds(_calm_cycle: Callable[[str], Calm]) -> float:
    """How long the quick cycle takes when nobody disturbs it."""
    return _calm_cycle("quick").seconds


@pytest.fixture(scope="session")
def calm_slow(_calm_cycle: Callable[[str], Calm]) -> dict[str, Any]:
    """How the slow cycle ends when nobody disturbs it, on SQLite."""
    return _calm_cycle("slow").outcome


@pytest.fixture
def a_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HouseMaker]:
    """Make houses of this test alone: ``a_house("sqlite" or "postgresql", settings)``; all are closed at its end."""
    with ExitStack() as closing:

        def make(kind: str = "sqlite", settings: Mapping[str, str] | None = None, name: str = "home") -> House:
            home = tmp_path / name
            if kind == "sqlite":
                shutil.copytree(request.getfixturevalue("sample_home"), home, dirs_exist_ok=True)
                return closing.enter_context(opened(House(home, None, settings)))
            template, model = request.getfixturevalue("sample_on_postgres")
            shutil.copytree(template, home, dirs_exist_ok=True)
            server = request.getfixturevalue("postgres_server")
            copy = f"story{secrets.token_hex(6)}"
            url = _database(server, f"CREATE DATABASE {copy} TEMPLATE {model}", copy)
            closing.callback(_database, server, f"DROP DATABASE {copy} WITH (FORCE)", copy)
            return closing.enter_context(opened(House(home, url, settings)))

        yield make
