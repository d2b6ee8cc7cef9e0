"""A small house behind the real pages: the routes of the API with bodies of their true shape.

Run as ``python house.py PORT``. ``POST /house/{state}`` sets what the routes answer with:
``loaded`` (a running cycle, ended ones, packs), ``simulated`` (and what was simulated by hand), ``empty``
(nothing yet), ``warming`` (tonight's pack is), ``forbidden`` (a viewer asks) or ``broken`` (every route fails).
"""

from __future__ import annotations

import math
import sys
from typing import Any

import house_answers
import house_gates
import house_ledger
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from house_bodies import GATES, PACK, PACK_HASH, House, an_answer, day, rounds, stamp
from house_gates import gate_tests
from house_simulations import routes, simulations

from mintmark.ui import mount

house = House()
app = FastAPI()


@app.middleware("http")
async def breaks(request: Request, call_next: Any) -> Any:
    if house.state == "broken" and request.url.path.startswith("/api/"):
        body = {"error": "store_unavailable", "message": "the database does not answer", "details": {}}
        return JSONResponse({**body, "request_id": "req-7f3a", "timestamp": stamp(0)}, status_code=503)
    return await call_next(request)


@app.post("/house/{state}", include_in_schema=False)
def set_state(state: str) -> dict[str, str]:
    house.__init__()
    house.state = state
    if state == "simulated":
        house.operations |= simulations() | gate_tests()
    return {"state": state}


@app.get("/api/v1/agent/status")
def status() -> dict[str, Any]:
    active = [
        one
        for one in house.seen()
        if one["operation_type"] == "agent_research" and one["status"] in ("running", "pending")
    ]
    slots = {"busy": 0, "total": 1}
    return {
        "status": "active" if active else "idle",
        "active_researches": [
            {
                "operation_id": one["operation_id"],
                "phase": "training",
                "strategy_name": "trend_rsi_0007",
                "child_operation_id": None,
                "duration_seconds": 6.2,
                "waiting_for_worker": False,
            }
            for one in active
        ],
        "last_cycle": None,
        "workers": {"training": slots},
        "budget": {"currency": "USD", "daily_limit": "5.00", "remaining": "4.94"},
        "capacity": {"active": len(active), "limit": 3},
    }


@app.post("/api/v1/agent/trigger", status_code=202)
async def trigger(request: Request) -> Any:
    body = await request.json()
    if body.get("brief") and body.get("strategy"):
        refused = {"error": "conflicting_fields", "message": "brief and strategy exclude each other", "details": {}}
        return JSONResponse({**refused, "request_id": "req-1c", "timestamp": stamp(0)}, status_code=422)
    cycle = {**house._cycle("44", "pending", "idle", brief=body.get("brief")), "duration_seconds": None}
    house.operations[cycle["operation_id"]] = cycle
    return {"triggered": True, "operation_id": cycle["operation_id"], "message": "Research cycle started"}


@app.get("/api/v1/operations")
def operations(
    operation_type: str | None = None,
    status: str | None = None,
    active_only: bool = False,
    roots_only: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> Any:
    found = [
        one
        for one in house.seen()
        if operation_type in (None, one["operation_type"])
        and status in (None, one["status"])
        and not (roots_only and one["parent_operation_id"])
    ]
    active = [one for one in found if one["status"] in ("running", "pending")]
    chosen = active if active_only else found
    data = chosen[offset : offset + limit]
    return {
        "success": True,
        "data": data,
        "total_count": len(chosen),
        "active_count": len(active),
        "limit": limit,
        "offset": offset,
    }


def known(operation_id: str) -> dict[str, Any] | None:
    return house.operations.get(operation_id)


@app.get("/api/v1/operations/{operation_id}")
def show(operation_id: str) -> Any:
    one = known(operation_id)
    if one is None:
        refused = {"error": "not_found", "message": f"there is no operation {operation_id}", "details": {}}
        return JSONResponse({**refused, "request_id": "req-404", "timestamp": stamp(0)}, status_code=404)
    return {"success": True, "data": one}


@app.get("/api/v1/operations/{operation_id}/children")
def children(operation_id: str) -> Any:
    return {
        "success": True,
        "data": [one for one in house.operations.values() if one["parent_operation_id"] == operation_id],
    }


@app.get("/api/v1/operations/{operation_id}/gates")
def gates(operation_id: str) -> Any:
    refused = [an_answer("training", 1, "accuracy_below_threshold", 0.4, 0.45, False), *GATES[1:3]]
    return {"success": True, "data": {"1": GATES, "2": refused}.get(operation_id[-1], [])}


@app.get("/api/v1/operations/{operation_id}/events")
def events() -> Any:
    row = {"at": stamp(0), "kind": "status", "from": "pending", "to": "running", "worker_id": "host:1", "detail": None}
    return {
        "success": True,
        "data": [row, {**row, "kind": "checkpoint", "from": None, "to": None, "detail": {"round": 25}}],
    }


@app.get("/api/v1/operations/{operation_id}/metrics")
def metrics(operation_id: str, after: int = -1) -> Any:
    house.round += 1
    shown = rounds(120 if operation_id.endswith("1") else min(house.round, 200))
    return {"success": True, "data": [row for row in shown if row["round"] > after]}


@app.get("/api/v1/operations/{operation_id}/equity")
def equity() -> Any:
    count = 1000
    wave = [100_000 * (1 + at / 2500 + 0.08 * math.sin(at / 60)) for at in range(count)]
    peaks = [max(wave[: at + 1]) for at in range(count)]
    return {
        "success": True,
        "data": {
            "stamps": [day(at) for at in range(count)],
            "equity": wave,
            "benchmark": [100_000 * (1 + at / 1700) for at in range(count)],
            "drawdown": [one / peak - 1 for one, peak in zip(wave, peaks, strict=True)],
            "currency": "USD",
        },
    }


@app.get("/api/v1/operations/{operation_id}/report")
def report(operation_id: str) -> HTMLResponse:
    return HTMLResponse(f"<title>{operation_id}</title>")


@app.delete("/api/v1/operations/{operation_id}")
async def cancel(operation_id: str, request: Request) -> Any:
    reason = (await request.json()).get("reason")
    for one in house.operations.values():
        if operation_id in (one["operation_id"], one["parent_operation_id"]) and one["status"] in (
            "running",
            "pending",
        ):
            one |= {"status": "cancelled", "cancel_reason": reason, "completed_at": stamp(30)}
    return {"success": True, "data": {"operation_id": operation_id, "status": "cancelled"}}


@app.post("/api/v1/operations/{operation_id}/resume")
def resume(operation_id: str) -> Any:
    house.operations[operation_id] |= {"status": "running", "cancel_reason": None, "completed_at": None}
    return {
        "success": True,
        "data": {
            "operation_id": operation_id,
            "status": "resuming",
            "resumed_from": {"phase": "training", "round": 50},
        },
    }


@app.get("/api/v1/strategies")
def strategies() -> Any:
    row = {"name": "starting_1", "hash": "ab" * 32, "verdict": "mediocre", "approved": False, "created_at": stamp(0)}
    return {
        "success": True,
        "data": []
        if house.state == "empty"
        else [{**row, "operation_id": "op_agent_research_20260301_101100_11111111"}],
    }


@app.get("/api/v1/strategies/{name}")
def strategy(name: str) -> Any:
    spec = {
        "grammar": 1,
        "name": name,
        "universe": {"symbols": ["NASDAQ"], "timeframe": "1d"},
        "indicators": {"rsi_fast": {"type": "rsi", "period": 14}},
        "labels": {"kind": "zigzag", "threshold": 0.03},
        "model": {"kind": "gbdt", "params": {"rounds": 200, "leaves": 15}},
        "decisions": {"enter_at": 0.55, "exit_at": 0.5},
    }
    return {"success": True, "data": {"name": name, "hash": "ab" * 32, "spec": spec}}


@app.get("/api/v1/packs")
def packs() -> Any:
    newer = {"pack_id": PACK, "pack_sha256": PACK_HASH, "as_of": "2018-12-31", "superseded_by": None}
    older = {
        "pack_id": "PP_2018-12-31_SAMPLE_v0",
        "pack_sha256": "77" * 32,
        "as_of": "2018-12-31",
        "superseded_by": PACK,
    }
    return {"success": True, "data": [] if house.state == "empty" else [newer, older]}


@app.get("/api/v1/packs/{pack_id}")
def pack(pack_id: str) -> Any:
    return {
        "success": True,
        "data": {"pack_id": pack_id, "as_of": "2018-12-31", "sources": ["arch sample data"], "macro": ["VIX", "WTI"]},
    }


@app.get("/api/v1/packs/{pack_id}/quality")
def quality() -> Any:
    gap = {"after": "2001-09-10T00:00:00Z", "before": "2001-09-17T00:00:00Z"}
    one = {
        "symbol": "NASDAQ",
        "timeframe": "1d",
        "rows": 5031,
        "first": "1999-01-04T00:00:00Z",
        "last": "2018-12-31T00:00:00Z",
        "completeness": 0.9996,
        "gaps_total": 1050,
        "longest_gap_hours": 168.0,
        "flat_bars": 0,
        "max_abs_log_return": 0.1325,
        "gaps_by_kind": {"weekend": 900, "holiday": 149, "daily_break": 0, "unexpected": 1},
        "warnings": [
            {
                "code": "gap_unexpected",
                "message": "1 gaps the calendar XNYS does not explain",
                "count": 1,
                "gaps": [gap],
            }
        ],
    }
    return {
        "success": True,
        "data": [one, {**one, "symbol": "SP500", "warnings": [], "gaps_by_kind": {"unexpected": 0}}],
    }


@app.get("/api/v1/packs/{pack_id}/bars")
def bars(points: int = 1000, start: str | None = None) -> Any:
    stamps = [at for at in map(day, range(7302)) if start is None or at >= start]
    thinned = stamps[:: max(1, len(stamps) // points)]
    close = [1000 + at / 5 + 80 * math.sin(at / 90) for at in range(len(thinned))]
    return {
        "success": True,
        "data": {
            "stamps": thinned,
            "open": [one - 3 * math.sin(one) for one in close],
            "close": close,
            "total": len(stamps),
            "high": [one + 6 for one in close],
            "low": [one - 6 for one in close],
            "volume": [1e6 + one for one in close],
            "downsampled": len(thinned) < len(stamps),
            "currency": "USD",
        },
    }


@app.get("/api/v1/workers")
def workers() -> Any:
    row = {
        "worker_id": "host:1",
        "host": "host",
        "pid": 7,
        "queues": ["training", "backtesting"],
        "slots": 1,
        "busy": 1,
    }
    return {
        "success": True,
        "data": [] if house.state == "empty" else [{**row, "last_heartbeat": stamp(0), "live": True}],
    }


app.include_router(routes(house), prefix="/api/v1")
app.include_router(house_gates.routes(house), prefix="/api/v1")
app.include_router(house_answers.routes(house), prefix="/api/v1")
app.include_router(house_ledger.routes(house), prefix="/api/v1")
mount(app)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
