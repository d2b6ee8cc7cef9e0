"""Bring notifications to their channels; what fails goes to the dead letters and is delivered once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update

from mintmark.data import DeadLetter, DeadLetters
from mintmark.domain import Clock, Fault
from mintmark.portfolio.operations.alert_rows import deliveries, notifications
from mintmark.portfolio.operations.sending import Sender
from mintmark.store import Database

QUEUE: Final = "notifications"
_LEASE: Final = timedelta(minutes=2)
_SENT = deliveries.c


class Delivering:
    """Sends what waits. Each delivery is claimed by one before it is sent."""

    def __init__(self, database: Database, clock: Clock, sender: Sender, letters: DeadLetters) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender
        self._letters = letters

    def deliver(self) -> dict[str, int]:
        """Send every delivery that waits once; return how many were delivered and how many queued."""
        outcome = {"delivered": 0, "queued": 0}
        for delivery_id in self._waiting():
            if self._claimed(delivery_id):
                outcome[self._sent(delivery_id)] += 1
        return outcome

    def retry_due(self) -> list[DeadLetter]:
        """Try the letters whose time has come again; return those that are dead now."""
        tried = [self.replay(key, by_hand=False) for key in self._letters.due(QUEUE)]
        return [letter for letter in tried if letter.status == "dead"]

    def replay(self, delivery_id: str, *, by_hand: bool = True) -> DeadLetter:
        """Send a letter again; refuses ``not_found``."""

        def send(payload: Mapping[str, Any]) -> None:
            if self._status(payload["delivery_id"]) != "delivered":
                self._send(payload["delivery_id"])
                self._mark(payload["delivery_id"], "delivered")

        letter = self._letters.retry(delivery_id, send, by_hand=by_hand)
        if letter.status == "dead":
            self._mark(delivery_id, "dead")
        return letter

    def _waiting(self) -> list[str]:
        lost = (_SENT.status == "sending", _SENT.tried_at < self._clock.now() - _LEASE)
        found = select(_SENT.delivery_id).where(or_(_SENT.status == "pending", _both(*lost)))
        with self._database.read() as connection:
            return list(connection.scalars(found.order_by(_SENT.delivery_id)))

    def _claimed(self, delivery_id: str) -> bool:
        now = self._clock.now()
        lost = _both(_SENT.status == "sending", _SENT.tried_at < now - _LEASE)
        claim = update(deliveries).where(_SENT.delivery_id == delivery_id, or_(_SENT.status == "pending", lost))
        with self._database.write() as connection:
            return connection.execute(claim.values(status="sending", tried_at=now)).rowcount == 1

    def _sent(self, delivery_id: str) -> str:
        try:
            self._send(delivery_id)
        except Fault as fault:
            with self._database.write() as connection:
                self._letters.put(QUEUE, delivery_id, {"delivery_id": delivery_id}, fault.message, connection)
                connection.execute(update(deliveries).where(_SENT.delivery_id == delivery_id).values(status="queued"))
            return "queued"
        self._mark(delivery_id, "delivered")
        return "delivered"

    def _send(self, delivery_id: str) -> None:
        joined = select(notifications, _SENT.channel).join(
            deliveries, _SENT.notification_id == notifications.c.notification_id
        )
        with self._database.read() as connection:
            row = connection.execute(joined.where(_SENT.delivery_id == delivery_id)).one()
        told = {"notification_id": row.notification_id, "day": row.day.isoformat(), "title": row.title, **row.body}
        self._sender.send(row.channel, told)

    def _status(self, delivery_id: str) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(_SENT.status).where(_SENT.delivery_id == delivery_id))

    def _mark(self, delivery_id: str, status: str) -> None:
        at = {"delivered_at": self._clock.now()} if status == "delivered" else {}
        with self._database.write() as connection:
            connection.execute(update(deliveries).where(_SENT.delivery_id == delivery_id).values(status=status, **at))


def _both(one: Any, two: Any) -> Any:
    return one & two
