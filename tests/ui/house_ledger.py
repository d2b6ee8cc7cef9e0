"""The ledger of a known house: entries in a chain, and an import that marks bad rows."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from house_answers import no
from house_bodies import House, stamp

COUNT = 120
LONG = "10" * 32
HEAD = {"ledger_commit_hash": f"{COUNT:064x}"}


def entry(number: int) -> dict[str, Any]:
    """Return entry ``number``: the first one a deposit, then one trade a day."""
    cash = {
        "account": "Assets:Portfolio:GROWTH:Cash",
        "commodity": "EUR",
        "units": "-125.5",
        "cost": None,
        "price": None,
    }
    lot = {"acquired": "2014-05-30", "commodity": "EUR", "label": "", "total": "125.5"}
    price = {"amount": "12.55", "commodity": "EUR"}
    held = {"account": "Assets:Portfolio:GROWTH:IBM", "commodity": "IBM", "units": "10", "cost": lot, "price": price}
    paid = {**cash, "account": "Equity:Deposits:GROWTH", "units": "-100000"}
    first = number == 1
    return {
        "sequence": number, "hash": f"{number:064x}", "id": f"00000000-0000-4000-8000-{number:012x}",
        "kind": "deposit" if first else "trade", "portfolio": "GROWTH", "date": "2014-05-30",
        "happened_at": "2014-05-30T13:30:00Z", "known_at": stamp(0), "external_id": f"x{number}",
        "narration": "Opening deposit" if first else f"Buy IBM no. {number}", "source": "csv",
        "meta": {} if first else {"symbol": "IBM", "units": "10"}, "reverses": None,
        "postings": [{**cash, "units": "100000"}, paid] if first else [held, cash],
    }  # fmt: skip


def routes(house: House) -> APIRouter:
    """Return the routes under ``/ledger``."""
    router = APIRouter(prefix="/ledger")
    _entries(router, house)
    _records(router, house)
    _verifying(router)
    router.add_api_route("/import", take, methods=["POST"])
    return router


def _entries(router: APIRouter, house: House) -> None:
    @router.get("/entries")
    def entries(search: str = "", before: int = COUNT + 1, limit: int = 50) -> Any:
        every = [] if house.state == "empty" else [entry(number) for number in range(COUNT, 0, -1)]
        found = [one for one in every if search in one["narration"] or one["hash"] == search]
        data = [one for one in found if one["sequence"] < before][:limit]
        return {"success": True, "data": data, "total_count": len(found), **HEAD}

    @router.get("/entries/{entry_id}")
    def one_entry(entry_id: str) -> Any:
        number = int(entry_id[-12:], 16)
        if not 1 <= number <= COUNT:
            return no(404, "not_found", f"there is no entry {entry_id}")
        beside = {"previous": entry(number - 1) if number > 1 else None, "next": None, "reversed_by": None}
        return {"success": True, "data": {**entry(number), **beside}}


def _records(router: APIRouter, house: House) -> None:
    @router.get("/lots")
    def lots() -> Any:
        lot = {"portfolio": "GROWTH", "id": "IBM/2014-05-30", "symbol": "IBM", "acquired": "2014-05-30", "label": "",
               "units": "1190", "cost": "14934.5", "currency": "USD", "fx": "0.7342", "fee": "5"}  # fmt: skip
        lot["margin"] = False
        return {"success": True, "data": [] if house.state == "empty" else [lot], **HEAD}

    @router.get("/balances")
    def balances() -> Any:
        row = {"portfolio": "GROWTH", "account": "Assets:Portfolio:GROWTH:Cash", "commodity": "EUR", "units": "85065.5"}
        return {"success": True, "data": [] if house.state == "empty" else [row], **HEAD}


def _verifying(router: APIRouter) -> None:
    stopped = asyncio.Event()

    @router.get("/verify")
    async def verify(expect: str | None = None) -> Any:
        if expect == LONG:
            await stopped.wait()
            return no(409, "verify_cancelled", "stopped at entry 50,000 of 120,000", observed=50_000)
        wanted = None if expect is None else {"hash": expect, "found": False, "sequence": None}
        report = {"valid": expect is None, "entries": COUNT, "head": f"{COUNT:064x}", "anchors": 3, "first_bad": None,
                  "expected": wanted}  # fmt: skip
        if expect is None:
            return {"success": True, "data": report}
        return no(404, "ledger_commit_not_found", f"no entry of this chain has the hash {expect}", **report)

    @router.get("/verify/{run}")
    def progress(run: str) -> Any:
        far = {"done": 50_000, "total": 120_000, "percentage": 41.7, "entries_per_second": 25_000.0}
        return {"success": True, "data": {"run": run, **far, "duration_seconds": 2.0, "seconds_left": 2.8}}

    @router.delete("/verify/{run}")
    def stop(run: str) -> Any:
        stopped.set()
        return {"success": True, "data": {"run": run, "stopping": True}}


async def take(request: Request) -> Any:
    body = await request.json()
    rows = body["csv"].strip().splitlines()[1:]
    problems = [
        {"line": at + 2, "column": "price", "code": "invalid_request",
         "message": "price: expected a number above zero, found '-1'"}
        for at, row in enumerate(rows) if ",-1," in row
    ]  # fmt: skip
    if problems:
        return no(422, "import_refused", "rows cannot be imported", observed=len(problems), limit=0, problems=problems)
    lines = [
        {"line": at + 2, "date": row.split(",")[0], "kind": "trade", "symbol": "IBM", "units": "10", "amount": None,
         "currency": "EUR", "status": "new"}
        for at, row in enumerate(rows)
    ]  # fmt: skip
    report = {"rows": len(rows), "entries": len(rows), "existing": 0, "assumed_pay_dates": 0, "lines": lines}
    return {"success": True, "data": report}
