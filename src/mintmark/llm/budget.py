"""The daily limit on what language models may cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, insert, select, text

from mintmark.domain import Clock, Refused, day_start, iso
from mintmark.llm.prices import DEFAULT_PRICES, Price, cost_of
from mintmark.llm.tables import spend_events, spend_reservations
from mintmark.store import Database

CURRENCY = "USD"
CYCLE_COST = Decimal("0.15")
FOR_THE_CYCLE = 0
"""The call number a whole cycle's reservation is kept under; calls count from 1."""
_LOCK = 4_712_2026


class Budget:
    """Spend per UTC day, in USD. ``daily_limit`` 0 refuses every call; None disables the limit.

    What is reserved counts as spent until it is booked or released. The methods that
    take a connection work inside the caller's transaction.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        daily_limit: Decimal | None = Decimal("5.00"),
        prices: Mapping[str, Price] = DEFAULT_PRICES,
    ) -> None:
        self._database = database
        self._clock = clock
        self._limit = daily_limit
        self._prices = prices

    def reserve_cycle(self, connection: Connection, operation_id: str) -> None:
        """Reserve what a cycle with a model may cost.

        Raises:
            Refused: ``budget_exhausted`` with ``remaining, needed, currency, resets_at``.
        """
        self._reserve(connection, operation_id, FOR_THE_CYCLE, CYCLE_COST)

    def check_cycle(self) -> None:
        """Raise what ``reserve_cycle`` would, and reserve nothing."""
        with self._database.read() as connection:
            self._afford(connection, CYCLE_COST)

    def reserve_call(
        self, connection: Connection, operation_id: str, call: int, model: str, most: tuple[int, int]
    ) -> None:
        """Reserve the largest possible cost of a call: ``most`` tokens in and out.

        Raises:
            Refused: ``price_unknown``; ``budget_exhausted``.
        """
        if call <= FOR_THE_CYCLE:
            raise ValueError(f"calls count from 1, was {call}")
        self._reserve(connection, operation_id, call, cost_of(self._prices, model, *most))

    def book(
        self, connection: Connection, operation_id: str, call: int, model: str, input_tokens: int, output_tokens: int
    ) -> Decimal:
        """Book a call once, at the price of the model that answered, and release its reservation.

        Safe to run again: the second time nothing is booked. Returns the amount booked for the call.
        """
        self._lock(connection)
        key = (spend_events.c.operation_id == operation_id, spend_events.c.call == call)
        booked = connection.scalar(select(spend_events.c.amount).where(*key))
        if booked is None:
            booked = cost_of(self._prices, model, input_tokens, output_tokens)
            now = self._clock.now()
            row = {
                "operation_id": operation_id,
                "call": call,
                "day": _day(now),
                "model": model,
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "amount": booked,
                "at": now,
            }
            connection.execute(insert(spend_events).values(row))
        self.release(connection, operation_id, call)
        return Decimal(booked)

    def release(self, connection: Connection, operation_id: str, call: int = FOR_THE_CYCLE) -> None:
        """Give back what was reserved for a call, or for the cycle."""
        key = (spend_reservations.c.operation_id == operation_id, spend_reservations.c.call == call)
        connection.execute(delete(spend_reservations).where(*key))

    def as_json(self) -> dict[str, Any]:
        """Return the day's budget, as ``GET /agent/budget`` answers."""
        now = self._clock.now()
        with self._database.read() as connection:
            spent, reserved = _sum(connection, spend_events, now), _sum(connection, spend_reservations, now)
            same_day = spend_events.c.day == _day(now)
            rows = connection.execute(select(spend_events).where(same_day).order_by(spend_events.c.at)).mappings().all()
        remaining = None if self._limit is None else max(Decimal(0), self._limit - spent - reserved)
        return {
            "date": _day(now),
            "currency": CURRENCY,
            "daily_limit": _money(self._limit),
            "today_spend": _money(spent),
            "reserved": _money(reserved),
            "remaining": _money(remaining),
            "cycles_affordable": None if remaining is None else int(remaining // CYCLE_COST),
            "budget_disabled": self._limit is None,
            "spend_events": [_event(row) for row in rows],
        }

    def _reserve(self, connection: Connection, operation_id: str, call: int, amount: Decimal) -> None:
        self._lock(connection)
        key = (spend_reservations.c.operation_id == operation_id, spend_reservations.c.call == call)
        if connection.scalar(select(spend_reservations.c.amount).where(*key)) is not None:
            return
        self._afford(connection, amount)
        row = {"operation_id": operation_id, "call": call, "day": _day(self._clock.now()), "amount": amount}
        connection.execute(insert(spend_reservations).values(row))

    def _afford(self, connection: Connection, needed: Decimal) -> None:
        if self._limit is None:
            return
        now = self._clock.now()
        used = _sum(connection, spend_events, now) + _sum(connection, spend_reservations, now)
        remaining = max(Decimal(0), self._limit - used)
        if needed > remaining or self._limit == 0:
            raise Refused(
                f"the day's budget has {_money(remaining)} {CURRENCY} left, {_money(needed)} needed",
                code="budget_exhausted",
                remaining=_money(remaining),
                needed=_money(needed),
                currency=CURRENCY,
                resets_at=iso(day_start(now.date()) + timedelta(days=1)),
            )

    def _lock(self, connection: Connection) -> None:
        # Summing rows and adding one must be one step; SQLite's writing transaction is alone by itself.
        if self._database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _sum(connection: Connection, table: Table, now: datetime) -> Decimal:
    amounts = connection.scalars(select(table.c.amount).where(table.c.day == _day(now)))
    return sum(amounts, Decimal(0))


def _money(amount: Decimal | None) -> str | None:
    """Return an amount with at least two decimals and no needless more."""
    if amount is None:
        return None
    shortest = format(amount.normalize(), "f")
    decimals = len(shortest.partition(".")[2])
    return f"{amount:.2f}" if decimals <= 2 else shortest


def _event(row: RowMapping) -> dict[str, Any]:
    names = ("operation_id", "model", "input_tokens", "output_tokens")
    return {**{name: row[name] for name in names}, "amount": _money(row["amount"]), "at": iso(row["at"])}
