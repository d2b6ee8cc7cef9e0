"""The durable engine, as far as the house uses it: it carries a call to a free worker once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Connection, Text, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from mintmark.domain import MintmarkError
from mintmark.runtime.tables import engines
from mintmark.runtime.work import QUEUES
from mintmark.store import Database, upsert

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

log = logging.getLogger(__name__)

APPLICATION = "mintmark"
APPLICATION_VERSION = "1"
"""Raised by hand when a waiting call could no longer be understood by the code."""

WAITING = ("ENQUEUED", "DELAYED")
CLAIMED = "PENDING"


def engine_id(operation_id: str, starts: int, look: int | None = None) -> str:
    """Return the engine's id of one life of an operation, or of one look of a parent.

    >>> engine_id("op_training_20260301_101500_9f3a1c2e", 2)
    'op_training_20260301_101500_9f3a1c2e.2'
    """
    return f"{operation_id}.{starts}" if look is None else f"{operation_id}.{starts}.{look}"


class Engine:
    """A client of the engine: it enqueues and cancels, and never executes."""

    def __init__(self, database: Database, *, poll_seconds: float = 0.25) -> None:
        self._database = database
        self._poll_seconds = poll_seconds
        self._client: DBOSClient | None = None
        self._making = threading.Lock()
        schema = "dbos" if database.dialect == "postgresql" else None
        self.rows = table(
            "workflow_status",
            column("workflow_uuid", Text),
            column("status", Text),
            column("executor_id", Text),
            column("created_at", BigInteger),
            column("completed_at", BigInteger),
            schema=schema,
        )

    def prepare(self) -> None:
        """Make the engine's tables and queues, once per database, engine version and setting."""
        wanted = {"queues": dict(QUEUES), "poll_seconds": self._poll_seconds}
        with self._database.read() as connection:
            found = connection.execute(select(engines).where(engines.c.name == APPLICATION)).first()
        if found is not None and found.version == version("dbos") and found.settings == wanted:
            return
        self._migrate()
        for name, limit in QUEUES.items():
            self.client.register_queue(name, worker_concurrency=limit, polling_interval_sec=self._poll_seconds)
        with self._database.write() as connection:
            row = {"name": APPLICATION, "version": version("dbos"), "settings": wanted}
            new = upsert(connection, engines).values(row)
            connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=row))

    def _migrate(self) -> None:
        from dbos import DBOS

        quiet_engine_log()
        DBOS.migrate(self.url)

    @property
    def url(self) -> str:
        """The database's address, with its password, as the engine wants it."""
        return self._database.url.render_as_string(hide_password=False)

    @property
    def client(self) -> DBOSClient:
        """The engine's client; made on first use, which should lie before the first transaction.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        with self._making:
            if self._client is None:
                with self._database.read():
                    self._client = self._made()
            return self._client

    def _made(self) -> DBOSClient:
        from dbos import DBOSClient

        quiet_engine_log()
        shared = self._database.writing if self._database.dialect == "postgresql" else None
        return DBOSClient(
            system_database_url=None if shared is not None else self.url,
            system_database_engine=shared,
            serializer=portable_json(),
            application_name=APPLICATION,
            system_database_pool_size=2,
            retry_connection_errors=False,
        )

    def enqueue(self, connection: Connection, carrier: str, queue: str, identity: str, *arguments: Any) -> None:
        """Ask for one call of ``carrier``, in the transaction of ``connection``: both happen or neither."""
        options: EnqueueOptions = {
            "workflow_name": carrier,
            "queue_name": queue,
            "workflow_id": identity,
            "app_version": APPLICATION_VERSION,
        }
        self.client.enqueue_in_transaction(connection, options, *arguments)

    def cancel(self, identities: Sequence[str]) -> None:
        """Tell the engine that nobody waits for ``identities`` any more; unknown and ended ones are left.

        A courtesy: a call that comes all the same finds that its life is over.
        """
        if not identities:
            return
        try:
            self.client.cancel_workflows(list(identities))
        except (MintmarkError, SQLAlchemyError) as error:
            log.warning("the engine was not told of %s: %s", ", ".join(identities), error)

    def forget(self, identities: Sequence[str]) -> None:
        """Delete the engine's rows of ``identities``."""
        if identities:
            self.client.delete_workflows(list(identities))

    def close(self) -> None:
        """Give the client's connections back."""
        if self._client is not None:
            self._client.destroy()
            self._client = None


def portable_json() -> Any:
    """Return the serializer of workers and clients: JSON, never pickle."""
    from dbos import DBOSPortableJSONSerializer

    return DBOSPortableJSONSerializer()


def quiet_engine_log() -> None:
    """Let the engine speak only of errors, and through the house's own log."""
    logging.getLogger("dbos").setLevel(logging.ERROR)
