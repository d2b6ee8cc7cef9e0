"""One database, SQLite or PostgreSQL, with the same words for both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mintmark.domain import MintmarkError, NotWritable, Refused, StoreUnavailable
from mintmark.store.files import free_bytes, make_folder

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

BUSY_MILLISECONDS = 30_000

metadata = MetaData()


class Database:
    """The tables of the house.

    On SQLite two engines share the file: one begins with ``BEGIN IMMEDIATE``, so
    what it reads cannot change before it writes; one reads in autocommit. On
    PostgreSQL one engine does both, and whoever reads to write takes
    ``SELECT ... FOR UPDATE``.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if _is_sqlite(url) else "postgresql"
        if self.dialect == "sqlite":
            self.writing = _sqlite_engine(url, immediate=True)
            self.reading = _sqlite_engine(url, immediate=False)
        else:
            self.writing = create_engine(url, pool_size=3, max_overflow=0, pool_pre_ping=True)
            self.reading = self.writing.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Open one transaction: all of it, or nothing.

        ``durable``: on SQLite it is on the disk when this ends and outlives a loss of power; without it the last
        transactions may not. PostgreSQL always waits.

        Raises:
            StoreUnavailable: the database does not answer.
            NotWritable: its disk is full or read-only.
        """
        with (
            self._named_faults(),
            self.writing.connect() as connection,
            _waiting(connection, durable),
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection for reading; raises as ``write`` does."""
        with self._named_faults(), self.reading.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.writing.dispose()
        self.reading.dispose()

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            where = self.url.render_as_string(hide_password=True)
            raise StoreUnavailable(f"no connection to {where} was free: {error}", url=where) from error
        except (OperationalError, InterfaceError) as error:
            fault = self._fault(str(error.orig))
            if fault is None:
                raise
            raise fault from error

    def _fault(self, said: str) -> MintmarkError | None:
        where = self.url.render_as_string(hide_password=True)
        if self.dialect == "postgresql":
            return StoreUnavailable(f"the database {where} does not answer: {said}", url=where)
        folder = Path(self.url.database or ".").parent
        if "full" in said:
            return NotWritable(f"no room left in {folder}", path=str(folder), free_bytes=free_bytes(folder))
        if "readonly" in said:
            return NotWritable(f"{folder} is read-only", code="not_writable", path=str(folder))
        if "locked" in said or "unable to open" in said:
            return StoreUnavailable(f"the database {where} does not answer: {said}", url=where)
        return None


def open_database(url: str) -> Database:
    """Open the database at ``url``, making the folder of an SQLite file.

    Raises:
        Refused: ``invalid_request`` for a URL that is neither SQLite nor PostgreSQL.
        NotWritable: the folder cannot be made.
    """
    parsed = make_url(url)
    if _is_sqlite(parsed):
        if not parsed.database or parsed.database == ":memory:":
            raise Refused("expected sqlite:///<path of a file>", url=url)
        make_folder(Path(parsed.database).parent)
        return Database(parsed)
    if parsed.get_backend_name() == "postgresql":
        return Database(parsed.set(drivername="postgresql+psycopg"))
    raise Refused(f"expected sqlite:/// or postgresql://, found {parsed.drivername}://", url=parsed.drivername)


def add_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert ``rows``, each with a value for every column of ``table`` in its order.

    The values go to the driver as they are: numbers, texts and None in the form the column keeps them.
    """
    if not rows:
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(table.columns))
    names = ", ".join(column.name for column in table.columns)
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert into ``table`` that knows ON CONFLICT, in the database's dialect."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert

        return insert(table)
    from sqlalchemy.dialects.postgresql import insert as shared_insert

    return shared_insert(table)


@contextmanager
def _waiting(connection: Connection, durable: bool) -> Iterator[None]:
    """Let SQLite wait for the disk at the end of the transactions inside."""
    if not durable or connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        # An interrupted connection is closed already, and never used again.
        if not connection.invalidated:
            driver.execute("PRAGMA synchronous=NORMAL")


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite_engine(url: URL, *, immediate: bool) -> Engine:
    level = {} if immediate else {"isolation_level": "AUTOCOMMIT"}
    engine = create_engine(url, connect_args={"check_same_thread": False}, **level)
    event.listen(engine, "connect", _prepare_sqlite)
    if immediate:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own mode begins only before the first write: read-then-write would be a race.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
