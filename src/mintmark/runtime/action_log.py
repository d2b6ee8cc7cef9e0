"""Who did what, when, from where, and how it ended: a log the database itself keeps from being changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from mintmark.domain import iso
from mintmark.runtime.tables import action_log
from mintmark.runtime.telemetry import trail_ids

_LONGEST = 300


@dataclass(frozen=True)
class Action:
    """One deed. ``action`` is a word or a route; ``subject`` what it was done to; ``outcome`` done or a code."""

    user_id: str
    action: str
    subject: str = ""
    outcome: str = "done"
    key_id: str | None = None
    address: str = "local"
    request_id: str = ""


def note_action(connection: Connection, action: Action, at: datetime) -> None:
    """Write down ``action``, in the transaction of ``connection``; the request id may come from the trail."""
    row = {**vars(action), "subject": action.subject[:_LONGEST], "at": at}
    row["request_id"] = action.request_id or trail_ids().get("request_id", "")
    connection.execute(insert(action_log).values(row))


def actions(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest ``limit`` actions, newest first."""
    rows = connection.execute(select(action_log).order_by(action_log.c.n.desc()).limit(limit))
    return [{**row._mapping, "at": iso(row.at)} for row in rows]
