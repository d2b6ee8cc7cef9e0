"""The count of tries: every run whose figures were shown is a row, for ever."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from mintmark.domain import Refusal
from mintmark.research.tables import trial_keys, trials
from mintmark.store import upsert


@dataclass(frozen=True)
class Trial:
    """One run of a backtest. ``sharpe_per_bar`` is None where it is undefined."""

    run: str
    kind: str
    sharpe_per_bar: float | None


def data_keys(symbols: Iterable[str], partitions: Iterable[str]) -> frozenset[str]:
    """Return what a run's data is known by: its symbols and the hashes of its partitions."""
    return frozenset([f"symbol:{symbol}" for symbol in symbols] + [f"partition:{digest}" for digest in partitions])


def add_trials(
    connection: Connection,
    operation_id: str,
    strategy_hash: str,
    keys: Collection[str],
    runs: Iterable[Trial],
    made_at: datetime,
) -> None:
    """Note each run once; a replay of the operation adds none. Without its keys a run is not counted yet."""
    rows = [
        {
            "operation_id": operation_id,
            "run": trial.run,
            "kind": trial.kind,
            "strategy_hash": strategy_hash,
            "sharpe_per_bar": trial.sharpe_per_bar,
            "made_at": made_at,
        }
        for trial in runs
    ]
    if rows:
        connection.execute(upsert(connection, trials).on_conflict_do_nothing(), rows)
    noted = set(connection.scalars(select(trial_keys.c.key).where(trial_keys.c.operation_id == operation_id)))
    missing = [{"operation_id": operation_id, "key": key} for key in sorted(set(keys) - noted)]
    if missing:
        connection.execute(trial_keys.insert(), missing)


def sharpes_tried(connection: Connection, keys: Collection[str]) -> list[float] | Refusal:
    """Return the Sharpe per bar of every trial that shares one of ``keys``; an undefined one is 0.

    Rows that cannot be read are a refusal, never left out: fewer tries would flatter.
    """
    sharing = select(trial_keys.c.operation_id).where(trial_keys.c.key.in_(sorted(keys))).distinct()
    query = select(trials.c.sharpe_per_bar).where(trials.c.operation_id.in_(sharing))
    try:
        with connection.begin_nested():
            found: Sequence[Any] = connection.scalars(query).all()
    except DatabaseError as error:
        return Refusal("trials_unknown", f"the trials cannot be read: {error.orig}")
    damaged = [value for value in found if not _readable(value)]
    if damaged:
        return Refusal("trials_unknown", f"{len(damaged)} of {len(found)} trials cannot be read")
    return [0.0 if value is None else float(value) for value in found]


def _readable(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and math.isfinite(value))


def trials_of(rows: Iterable[Mapping[str, Any]]) -> list[Trial]:
    """Return the trials a computation reported, as ``{run, kind, sharpe_per_bar}``."""
    return [Trial(row["run"], row["kind"], row["sharpe_per_bar"]) for row in rows]
