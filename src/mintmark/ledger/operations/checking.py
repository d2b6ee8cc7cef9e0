"""Verify, rebuild and reconcile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from itertools import chain
from typing import Any

from sqlalchemy import Connection, delete, func, select, text

from mintmark.ledger.chain import Examined, JournalRow, PostingRow, examine
from mintmark.ledger.exactly import amount_of, wrong
from mintmark.ledger.operations.journal import Journal, read
from mintmark.ledger.operations.projecting import project
from mintmark.ledger.reconciling import (
    Failure,
    Statement,
    Valuation,
    broken_assertions,
    compare_projections,
    compare_statement,
    statement_error_bps,
)
from mintmark.ledger.state import State
from mintmark.ledger.tables import anchors_table, balances_table, lots_table, read_head
from mintmark.ledger.terms import day_of

Progress = Callable[[int, int], None]
_JOURNAL = (
    "SELECT sequence, hash, id, portfolio, source, external_id, reverses, content FROM ledger_journal ORDER BY sequence"
)
_POSTINGS = (
    "SELECT sequence, position, account, commodity, CAST(units AS TEXT), cost, price "
    "FROM ledger_postings ORDER BY sequence, position"
)
_PART = 10_000


def verify(connection: Connection, expect: str | None, progress: Progress) -> dict[str, Any]:
    """Compute the chain again and return what was found; ``expect`` says whether a hash lies in it.

    Raises:
        Refused: ``invalid_request`` where ``expect`` is no hash.
    """
    if expect is not None and (len(expect) != 64 or not set(expect) <= set("0123456789abcdef")):
        raise wrong("expect", "64 hex digits", expect)
    head = read_head(connection)
    anchors = [
        (int(row.sequence), str(row.hash), str(row.kind))
        for row in connection.execute(select(anchors_table).order_by(anchors_table.c.number))
    ]
    wanted = {hash_ for _, hash_, _ in anchors} | ({expect} if expect else set())
    found = _examined(connection, head, wanted, progress)
    bad = None if found.bad is None else asdict(found.bad)
    for sequence, hash_, kind in anchors if bad is None else ():
        if found.hashes.get(hash_) != sequence:
            bad = {"sequence": sequence, "field": f"anchor {kind}", "expected": hash_, "found": "not in the chain"}
            break
    return {
        "valid": bad is None and (expect is None or expect in found.hashes),
        "entries": found.entries,
        "head": head[1],
        "anchors": len(anchors),
        "first_bad": bad,
        "expected": None
        if expect is None
        else {"hash": expect, "found": expect in found.hashes, "sequence": found.hashes.get(expect)},
    }


def _examined(connection: Connection, head: tuple[int, str], wanted: set[str], progress: Progress) -> Examined:
    rows = map(JournalRow._make, _streamed(connection, _JOURNAL))
    postings = map(PostingRow._make, _streamed(connection, _POSTINGS))
    return examine(rows, postings, head, wanted, lambda done: progress(done, head[0]))


def _streamed(connection: Connection, question: str) -> Iterator[Any]:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        return iter(driver.execute(question))
    result = connection.execute(text(question), execution_options={"yield_per": _PART})
    return chain.from_iterable(result.partitions())


def rebuild(connection: Connection, journal: Journal, progress: Progress) -> dict[str, Any]:
    """Make lots and balances again from the journal; they come to the same bytes."""
    connection.execute(delete(lots_table))
    connection.execute(delete(balances_table))
    head, _ = read_head(connection)
    states = {book.code: State(book) for book in journal.books(connection)}
    for entry in read(connection, None, 0, head):
        states[entry.portfolio].apply(entry)
        if entry.sequence % 2_000 == 0:
            progress(entry.sequence, head)
    for state in states.values():
        project(connection, state)
    counted = {name: connection.scalar(select(func.count()).select_from(table)) for name, table in _COUNTED.items()}
    return {"entries": head, "portfolios": len(states), **counted}


_COUNTED = {"lots": lots_table, "balances": balances_table}


def reconcile(
    connection: Connection,
    journal: Journal,
    *,
    codes: Sequence[str] | None,
    statements: Mapping[str, Statement],
    valuation: Valuation | None,
    pack_id: str | None,
    progress: Progress,
) -> dict[str, Any]:
    """Return what agrees and what does not: chain, projections, assertions, statements."""
    found: list[Failure] = []
    checked = verify(connection, None, progress)
    if not checked["valid"]:
        bad = checked["first_bad"]
        where = f"the chain is broken at entry {bad['sequence']}, {bad['field']}"
        found.append(Failure("chain_broken", None, where, bad["found"], bad["expected"]))
    head, hash_ = read_head(connection)
    books = [journal.book(connection, code) for code in codes] if codes is not None else journal.books(connection)
    positions, worst = 0, None
    # A broken chain cannot be folded: what it holds is not what was posted.
    for book in books if checked["valid"] else ():
        state = State(book)
        entries = list(read(connection, book.code, 0, head))
        for entry in entries:
            state.apply(entry)
        positions += sum(bool(shelf) for shelf in state.shelves.values())
        found += compare_projections(state, *_stored(connection, book.code))
        found += broken_assertions(book.code, state, entries)
        statement = statements.get(book.code)
        if statement is not None:
            then = _at(state, entries, statement)
            found += compare_statement(then, statement, valuation)
            worst = _worse(worst, statement_error_bps(then, statement, valuation))
    return {
        "passed": not found,
        "error_bps": None if worst is None else format(worst, "f"),
        "pack_id": pack_id,
        "ledger_commit_hash": hash_,
        "portfolios_checked": len(books) if checked["valid"] else 0,
        "positions_checked": positions,
        "statements_checked": sum(book.code in statements for book in books) if checked["valid"] else 0,
        "failures": [asdict(failure) for failure in found],
    }


def _worse(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return max((found for found in (one, other) if found is not None), default=None)


def _at(state: State, entries: Sequence[Any], statement: Statement) -> State:
    before = State(state.book)
    for entry in entries:
        if entry.date <= statement.as_of:
            before.apply(entry)
    return before


def _stored(connection: Connection, code: str) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    lots = connection.execute(select(lots_table).where(lots_table.c.portfolio == code))
    balances = connection.execute(select(balances_table).where(balances_table.c.portfolio == code))
    return [dict(row._mapping) for row in lots], [dict(row._mapping) for row in balances]


def statement_from(value: Any) -> Statement:
    """Return the statement of a JSON object ``{as_of, positions, cash, nav}``.

    Raises:
        Refused: ``invalid_request``.
    """
    if not isinstance(value, Mapping) or not {"as_of"} <= set(value) <= {"as_of", "positions", "cash", "nav"}:
        raise wrong("statement", "as_of, positions, cash, nav", value)
    parts = {name: value.get(name, {}) for name in ("positions", "cash")}
    for name, part in parts.items():
        if not isinstance(part, Mapping):
            raise wrong(name, "amounts by name", part)
    return Statement(
        day_of(value["as_of"], "as_of"),
        {key: amount_of(one, f"positions.{key}") for key, one in parts["positions"].items()},
        {key: amount_of(one, f"cash.{key}") for key, one in parts["cash"].items()},
        amount_of(value["nav"], "nav") if value.get("nav") is not None else None,
    )
