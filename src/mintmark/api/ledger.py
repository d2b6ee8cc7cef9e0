"""Routes of the ledger: its records."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from mintmark.api.faults import Answer
from mintmark.api.ledger_shapes import LedgerBalances, LedgerEntries, LedgerEntry, LedgerLots
from mintmark.api.shapes import errors, of
from mintmark.app import App, ledger_answers

Code = Annotated[str, Query(pattern=r"^[A-Z][A-Z0-9-]{0,31}$", description="The code of a portfolio")]
EntryId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Words = Annotated[str, Query(max_length=200, description="Words an entry holds, or how its hash begins")]


def routes(app: App) -> APIRouter:
    """Return the routes under ``/ledger``."""
    router = APIRouter(prefix="/ledger", tags=["ledger"])

    @router.get("/entries", responses={**of(LedgerEntries), **errors(404)})
    def entries(
        portfolio: Code | None = None,
        search: Words = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    ) -> Answer:
        """List entries, newest first."""
        return Answer(ledger_answers.entries(app, portfolio, search, limit, offset))

    @router.get("/entries/{entry_id}", responses={**of(LedgerEntry), **errors(404)})
    def entry(entry_id: EntryId) -> Answer:
        """Return one entry with its postings and its neighbours in the chain."""
        return Answer(ledger_answers.entry(app, entry_id))

    @router.get("/lots", responses={**of(LedgerLots), **errors(404)})
    def lots(portfolio: Code, asof_date: date | None = None, closed: bool = False) -> Answer:
        """List the lots of a portfolio at the end of a day."""
        return Answer(ledger_answers.lots(app, portfolio, asof_date, closed))

    @router.get("/balances", responses={**of(LedgerBalances), **errors(404)})
    def balances(portfolio: Code | None = None) -> Answer:
        """List what each account holds."""
        return Answer(ledger_answers.balances(app, portfolio))

    return router
