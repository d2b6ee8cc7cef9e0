"""Import rows and files: all of them, or nothing and every reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mintmark.domain import Refused
from mintmark.ledger.csv_rows import Problem, Row, problem_of
from mintmark.ledger.entries import Draft, Entry
from mintmark.ledger.operations.posting import Batch

MOST_PROBLEMS = 1_000
_PREVIEW = 1_000


class DryRun(Exception):
    """Carries the report of a dry run out of the transaction that is rolled back."""

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("dry run")
        self.report = report


def import_rows(
    batch: Batch, rows: Sequence[Row], problems: Sequence[Problem], progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Add the drafts of ``rows`` and return what came of each line.

    Raises:
        Refused: ``import_refused`` with every problem by its line; nothing is stored.
    """
    found = list(problems)
    # A row that fails for want of another that failed would only repeat its problem.
    lame = {problem.symbol for problem in found if problem.symbol}
    lines: list[dict[str, Any]] = []
    start = batch.first_free
    batch.expect([draft for row in rows for draft in row.drafts])
    for done, row in enumerate(rows):
        symbol = str(row.drafts[0].meta.get("symbol", ""))
        for draft in row.drafts:
            try:
                entry = batch.attempt(draft)
            except Refused as refused:
                if symbol not in lame or not symbol:
                    found.append(problem_of(row.line, refused, symbol))
                lame.add(symbol)
                break
            lines.append(_line(row, draft, entry, entry.sequence >= start))
        if done % 500 == 0:
            progress(done, len(rows))
    if found:
        raise _refused(found, len(rows) + len(problems))
    added = sum(line["status"] == "new" for line in lines)
    return {
        "rows": len(rows),
        "entries": added,
        "existing": len(lines) - added,
        "assumed_pay_dates": sum("pay_lag_days" in draft.meta for row in rows for draft in row.drafts[:1]),
        "lines": lines[:_PREVIEW],
    }


def _line(row: Row, draft: Draft, entry: Entry, new: bool) -> dict[str, Any]:
    return {
        "line": row.line,
        "date": entry.date.isoformat(),
        "kind": entry.kind,
        "symbol": draft.meta.get("symbol"),
        "units": draft.meta.get("units"),
        "amount": draft.meta.get("amount"),
        "currency": draft.meta.get("currency"),
        "status": "new" if new else "existing",
    }


def _refused(problems: list[Problem], rows: int) -> Refused:
    problems.sort(key=lambda problem: problem.line)
    first = problems[0]
    message = f"{len(problems)} of {rows} rows cannot be imported, so none is; line {first.line}: {first.message}"
    return Refused(
        message,
        code="import_refused",
        observed=len(problems),
        limit=0,
        problems=[problem.as_json() for problem in problems[:MOST_PROBLEMS]],
    )
