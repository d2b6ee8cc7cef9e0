"""Rows of nights, their steps, and the statements of brokers they hold the ledger against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Date, Table, Text, select

from mintmark.portfolio.nights import STEPS
from mintmark.runtime import declare, observe
from mintmark.store import Json, UtcTime, metadata, upsert

STEP_SECONDS = "mintmark_nightly_step_seconds"
declare(
    STEP_SECONDS, "Seconds of the steps of nights.", summary=True, step=STEPS, outcome=("done", "blocked", "failed")
)

nights = Table(
    "portfolio_nights",
    metadata,
    Column("policy", Text, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("report", Json, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
steps = Table(
    "portfolio_night_steps",
    metadata,
    Column("pack_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("report", Json, nullable=False),
)
statements = Table(
    "portfolio_statements",
    metadata,
    Column("code", Text, primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("statement", Json, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
)


def keep_night(connection: Connection, policy: str, day: date, report: Mapping[str, Any], now: datetime) -> None:
    """Keep how far a night is, in the place of what was kept of it."""
    values = {"report": dict(report), "updated_at": now}
    new = upsert(connection, nights).values({"policy": policy, "date": day, **values})
    connection.execute(new.on_conflict_do_update(index_elements=["policy", "date"], set_=values))


def newest_nights(connection: Connection, policy: str | None, day: date | None, limit: int) -> list[dict[str, Any]]:
    """Return the reports of the newest nights."""
    found = select(nights.c.report).order_by(nights.c.date.desc(), nights.c.policy).limit(limit)
    found = found if policy is None else found.where(nights.c.policy == policy)
    return list(connection.scalars(found if day is None else found.where(nights.c.date == day)))


def steps_done(connection: Connection, pack_id: str) -> dict[str, dict[str, Any]]:
    """Return the reports of the steps that are done for a pack."""
    rows = connection.execute(select(steps).where(steps.c.pack_id == pack_id))
    return {row.step: row.report for row in rows}


def keep_step(connection: Connection, pack_id: str, report: Mapping[str, Any]) -> None:
    """Keep that a step is done for a pack; the first who says so counts."""
    row = {"pack_id": pack_id, "step": report["name"], "report": dict(report)}
    connection.execute(upsert(connection, steps).values(row).on_conflict_do_nothing())


def measure_step(connection: Connection, report: Mapping[str, Any]) -> None:
    """Count how long a step took and how it ended."""
    observe(connection, STEP_SECONDS, report["duration_s"], step=report["name"], outcome=report["status"])


def keep_statement(connection: Connection, code: str, day: date, statement: Mapping[str, Any], now: datetime) -> None:
    """Keep what a broker says of a portfolio at the end of a day, in the place of what it said before."""
    values = {"statement": dict(statement), "imported_at": now}
    new = upsert(connection, statements).values({"code": code, "as_of": day, **values})
    connection.execute(new.on_conflict_do_update(index_elements=["code", "as_of"], set_=values))


def statements_of(connection: Connection, day: date) -> dict[str, dict[str, Any]]:
    """Return the statements of a day by portfolio."""
    rows = connection.execute(select(statements).where(statements.c.as_of == day).order_by(statements.c.code))
    return {row.code: row.statement for row in rows}
