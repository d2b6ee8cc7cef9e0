"""What was asked of providers, counted by day or month."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, select

from mintmark.data.providers.door import STATUSES, Answered
from mintmark.data.tables import documents_table
from mintmark.domain import Clock
from mintmark.runtime import count, declare, observe
from mintmark.store import Database, upsert

KIND = "usage"
PROVIDERS = ("fmp", "polygon", "fred", "newsapi")
REQUESTS, SECONDS = "mintmark_provider_requests_total", "mintmark_provider_seconds"

declare(REQUESTS, "Requests sent to providers, by how they ended.", provider=PROVIDERS, status=STATUSES)
declare(SECONDS, "Seconds a provider took to answer a request.", summary=True, provider=PROVIDERS)
_C = documents_table.c


class Usage:
    """Counts that survive the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def used(self, provider: str, period: str) -> int:
        """Return what was used of ``provider`` in ``period``."""
        with self._database.read() as connection:
            record = connection.scalar(select(_C.record).where(self._same(provider, period)))
        return 0 if record is None else int(record["used"])

    def add(self, provider: str, period: str, amount: int) -> int:
        """Count ``amount`` more and return what was used then."""
        now = self._clock.now()
        with self._database.write() as connection:
            named = {"kind": KIND, "name": period, "source": provider, "sha256": "", "imported_at": now}
            first = upsert(connection, documents_table).values({**named, "record": {"used": 0}})
            connection.execute(first.on_conflict_do_nothing())
            found = select(_C.record).where(self._same(provider, period)).with_for_update()
            used = int(connection.execute(found).scalar_one()["used"]) + amount
            row = documents_table.update().where(self._same(provider, period))
            connection.execute(row.values(record={"used": used}, imported_at=now))
        return used

    def note(self, provider: str, answered: Iterable[Answered]) -> None:
        """Count requests that were sent, by how they ended, and their seconds."""
        with self._database.write() as connection:
            for one in answered:
                count(connection, REQUESTS, provider=provider, status=one.status)
                observe(connection, SECONDS, one.seconds, provider=provider)

    @staticmethod
    def _same(provider: str, period: str) -> ColumnElement[bool]:
        return and_(_C.kind == KIND, _C.name == period, _C.source == provider)
