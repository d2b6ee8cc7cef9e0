"""The alerts of everybody: made, evaluated on a new pack, spoken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import Connection

from mintmark.data import DeadLetter, PackState
from mintmark.domain import Clock, ProviderFailed, Refused
from mintmark.ledger import Entry
from mintmark.portfolio import playbooks
from mintmark.portfolio.alerts import (
    DEFAULT_COOLDOWN_MINUTES,
    Condition,
    Standing,
    checked_condition,
    checked_cooldown,
    judge,
    moment_of,
)
from mintmark.portfolio.channels import checked_channels
from mintmark.portfolio.context import Actor
from mintmark.portfolio.operations import alert_rows as rows
from mintmark.portfolio.operations.alert_rows import Alert
from mintmark.portfolio.operations.delivering import Delivering
from mintmark.portfolio.operations.observing import Observer
from mintmark.portfolio.tables import owned_by_code, owned_portfolio, portfolio_of
from mintmark.runtime import count, declare
from mintmark.store import Database

MOST_ALERTS: Final = 200
SYSTEM_NIGHT: Final = "system:night"
SYSTEM_LETTERS: Final = "system:dead_letters"
SYSTEM_SUSPENSE: Final = "system:suspense"
ALERTS: Final = "mintmark_alerts_total"

declare(
    ALERTS,
    "Evaluations of alerts, by how they ended.",
    type=("macro", "metric", "rating", "price", "news"),
    outcome=("fired", "repeated", "cooling", "clear", "not_evaluated"),
)


@dataclass(frozen=True)
class NewAlert:
    """What an alert is to be; ``portfolio`` is a code or id."""

    name: str
    condition: Mapping[str, Any]
    portfolio: str | UUID | None = None
    cooldown_minutes: int = DEFAULT_COOLDOWN_MINUTES
    channels: Sequence[str] = ()
    text: str = ""


@dataclass(frozen=True)
class Admins:
    """Who hears when the house itself needs a hand, and through which channels."""

    users: tuple[UUID, ...]
    channels: tuple[str, ...] = ("in_app",)


@dataclass
class Evaluated:
    """How an evaluation of all alerts ended."""

    counts: dict[str, int] = field(
        default_factory=lambda: {"fired": 0, "repeated": 0, "cooling": 0, "clear": 0, "not_evaluated": 0}
    )
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: str, reason: str | None) -> None:
        self.counts[outcome] += 1
        if reason is not None:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1


class Alerts:
    """Alerts and what they said."""

    def __init__(self, database: Database, clock: Clock, delivering: Delivering, admins: Admins) -> None:
        self._database = database
        self._clock = clock
        self._delivering = delivering
        self._admins = admins

    def create(self, actor: Actor, wanted: NewAlert, *, key: str | None = None) -> Alert:
        """Add an alert of ``actor``; the same ``key`` again gives the alert it made.

        Refuses: ``forbidden`` for a viewer, ``alert_invalid``, ``portfolio_not_found``, ``too_many_alerts``.
        """
        if not actor.may("trader"):
            raise Refused("making an alert asks for the role trader", code="forbidden", expected="trader")
        condition = checked_condition(wanted.condition)
        name, text = _said(wanted.name, "name", 1, 100), _said(wanted.text, "text", 0, 500)
        channels, cooldown = checked_channels(wanted.channels), checked_cooldown(wanted.cooldown_minutes)
        with self._database.write() as connection:
            alert = Alert(
                alert_id=str(uuid4() if key is None else uuid5(NAMESPACE_URL, f"alert:{actor.user_id}:{key}")),
                owner=actor.user_id,
                portfolio_id=_portfolio(connection, actor, wanted.portfolio, condition),
                name=name,
                condition=condition,
                cooldown_minutes=cooldown,
                channels=channels,
                text=text,
                active=True,
                created_at=self._clock.now(),
                standing=Standing(),
                last=None,
            )
            if len(rows.owned_alerts(connection, actor.user_id)) >= MOST_ALERTS:
                raise Refused(f"there are {MOST_ALERTS} alerts already", code="too_many_alerts", limit=MOST_ALERTS)
            rows.add_alert(connection, alert)
            return rows.owned_alert(connection, actor.user_id, alert.alert_id)

    def alerts(self, actor: Actor) -> list[Alert]:
        """Return the alerts of ``actor``, oldest first."""
        with self._database.read() as connection:
            return rows.owned_alerts(connection, actor.user_id)

    def switch(self, actor: Actor, alert_id: str, *, active: bool) -> Alert:
        """Let an alert of ``actor`` be evaluated, or not; refuses ``not_found``, ``forbidden``."""
        self._change(actor, alert_id, lambda connection: rows.change_alert(connection, alert_id, active=active))
        with self._database.read() as connection:
            return rows.owned_alert(connection, actor.user_id, alert_id)

    def drop(self, actor: Actor, alert_id: str) -> None:
        """Delete an alert of ``actor``; what it said stays. Refuses ``not_found``, ``forbidden``."""
        self._change(actor, alert_id, lambda connection: rows.drop_alert(connection, alert_id))

    def _change(self, actor: Actor, alert_id: str, change: Callable[[Connection], None]) -> None:
        with self._database.write() as connection:
            rows.owned_alert(connection, actor.user_id, alert_id)
            if not actor.may("trader"):
                raise Refused("changing an alert asks for the role trader", code="forbidden", expected="trader")
            change(connection)

    def notifications(self, actor: Actor, *, unread: bool = False, limit: int = 50) -> list[dict[str, Any]]:
        """Return the newest notifications of ``actor``."""
        with self._database.read() as connection:
            return rows.owned_notifications(connection, actor.user_id, unread=unread, limit=limit)

    def read(self, actor: Actor, notification_id: str) -> None:
        """Mark a notification of ``actor`` as read; refuses ``not_found``."""
        with self._database.write() as connection:
            rows.read_notification(connection, actor.user_id, notification_id, self._clock.now())

    def evaluate(self, state: PackState, observer: Observer) -> Evaluated:
        """Look at every active alert whose portfolio is valued by the policy of the pack, and keep what it says.

        Safe to run again: the same pack makes no second notification. Sends nothing: see ``deliver``.
        """
        with self._database.read() as connection:
            found = [one for one in rows.active_alerts(connection) if _of_policy(connection, one, state.policy)]
        evaluated = Evaluated()
        for alert in found:
            evaluated.add(*self._evaluated(alert, state, observer))
        return evaluated

    def deliver(self) -> dict[str, int]:
        """Send what waits; see ``Delivering.deliver``."""
        return self._delivering.deliver()

    def retry_due(self) -> int:
        """Try failed deliveries whose time has come; tell the admins of those given up. Return how many these were."""
        return self.tell_of_dead(self._delivering.retry_due())

    def tell_of_dead(self, letters: Sequence[DeadLetter]) -> int:
        """Tell the admins of requests that are tried no more, once a day for each queue; return how many there are."""
        dead = [letter for letter in letters if letter.status == "dead"]
        for queue in sorted({letter.queue for letter in dead}):
            given_up = [letter for letter in dead if letter.queue == queue]
            told = playbooks.dead_playbook(queue, len(given_up))
            title = f"Requests of {queue} were given up"
            self.tell_admins(f"{SYSTEM_LETTERS}:{queue}", title, given_up[0].last_error, told)
        return len(dead)

    def replay(self, delivery_id: str) -> DeadLetter:
        """Send a failed delivery again, whenever.

        Refuses: ``not_found``. Raises: ``provider_failed`` when it fails again, saying why.
        """
        letter = self._delivering.replay(delivery_id)
        if letter.status != "done":
            message = f"the replay failed: {letter.last_error}"
            raise ProviderFailed(message, dead_letter=delivery_id, attempts=letter.attempts, status=letter.status)
        return letter

    def tell_admins(
        self, alert_id: str, title: str, observed: str, playbook: playbooks.Playbook, pack_id: str | None = None
    ) -> None:
        """Leave the admins one notification a day of this kind, and send it."""
        now = self._clock.now()
        advice = playbook.as_json()
        body = {"told": title, "observed": observed, "pack_id": pack_id, "playbook": advice}
        with self._database.write() as connection:
            for user in self._admins.users:
                rows.notify(
                    connection,
                    alert_id=alert_id,
                    owner=user,
                    day=now.date(),
                    title=playbooks.title_of(title, advice),
                    body=body,
                    channels=self._admins.channels,
                    now=now,
                )
        self.deliver()

    def tell_of_suspense(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Leave the admins a notification of each trade that booking refused, in the transaction that keeps it.

        The same entry told again is told once. Sends nothing: see ``deliver``.
        """
        for entry in entries:
            code = str(entry.meta["suspense"])
            advice = playbooks.suspense_playbook(entry.portfolio, entry.id, code).as_json()
            title = f"A trade of {entry.portfolio} could not be booked"
            body = {"told": title, "observed": code, "pack_id": None, "playbook": advice}
            for user in self._admins.users:
                rows.notify(
                    connection,
                    alert_id=f"{SYSTEM_SUSPENSE}:{entry.id}",
                    owner=user,
                    day=entry.known_at.date(),
                    title=playbooks.title_of(title, advice),
                    body=body,
                    channels=self._admins.channels,
                    now=self._clock.now(),
                )

    def _evaluated(self, alert: Alert, state: PackState, observer: Observer) -> tuple[str, str | None]:
        observed, reason = observer.see(alert)
        moment = moment_of(state.as_of)
        # Asked before the transaction: a pattern may be needed for it.
        body = None if observed is None else self._body(alert, observed, state, observer)
        with self._database.write() as connection:
            try:
                alert = rows.owned_alert(connection, alert.owner, alert.alert_id, lock=True)
            except Refused:
                return "not_evaluated", "alert_deleted"
            judged = judge(alert.condition, alert.cooldown_minutes, alert.standing, observed, moment)
            reason = judged.reason and (reason or judged.reason)
            value = None if observed is None else playbooks.told(observed)
            last = {"outcome": judged.outcome, "reason": reason, "observed": value, "pack_id": state.pack_id}
            rows.remember(connection, alert.alert_id, judged, last)
            if judged.outcome != "fired" or body is None:
                count(connection, ALERTS, type=alert.condition.type, outcome=judged.outcome)
                return judged.outcome, reason
            new = rows.notify(
                connection,
                alert_id=alert.alert_id,
                owner=alert.owner,
                day=state.as_of,
                title=playbooks.title_of(alert.name, body["playbook"]),
                body=body,
                channels=alert.channels,
                now=self._clock.now(),
            )
            outcome = "fired" if new else "repeated"
            count(connection, ALERTS, type=alert.condition.type, outcome=outcome)
        return outcome, None

    def _body(self, alert: Alert, observed: Any, state: PackState, observer: Observer) -> dict[str, Any]:
        of_portfolio = alert.portfolio_id is not None and alert.condition.holds(observed) is True
        playbook = playbooks.playbook_of(
            alert.condition,
            observed,
            nav=observer.nav(alert) if of_portfolio else None,
            instruments=observer.heaviest(alert) if of_portfolio else _named(alert.condition),
            text=alert.text,
        )
        told = {"told": alert.condition.told(), "observed": playbooks.told(observed), "pack_id": state.pack_id}
        return {**told, "playbook": playbook.as_json()}


def _portfolio(connection: Connection, actor: Actor, named: str | UUID | None, condition: Condition) -> UUID | None:
    if named is None and condition.type in ("metric", "rating"):
        message = f"an alert on a {condition.type} asks about a portfolio: name one"
        raise Refused(message, code="alert_invalid", field="portfolio", expected="a portfolio", found="none")
    if named is None:
        return None
    if isinstance(named, UUID):
        return owned_portfolio(connection, actor, named).portfolio_id
    return owned_by_code(connection, actor, named).portfolio_id


def _of_policy(connection: Connection, alert: Alert, policy: str) -> bool:
    """Return whether ``alert`` is evaluated on packs of ``policy``: those of its portfolio, else ``EOD``."""
    if alert.portfolio_id is None:
        return policy == "EOD"
    return portfolio_of(connection, alert.owner, alert.portfolio_id).policy == policy


def _named(condition: Condition) -> tuple[str, ...]:
    return (condition.entity,) if condition.type in ("price", "news", "rating") else ()


def _said(given: str, field: str, least: int, most: int) -> str:
    text = given.strip()
    if not least <= len(text) <= most or not (text.isprintable() or not text):
        message = f"{field}: expected {least} to {most} letters on one line, found {len(text)}"
        raise Refused(
            message, code="alert_invalid", field=field, expected=f"{least} to {most} letters", found=len(text)
        )
    return text
