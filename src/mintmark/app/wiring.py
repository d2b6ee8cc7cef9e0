"""Put the parts together: the one place that knows every one of them."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import mintmark
from mintmark.app.loading import load_settings
from mintmark.app.nights import alerts_of, retry_letters
from mintmark.app.settings import Settings
from mintmark.app.verifying import Verifying
from mintmark.domain import Clock, NotWritable, SystemClock

if TYPE_CHECKING:
    from mintmark.data import DataRoom, Licensing, ProviderAccess
    from mintmark.ledger import Ledger
    from mintmark.llm import Budget
    from mintmark.portfolio import Alerts, Exports, Nights, PortfolioRoom
    from mintmark.research import Context, Research, Rules
    from mintmark.runtime import Access, Engine, Identity, Limits, Meters, Operations
    from mintmark.store import Blobs, Database


class _Later:
    """A part that is made when something is first asked of it, since its room is heavy to load."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


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
    def verifying(self) -> Verifying:
        """The verifications of the ledger that run in this process."""
        return Verifying()

    @cached_property
    def budget(self) -> Budget:
        """What language models may cost today."""
        from mintmark.llm import Budget, Price

        llm = self.settings.llm
        prices = {name: Price(price.input, price.output) for name, price in llm.prices.items()}
        return Budget(self.database, self.clock, llm.daily_limit_usd, prices)

    @cached_property
    def data(self) -> DataRoom:
        """Series, packs and providers."""
        from mintmark.data import DataRoom

        return DataRoom(
            self.database,
            self.blobs,
            self.clock,
            stablecoins_as_usd=self.settings.data.stablecoins_as_usd,
            accesses=self._access,
            aliases=self.settings.providers.aliases,
            fmp_monthly_bytes=self.settings.providers.fmp_monthly_megabytes * 1_000_000,
        )

    def _access(self, provider: str) -> ProviderAccess | None:
        from mintmark.data import access_to

        providers = self.settings.providers
        keys = {
            "fmp": providers.fmp_key,
            "polygon": providers.polygon_key,
            "fred": providers.fred_key,
            "newsapi": providers.newsapi_key,
        }
        key = keys.get(provider)
        return None if key is None else access_to(provider, key.get_secret_value(), providers.per_minute)

    @cached_property
    def access(self) -> Access:
        """Who may ask: keys, tokens and the log of actions."""
        from mintmark.runtime import Access

        return Access(self.database, self.clock, secrets.token_bytes)

    @cached_property
    def limits(self) -> Limits:
        """How much one caller may ask of this process."""
        from mintmark.runtime import Limits

        access = self.settings.access
        return Limits(access.requests_per_minute, access.bad_attempts, time.monotonic)

    @cached_property
    def meters(self) -> Meters:
        """What this process measures of itself."""
        from mintmark.runtime import Meters

        return Meters()

    def observe(self) -> None:
        """Send spans and faults from here on to where the settings say; nowhere unless they do."""
        from mintmark.runtime import start_reporting, start_tracing

        telemetry = self.settings.telemetry
        if telemetry.otlp_endpoint:
            start_tracing(telemetry.otlp_endpoint, telemetry.sample)
        if telemetry.sentry_dsn is not None:
            start_reporting(telemetry.sentry_dsn.get_secret_value(), f"mintmark@{mintmark.__version__}")

    @cached_property
    def local_owner(self) -> Identity:
        """Whoever works on this machine: the command line, and the pages on a loopback address."""
        from mintmark.runtime import LOCAL_OWNER, Identity

        return Identity(LOCAL_OWNER, "admin")

    @cached_property
    def rights(self) -> Licensing:
        """What may be done with the figures of each source."""
        from mintmark.data import Licensing

        return Licensing(self.database, self.clock, lambda name: self.data.manifest(name), self.settings.rights_file)

    @cached_property
    def exports(self) -> Exports:
        """The one way out for figures, and the files that were made."""
        from mintmark.portfolio import Exports

        return Exports(self.database, self.blobs, self.clock, self.rights, mintmark.__version__)

    @cached_property
    def ledger(self) -> Ledger:
        """The journal of every portfolio; it takes the instruments that have a series."""
        from mintmark.app.instruments import SeriesInstruments
        from mintmark.ledger import Ledger

        return Ledger(
            self.database,
            self.clock,
            instruments=SeriesInstruments(lambda: self.data.series()),
            suspended=lambda connection, entries: self.alerts.tell_of_suspense(connection, entries),
        )

    @cached_property
    def portfolio(self) -> PortfolioRoom:
        """Portfolios, patterns, and the one executor."""
        from mintmark.portfolio import PortfolioRoom

        version, alerts = mintmark.__version__, lambda: self.alerts
        return PortfolioRoom(
            self.database,
            self.clock,
            self.data,
            self.ledger,
            self.rights,
            self.exports,
            version,
            self.meters,
            alerts,
            self.settings.hedging.instruments,
        )

    @cached_property
    def alerts(self) -> Alerts:
        """Alerts, what they said, and how it is sent."""
        return alerts_of(self)

    @cached_property
    def nights(self) -> Nights:
        """The nightly runs; their operation type is known from here on."""
        from mintmark.portfolio import Nights
        from mintmark.runtime import Turn

        nights = Nights(self.database, self.operations, self.clock, self.home, lambda: self.alerts)
        self.operations.register(*nights.kinds())
        letters = Turn("letters", "portfolio", 30.0, lambda: retry_letters(self))
        self.operations.every(*nights.turns(), letters)
        return nights

    @cached_property
    def research_context(self) -> Context:
        """What research works with; light, since market data is loaded when first asked for."""
        from mintmark.research import Context

        return Context(
            home=self.home,
            database=self.database,
            blobs=self.blobs,
            operations=self.operations,
            data=cast("DataRoom", _Later(lambda: self.data)),
            budget=self.budget,
            clock=self.clock,
            code_version=mintmark.__version__,
            rules=self._rules(),
        )

    @cached_property
    def research(self) -> Research:
        """Cycles, strategies and their evidence; its operation types are known from here on."""
        from mintmark.research import Research

        research = Research(self.research_context)
        self.operations.register(*research.kinds())
        return research

    def _rules(self) -> Rules:
        from mintmark.research import Limits, Rules

        research, llm = self.settings.research, self.settings.llm
        limits = Limits(
            min_accuracy=research.gates.min_accuracy,
            max_loss=research.gates.max_loss,
            min_loss_decrease=research.gates.min_loss_decrease,
            min_directional_accuracy=research.gates.min_directional_accuracy,
            min_trades=research.gates.min_trades,
            min_win_rate=research.gates.min_win_rate,
            max_drawdown=research.gates.max_drawdown,
            min_sharpe=research.gates.min_sharpe,
            min_total_return=research.gates.min_total_return,
        )
        return Rules(
            limits=limits,
            gate_policy=research.gate_policy,
            random_state=research.random_state,
            max_concurrent=research.max_concurrent,
            model_key=llm.deepseek_api_key is not None or llm.anthropic_api_key is not None,
        )

    def ready_to_work(self) -> None:
        """Make now what a worker works with: each operation type is known from here on."""
        _ = self.research, self.nights, self.data, self.engine.client

    def ready(self) -> None:
        """Make every part now, so that each operation type is known and no first request waits."""
        self.ready_to_work()
        self.portfolio.warm()

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
