"""Nights as durable operations: started at their hour or by hand, watched, and told of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection

from mintmark.data import POLICY_CALENDARS
from mintmark.domain import Clock, Refused, iso
from mintmark.ledger import statement_from
from mintmark.portfolio.context import Actor
from mintmark.portfolio.nights import begins_at, checked_policy, last_day
from mintmark.portfolio.operations import night_rows as rows
from mintmark.portfolio.tables import active_portfolios, owned_by_code
from mintmark.runtime import Operations, Run, Turn, Work
from mintmark.store import Database

if TYPE_CHECKING:
    from mintmark.portfolio.operations.alerting import Alerts

TYPE: Final = "portfolio_nightly"
QUEUE: Final = "portfolio"
COMPUTE: Final = "mintmark.app.nights:compute"
TURN_SECONDS: Final = 30.0
_ACTIVE: Final = ("pending", "running", "resuming")


class Nights:
    """The nights of one database. ``alerts`` is made when first asked for."""

    def __init__(
        self, database: Database, operations: Operations, clock: Clock, home: Path, alerts: Callable[[], Alerts]
    ) -> None:
        self._database = database
        self._operations = operations
        self._clock = clock
        self._home = home
        self._alerts = alerts

    def kinds(self) -> Sequence[Work]:
        """Return the operation types of the room."""
        return (Work(TYPE, QUEUE, self._prepare, COMPUTE, self._finish),)

    def turns(self) -> Sequence[Turn]:
        """Return what workers look after: nights that are due, and deliveries to be tried again."""
        return (Turn("nights", QUEUE, TURN_SECONDS, self.turn),)

    def turn(self) -> list[str]:
        """Start the night of each policy whose hour has come, once, and send what waits; return what was started."""
        started = []
        for policy in POLICY_CALENDARS:
            day = last_day(policy, self._clock.now())
            with self._database.read() as connection:
                kept = active_portfolios(connection, policy)
            if any(portfolio.created_at < begins_at(policy, day) for portfolio in kept):
                identity = night_id(policy, day)
                if self._status(identity) is None:
                    started.append(self._create(policy, day, identity))
        alerts = self._alerts()
        alerts.deliver()
        alerts.retry_due()
        return started

    def trigger(self, policy: str, day: date | None = None) -> dict[str, Any]:
        """Start the night of ``day``, the one that ended last where none is named, or go on with it.

        One that runs is returned; one that stopped is resumed under its id; one that ended well is run again.
        Refuses: ``as_of_in_future``, ``not_a_valuation_policy``.
        """
        wanted = day or last_day(policy, self._clock.now())
        if begins_at(checked_policy(policy), wanted) > self._clock.now():
            begins = iso(begins_at(policy, wanted))
            message = f"the night of {wanted} begins at {begins}, which has not come"
            raise Refused(message, code="as_of_in_future", as_of=wanted.isoformat())
        identity = night_id(policy, wanted)
        status = self._status(identity)
        if status is None or status == "completed":
            again = None if status is None else self._operations.new_id(TYPE)
            return _started(self._create(policy, wanted, again or identity), policy, wanted, "accepted")
        if status not in _ACTIVE:
            self._operations.resume(identity)
        return _started(identity, policy, wanted, "running" if status in _ACTIVE else "resumed")

    def reports(self, policy: str | None = None, day: date | None = None, *, limit: int = 10) -> list[dict[str, Any]]:
        """Return the reports of the newest nights."""
        with self._database.read() as connection:
            return rows.newest_nights(connection, policy, day, limit)

    def take_statement(self, actor: Actor, code: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what a broker says of a portfolio at the end of a day; the night of that day compares it.

        Refuses: ``portfolio_not_found``, ``forbidden``, ``invalid_request``.
        """
        said = statement_from(given)
        with self._database.write() as connection:
            portfolio = owned_by_code(connection, actor, code)
            if not actor.may("trader"):
                raise Refused("importing a statement asks for the role trader", code="forbidden", expected="trader")
            rows.keep_statement(connection, portfolio.code, said.as_of, given, self._clock.now())
        return {"portfolio": code, "as_of": said.as_of.isoformat(), "positions": len(said.positions)}

    def _create(self, policy: str, day: date, identity: str) -> str:
        metadata = {"parameters": {"policy": policy, "date": day.isoformat()}}
        with self._operations.writing() as connection:
            return self._operations.create(connection, TYPE, metadata=metadata, operation_id=identity)

    def _status(self, identity: str) -> str | None:
        try:
            return str(self._operations.get(identity)["status"])
        except Refused:
            return None

    def _prepare(self, run: Run) -> dict[str, Any]:
        return {"home": str(self._home), "run_id": run.operation_id, **_asked(run)}

    @staticmethod
    def _finish(_connection: Connection, _run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Return the report as anybody may read it: without what is said of single portfolios."""
        return {**result, "steps": [{**step, "details": {}} for step in result["steps"]]}


def night_id(policy: str, day: date) -> str:
    """Return the id of the operation of a night: however many start it, it is one.

    >>> night_id("EOD", date(2025, 10, 21))
    'op_portfolio_nightly_20251022_040500_75594bbf'
    """
    digest = hashlib.sha256(f"{policy}/{day.isoformat()}".encode()).hexdigest()[:8]
    return f"op_{TYPE}_{begins_at(policy, day):%Y%m%d_%H%M%S}_{digest}"


def _asked(run: Run) -> dict[str, str]:
    return {name: str(run.parameters[name]) for name in ("policy", "date")}


def _started(operation_id: str, policy: str, day: date, message: str) -> dict[str, Any]:
    told = {"policy": policy, "date": day.isoformat(), "message": message}
    return {"success": True, "operation_id": operation_id, **told}
