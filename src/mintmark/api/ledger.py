"""Routes of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from mintmark.api.faults import Answer
from mintmark.api.identity import actor_of
from mintmark.api.ledger_shapes import (
    ENTRIES_BODY,
    IMPORT_BODY,
    Balances,
    Entries,
    Imported,
    Lots,
    OneEntry,
    Positions,
    Posted,
    Verified,
    VerifyProgress,
    VerifyStopped,
)
from mintmark.api.shapes import errors, of
from mintmark.app import App, ImportRequest, ReverseRequest, ledger_answers, read_import

_PRINTED = r"^[^\x00-\x1f\x7f-\x9f]*$"
Code = Annotated[str | None, Query(pattern=r"^[A-Z][A-Z0-9-]{0,31}$", description="Code of a portfolio. Default: all.")]
AsOf = Annotated[date | None, Query(description="Count entries dated up to this day. Default: today.")]
EntryId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


async def _bytes(request: Request) -> bytes:
    return await request.body()


Bytes = Annotated[bytes, Depends(_bytes)]


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def routes(app: App) -> APIRouter:
    """Return the routes under ``/ledger``."""
    router = APIRouter(prefix="/ledger", tags=["ledger"])
    _writing(router, app)
    _reading(router, app)
    _verifying(router, app)
    return router


def _writing(router: APIRouter, app: App) -> None:
    @router.post("/entries", status_code=201, responses={**of(Posted, 201), **errors(404)}, openapi_extra=ENTRIES_BODY)
    def post(request: Request, body: Bytes) -> Answer:
        """Post entries, all or none; what is there under its external id is returned as it is."""
        return Answer(ledger_answers.post(app, actor_of(request), body), status_code=201)

    @router.post("/import", responses={**of(Imported), **errors(404)}, openapi_extra=IMPORT_BODY)
    def import_csv(request: Request, body: Bytes) -> Answer:
        """Import a broker's CSV, all rows or none, every error by its line."""
        asked: ImportRequest = read_import(body)
        return Answer(
            ledger_answers.import_csv(
                app,
                actor_of(request),
                asked.portfolio,
                asked.csv.encode(),
                layout=asked.map,
                source=asked.source,
                pay_lag_days=asked.pay_lag_days,
                dry_run=asked.dry_run,
            )
        )

    @router.post("/entries/{entry_id}/reverse", status_code=201, responses={**of(OneEntry, 201), **errors(404)})
    def reverse(request: Request, entry_id: EntryId, asked: ReverseRequest | None = None) -> Answer:
        """Post the mirror of an entry and restore its lots."""
        narration = asked.narration if asked else ""
        return Answer(ledger_answers.reverse(app, actor_of(request), entry_id, narration), status_code=201)


def _reading(router: APIRouter, app: App) -> None:
    @router.get("/entries", responses={**of(Entries), **errors(404)})
    def entries(
        request: Request,
        portfolio: Code = None,
        search: Annotated[
            str, Query(max_length=100, pattern=_PRINTED, description="Text in the entry, or how its hash begins.")
        ] = "",
        before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only entries before this one.")] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Answer:
        """List entries, the newest first, each with its hash."""
        return Answer(
            ledger_answers.entries(app, actor_of(request), portfolio, search=search, before=before, limit=limit)
        )

    @router.get("/entries/{entry_id}", responses={**of(OneEntry), **errors(404)})
    def entry(request: Request, entry_id: EntryId) -> Answer:
        """Show one entry with its neighbours in the chain."""
        return Answer(ledger_answers.entry(app, actor_of(request), entry_id))

    @router.get("/balances", responses={**of(Balances), **errors(404)})
    def balances(request: Request, portfolio: Code = None, asof: AsOf = None) -> Answer:
        """List balances by account."""
        return Answer(ledger_answers.balances(app, actor_of(request), portfolio, _text(asof)))

    @router.get("/lots", responses={**of(Lots), **errors(404)})
    def lots(request: Request, portfolio: Code = None, asof: AsOf = None, closed: bool = False) -> Answer:
        """List lots, oldest first."""
        return Answer(ledger_answers.lots(app, actor_of(request), portfolio, _text(asof), closed=closed))

    @router.get("/positions", responses={**of(Positions), **errors(404)})
    def positions(request: Request, portfolio: Code = None, asof: AsOf = None) -> Answer:
        """List positions, cash, receivables and margin."""
        return Answer(ledger_answers.positions(app, actor_of(request), portfolio, _text(asof)))


def _verifying(router: APIRouter, app: App) -> None:
    @router.get("/verify", responses={**of(Verified), **errors(404, 409)})
    def verify(
        request: Request,
        expect: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$", description="A hash to look for.")] = None,
        run: Annotated[UUID | None, Query(description="An id of yours, to ask by how far it is.")] = None,
    ) -> Answer:
        """Compute the whole chain again and compare every row and anchor with it."""
        return Answer(ledger_answers.verify_watched(app, actor_of(request), expect, run))

    @router.get("/verify/{run}", responses={**of(VerifyProgress), **errors(404)})
    def progress(request: Request, run: UUID) -> Answer:
        """Show how far a verification of yours is."""
        return Answer(ledger_answers.verify_progress(app, actor_of(request), run))

    @router.delete("/verify/{run}", responses={**of(VerifyStopped), **errors(404)})
    def stop(request: Request, run: UUID) -> Answer:
        """Stop a verification of yours; it answers `verify_cancelled`."""
        return Answer(ledger_answers.verify_stop(app, actor_of(request), run))
