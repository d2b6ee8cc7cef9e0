"""Experiments and hypotheses in the database."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, func, select, type_coerce

from mintmark.domain import Refusal, iso
from mintmark.research.design import Recollection
from mintmark.research.memory import Experience, Hypothesis, HypothesisStatus, objective, recall, settled
from mintmark.research.tables import experiments, hypotheses, lock_until_end, put_row, strategies
from mintmark.research.wording import Claim

_LOG = logging.getLogger("mintmark.research")
_LOCK = 4_714_2026
_JSON = ("symbols", "spec", "training_evidence")


def recollect(connection: Connection, also_at_work: Iterable[str] = ()) -> Recollection:
    """Return all a designer may know, damaged experiments left out with a warning.

    ``also_at_work`` names strategies that active cycles are trying.
    """
    experiences, damaged = remembered(connection)
    for refusal in damaged:
        _LOG.warning(refusal.message, extra={"code": refusal.code})
    names = set(connection.scalars(select(strategies.c.name)))
    busy = select(strategies.c.design_key).where(strategies.c.name.in_(sorted(also_at_work)))
    # The key of a damaged experiment still counts: its strategy was tried.
    tried = set(connection.scalars(select(experiments.c.design_key).where(experiments.c.design_key.is_not(None))))
    return Recollection(
        experiences,
        _hypotheses(connection),
        frozenset(tried | set(connection.scalars(busy))),
        frozenset(names | set(connection.scalars(_tried_names()))),
    )


def remembered(connection: Connection) -> tuple[list[Experience], list[Refusal]]:
    """Return the experiments with a design, in order of their end, and a refusal for each damaged row."""
    return recall(_rows(connection))


def _rows(connection: Connection) -> Iterator[Mapping[str, Any]]:
    plain = [experiments.c.operation_id, experiments.c.timeframe, experiments.c.design_key]
    raw = [type_coerce(experiments.c[name], Text).label(name) for name in _JSON]
    query = select(*plain, *raw).where(experiments.c.design_key.is_not(None))
    for row in connection.execute(query.order_by(experiments.c.ended_at, experiments.c.operation_id)).mappings():
        yield {**row, **{name: _parsed(row[name]) for name in _JSON}}


def _parsed(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, TypeError):
        return None


def _tried_names() -> Any:
    return select(experiments.c.strategy_name).where(experiments.c.strategy_name.is_not(None))


def _hypotheses(connection: Connection) -> list[Hypothesis]:
    rows = connection.execute(select(hypotheses).order_by(hypotheses.c.number)).mappings()
    return [
        Hypothesis(hypothesis_id(row["number"]), row["text"], row["from"], row["change"], row["status"]) for row in rows
    ]


def hypothesis_id(number: int) -> str:
    """Return the name of hypothesis ``number``.

    >>> hypothesis_id(7)
    'H_007'
    """
    return f"H_{number:03d}"


def remember(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write the experiment of an ended cycle; one that was resumed replaces what it was."""
    put_row(connection, experiments, row, "operation_id")


def propose_hypotheses(connection: Connection, origin: str, claims: Iterable[Claim], made_at: datetime) -> None:
    """Add the hypotheses an experiment gave rise to, each once."""
    lock_until_end(connection, _LOCK)
    known = set(connection.scalars(select(hypotheses.c.text).where(hypotheses.c["from"] == origin)))
    number = connection.scalar(select(func.max(hypotheses.c.number))) or 0
    for claim in claims:
        if claim.text not in known:
            number += 1
            known.add(claim.text)
            row = {"number": number, "text": claim.text, "from": origin, "change": dict(claim.change)}
            connection.execute(hypotheses.insert().values(**row, status="untested", made_at=made_at))


def settle_hypothesis(connection: Connection, name: str, tested_by: str) -> HypothesisStatus:
    """Store what experiment ``tested_by`` says of the hypothesis it tested, and return it."""
    number = int(name.removeprefix("H_"))
    origin = connection.scalar(select(hypotheses.c["from"]).where(hypotheses.c.number == number))
    worth = {found.operation_id: found.objective for found in remembered(connection)[0]}
    status = settled(worth.get(tested_by), worth.get(str(origin)))
    change = hypotheses.update().where(hypotheses.c.number == number)
    connection.execute(change.values(status=status, tested_by=tested_by))
    return status


def all_hypotheses(connection: Connection) -> list[dict[str, Any]]:
    """Return every hypothesis, oldest first."""
    rows = connection.execute(select(hypotheses).order_by(hypotheses.c.number)).mappings()
    kept = ("text", "from", "status", "tested_by")
    return [{"id": hypothesis_id(row["number"]), **{name: row[name] for name in kept}} for row in rows]


def all_experiments(connection: Connection) -> list[dict[str, Any]]:
    """Return every experiment that reads, newest first; a damaged row is left out with a warning."""
    raw = [type_coerce(experiments.c[name], Text).label(name) for name in (*_JSON, "holdout_evidence")]
    plain = (
        "operation_id",
        "status",
        "timeframe",
        "pack_id",
        "designer",
        "strategy_name",
        "strategy_hash",
        "hypothesis",
    )
    query = select(*(experiments.c[name] for name in (*plain, "ended_at")), *raw)
    found = []
    for row in connection.execute(query.order_by(experiments.c.ended_at.desc())).mappings():
        evidence = _parsed(row["training_evidence"])
        if not isinstance(evidence, dict):
            _LOG.warning("the experiment of %s is skipped: its evidence does not read", row["operation_id"])
            continue
        shown = {name: row[name] for name in plain} | {
            "ended_at": iso(row["ended_at"]),
            "symbols": _parsed(row["symbols"]),
        }
        shown |= {"training_evidence": evidence, "holdout_evidence": _parsed(row["holdout_evidence"])}
        found.append({**shown, "objective": objective(evidence)})
    return found
