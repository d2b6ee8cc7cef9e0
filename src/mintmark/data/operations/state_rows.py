"""Rows of states and events of packs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, select, update

from mintmark.data.packs import PackState, hold_from
from mintmark.data.tables import pack_events_table, pack_states_table, packs_table

_STATE, _PACK, _EVENT = pack_states_table.c, packs_table.c, pack_events_table.c


def add_state(connection: Connection, pack_id: str, now: datetime) -> None:
    """Let a pack that was just sealed begin to warm."""
    row = {"pack_id": pack_id, "status": "warming", "warming_since": now, "reconciliation": "none"}
    connection.execute(insert(pack_states_table).values({**row, "record": {}, "updated_at": now}))


def change_state(connection: Connection, pack_id: str, now: datetime, **changes: Any) -> None:
    """Give the state of a pack these values; ``record`` is replaced as a whole."""
    this = update(pack_states_table).where(_STATE.pack_id == pack_id)
    connection.execute(this.values({**changes, "updated_at": now}))


def add_event(
    connection: Connection, pack_id: str, event: str, actor: str, record: Mapping[str, Any], now: datetime
) -> None:
    """Write down what happened to a pack, after all that is written of it."""
    last = connection.scalar(select(func.max(_EVENT.number)).where(_EVENT.pack_id == pack_id)) or 0
    row = {"pack_id": pack_id, "number": last + 1, "event": event, "actor": actor, "happened_at": now}
    connection.execute(insert(pack_events_table).values({**row, "record": dict(record)}))


def events_of(connection: Connection, pack_id: str) -> list[dict[str, Any]]:
    """Return what happened to a pack, oldest first."""
    rows = connection.execute(select(pack_events_table).where(_EVENT.pack_id == pack_id).order_by(_EVENT.number))
    return [dict(row._mapping) for row in rows]


@cache
def _joined() -> Select[Any]:
    found = select(packs_table, *[column for column in _STATE if column.name != "pack_id"])
    return found.join(pack_states_table, _STATE.pack_id == _PACK.pack_id)


@cache
def _named() -> Select[Any]:
    return _joined().where(_PACK.pack_id == bindparam("named"))


def state_row(connection: Connection, pack_id: str, *, lock: bool = False) -> Any:
    """Return the row of a pack and its state, or None; with ``lock`` nobody else changes it before the end."""
    found = _named()
    if lock and connection.dialect.name == "postgresql":
        found = found.with_for_update()
    return connection.execute(found, {"named": pack_id}).first()


def live_row(connection: Connection, policy: str | None, as_of: date | None) -> Any:
    """Return the row of the live pack of ``as_of``, else of the newest one; of any policy where none is given."""
    found = _joined().where(_PACK.superseded_by.is_(None))
    if policy is not None:
        found = found.where(_PACK.policy == policy)
    if as_of is not None:
        found = found.where(_PACK.as_of == as_of)
    return connection.execute(found.order_by(_PACK.as_of.desc(), _PACK.policy).limit(1)).first()


def neighbours(connection: Connection, policy: str, as_of: date) -> tuple[date | None, date | None]:
    """Return the nearest days of live packs of ``policy`` before and after ``as_of``."""
    live = and_(_PACK.superseded_by.is_(None), _PACK.policy == policy)
    before = connection.scalar(select(func.max(_PACK.as_of)).where(live, _PACK.as_of < as_of))
    after = connection.scalar(select(func.min(_PACK.as_of)).where(live, _PACK.as_of > as_of))
    return before, after


def has_any(connection: Connection) -> bool:
    """Return whether there is a pack to value by at all."""
    return connection.scalar(select(_STATE.pack_id).limit(1)) is not None


def warm_ups(connection: Connection, policy: str, count: int) -> list[timedelta]:
    """Return how long the last ``count`` packs of ``policy`` that became fresh took, newest first."""
    found = select(_STATE.warming_since, _STATE.fresh_at).join(packs_table, _STATE.pack_id == _PACK.pack_id)
    ended = found.where(_PACK.policy == policy, _STATE.fresh_at.is_not(None)).order_by(_STATE.fresh_at.desc())
    return [row.fresh_at - row.warming_since for row in connection.execute(ended.limit(count))]


def last_fresh(connection: Connection, policy: str) -> str | None:
    """Return the id of the newest fresh pack of ``policy``."""
    found = select(_PACK.pack_id).join(pack_states_table, _STATE.pack_id == _PACK.pack_id)
    fresh = found.where(_PACK.policy == policy, _STATE.status == "fresh").order_by(_PACK.as_of.desc())
    name: str | None = connection.scalar(fresh.limit(1))
    return name


def state_of(row: Any, now: datetime, **more: Any) -> PackState:
    """Return the state in ``row``; ``more`` are the fields that are not stored in it."""
    record: Mapping[str, Any] = row.record
    return PackState(
        pack_id=row.pack_id,
        pack_sha256=row.pack_sha256,
        as_of=row.as_of,
        policy=row.policy,
        status=row.status,
        reconciliation=row.reconciliation,
        warming_since=row.warming_since,
        updated_at=row.updated_at,
        asked_at=now,
        missing=tuple(record.get("missing", ())),
        holds=tuple(hold_from(one) for one in record.get("holds", ())),
        warned=tuple(record.get("warned", ())),
        prewarmed=tuple(record.get("prewarmed", ())),
        was_fresh=row.fresh_at is not None,
        restated=row.version > 1,
        superseded_by=row.superseded_by,
        failure=record.get("failure"),
        error_bps=record.get("error_bps"),
        error_message=record.get("error_message"),
        **more,
    )
