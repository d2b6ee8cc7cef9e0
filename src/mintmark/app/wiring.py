"""Put the parts together: the one place that knows every one of them."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mintmark.app.loading import load_settings
from mintmark.app.settings import Settings
from mintmark.domain import Clock, NotWritable, SystemClock

if TYPE_CHECKING:
    from mintmark.data import DataRoom
    from mintmark.llm import Budget
    from mintmark.research import Research
    from mintmark.runtime import Engine, Operations
    from mintmark.store import Blobs, Database


class App:
    """The wired house. A part is made when it is first asked for."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock

    @property
    def home(self) -> Path:
        """The data root."""
        return self.settings.home

    @cached_property
    def database(self) -> Database:
        """The tables of the house, at the newest schema."""
        from mintmark.store import migrate, open_database

        database = open_database(self.settings.database_url)
        migrate(database)
        return database

    @cached_property
    def blobs(self) -> Blobs:
        """Write-once content by hash."""
        from mintmark.store import Blobs

        return Blobs(self.home / "blobs", self.database)

    @cached_property
    def engine(self) -> Engine:
        """A client of the durable engine; it never executes."""
        from mintmark.runtime import Engine

        engine = Engine(self.database, poll_seconds=self.settings.runtime.engine_poll_seconds)
        engine.prepare()
        return engine

    @cached_property
    def operations(self) -> Operations:
        """Durable work of every type the rooms declare."""
        from mintmark.runtime import Operations

        return Operations(self.database, self.engine, self.clock, lambda: secrets.token_hex(4))

    @cached_property
    def budget(self) -> Budget:
        """What language models may cost today."""
        from mintmark.llm import Budget, Price

        llm = self.settings.llm
        prices = {name: Price(price.input, price.output) for name, price in llm.prices.items()}
        return Budget(self.database, self.clock, llm.daily_limit_usd, prices)

    @cached_property
    def data(self) -> DataRoom:
        """Series and packs."""
        from mintmark.data import DataRoom

        stablecoins = self.settings.data.stablecoins_as_usd
        return DataRoom(self.database, self.blobs, self.clock, stablecoins_as_usd=stablecoins, home=self.home)

    @cached_property
    def research(self) -> Research:
        """Cycles, strategies and their evidence."""
        from mintmark.research import Research

        return Research()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work inside this process while no live worker is there to do it."""
        yield

    def close(self) -> None:
        """Give back what was opened."""
        opened = vars(self)
        if "engine" in opened:
            self.engine.close()
        if "database" in opened:
            self.database.close()


def open_app(settings: Settings | None = None, *, home: Path | None = None, clock: Clock | None = None) -> App:
    """Return the wired house, its home folder made at first use.

    Raises:
        Refused: ``usage`` when a setting is unknown or wrong.
        NotWritable: the home folder takes no files.
    """
    settings = settings or load_settings(home)
    _make_home(settings.home)
    return App(settings, clock or SystemClock())


def _make_home(home: Path) -> None:
    from mintmark.store import make_folder

    try:
        make_folder(home)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise NotWritable(f"{home} cannot be written: {error.strerror}", code="not_writable", path=str(home)) from error
