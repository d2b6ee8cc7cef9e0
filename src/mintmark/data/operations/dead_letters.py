"""Requests to the outside that failed: kept, tried again, given up, and replayed by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from mintmark.data.retrying import next_try
from mintmark.data.tables import dead_letters_table
from mintmark.domain import Clock, Fault, Refused, iso
from mintmark.store import Database, upsert

WAITING, TRYING, DONE, DEAD = "waiting", "trying", "done", "dead"
_LEASE = timedelta(minutes=2)
_LONGEST_ERROR = 500
_LETTER = dead_letters_table.c


@dataclass(frozen=True)
class DeadLetter:
    """One request that failed; its payload holds no secret."""

    request_key: str
    queue: str
    payload: Mapping[str, Any]
    status: str
    attempts: int
    last_error: str
    next_try_at: datetime | None
    first_failed_at: datetime

    def as_json(self) -> dict[str, Any]:
        plain = ("request_key", "queue", "status", "attempts", "last_error")
        return {
            **{name: getattr(self, name) for name in plain},
            "payload": dict(self.payload),
            "next_try_at": None if self.next_try_at is None else iso(self.next_try_at),
            "first_failed_at": iso(self.first_failed_at),
        }


class DeadLetters:
    """The queue of one database; a letter is one request, whoever puts it in again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(
        self, queue: str, request_key: str, payload: Mapping[str, Any], error: str, connection: Connection | None = None
    ) -> None:
        """Keep a request whose first attempt failed; one that is there already stays as it is."""
        if connection is None:
            with self._database.write() as own:
                self.put(queue, request_key, payload, error, own)
            return
        now = self._clock.now()
        row = {
            "request_key": request_key,
            "queue": queue,
            "payload": dict(payload),
            "status": WAITING,
            "attempts": 1,
            "last_error": error[:_LONGEST_ERROR],
            "next_try_at": next_try(1, now),
            "first_failed_at": now,
            "updated_at": now,
        }
        connection.execute(upsert(connection, dead_letters_table).values(row).on_conflict_do_nothing())

    def due(self, queue: str) -> list[str]:
        """Return the keys of the letters of ``queue`` to be tried now, the oldest first."""
        waits = (_LETTER.status.in_((WAITING, TRYING)), _LETTER.next_try_at <= self._clock.now())
        found = select(_LETTER.request_key).where(_LETTER.queue == queue, *waits)
        with self._database.read() as connection:
            return list(connection.scalars(found.order_by(_LETTER.next_try_at, _LETTER.request_key)))

    def letter(self, request_key: str) -> DeadLetter:
        """Return one letter; refuses ``not_found``."""
        with self._database.read() as connection:
            row = _row(connection, request_key)
        if row is None:
            raise Refused("there is no such letter", code="not_found", request_key=request_key[:64])
        return _letter(row)

    def letters(self, queue: str | None = None, *, limit: int = 100) -> list[DeadLetter]:
        """Return the newest letters, of ``queue`` where one is named."""
        found = select(dead_letters_table).order_by(_LETTER.first_failed_at.desc(), _LETTER.request_key).limit(limit)
        with self._database.read() as connection:
            return [
                _letter(row)
                for row in connection.execute(found if queue is None else found.where(_LETTER.queue == queue))
            ]

    def sizes(self) -> dict[str, int]:
        """Return how many letters of each queue are not done."""
        counted = select(_LETTER.queue, func.count()).where(_LETTER.status != DONE).group_by(_LETTER.queue)
        with self._database.read() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(counted)}

    def retry(
        self, request_key: str, send: Callable[[Mapping[str, Any]], None], *, by_hand: bool = False
    ) -> DeadLetter:
        """Try a letter again and return it as it stands then; a done one, or one somebody else tries, is left.

        ``send`` raises a ``Fault`` when it fails again. By hand a letter is tried at any time, a dead one too.
        Refuses: ``not_found``.
        """
        letter = self.letter(request_key)
        if not self._claimed(letter, by_hand):
            return self.letter(request_key)
        try:
            send(letter.payload)
        except Fault as fault:
            self._failed(letter, fault.message)
        else:
            self._settle(request_key, status=DONE, attempts=letter.attempts + 1, next_try_at=None)
        return self.letter(request_key)

    def _claimed(self, letter: DeadLetter, by_hand: bool) -> bool:
        """Say that we try it, for two minutes; False when it is done, or another does."""
        now = self._clock.now()
        free = or_(_LETTER.status.in_((WAITING, DEAD)), _LETTER.next_try_at <= now)
        ready = free if by_hand else _LETTER.next_try_at <= now
        mine = (_LETTER.request_key == letter.request_key, _LETTER.attempts == letter.attempts, _LETTER.status != DONE)
        claim = update(dead_letters_table).where(*mine, ready)
        with self._database.write() as connection:
            taken = connection.execute(claim.values(status=TRYING, next_try_at=now + _LEASE, updated_at=now))
            return taken.rowcount == 1

    def _failed(self, letter: DeadLetter, error: str) -> None:
        attempts = letter.attempts + 1
        again = next_try(attempts, self._clock.now())
        status = DEAD if again is None else WAITING
        self._settle(
            letter.request_key,
            status=status,
            attempts=attempts,
            next_try_at=again,
            last_error=error[:_LONGEST_ERROR],
        )

    def _settle(self, request_key: str, **values: Any) -> None:
        with self._database.write() as connection:
            this = update(dead_letters_table).where(_LETTER.request_key == request_key)
            connection.execute(this.values(**values, updated_at=self._clock.now()))


def _row(connection: Connection, request_key: str) -> Row[Any] | None:
    return connection.execute(select(dead_letters_table).where(_LETTER.request_key == request_key)).first()


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(**{name: value for name, value in row._mapping.items() if name != "updated_at"})
