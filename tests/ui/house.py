"""A small house behind the real pages: the routes of the API with bodies of their true shape.

Run as ``python house.py PORT``. ``POST /house/{state}`` sets what the routes answer with:
``loaded`` (a running cycle, ended ones, packs), ``empty`` (nothing yet) or ``broken`` (every route fails).
"""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse

from mintmark.ui import mount

PACK = "PP_2018-12-31_SAMPLE_v1"
PACK_HASH = "4be1" * 16
START = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
MARK = {
    "pack_id": PACK,
    "pack_sha256": PACK_HASH,
    "ledger_hash": None,
    "code_version": "0.1.0",
    "operation_id": "op_agent_research_20260301_100000_aaaaaaaa",
    "sources": ["arch sample data"],
    "as_of": "2019-01-01T00:00:00Z",
    "made_at": "2026-03-01T10:00:21Z",
}


def day(number: int) -> str:
    return (datetime(1999, 1, 4, tzinfo=UTC) + timedelta(days=number)).isoformat().replace("+00:00", "Z")


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def an_operation(kind: str, key: str, status: str, **fields: Any) -> dict[str, Any]:
    progress = {"percentage": 100.0 if status == "completed" else 21.0, "current_step": None, "steps_completed": None}
    ended = None if status in ("running", "pending") else stamp(20)
    given = {
        "operation_id": f"op_{kind}_20260301_10{key}00_{key * 4}",
        "operation_type": kind,
        "parent_operation_id": None,
        "status": status,
        "phase": None,
        "child_operation_id": None,
        "created_at": stamp(0),
        "started_at": stamp(1),
        "completed_at": ended,
        "duration_seconds": 19.2,
        "progress": {**progress, "steps_total": None, "items_processed": None, "items_total": None, "context": None},
        "metadata": {"symbols": ["NASDAQ"], "timeframes": ["1d"], "pack_id": PACK, "parameters": {}},
        "error": None,
        "error_message": None,
        "worker_id": "host:1",
        "cancel_reason": None,
        "result_summary": None,
        "warnings": [],
        "starts": 1,
        "takeovers": 0,
        "checkpoint": None,
        "mark": None,
    }
    return {**given, **fields}


def rounds(count: int) -> list[dict[str, Any]]:
    return [
        {
            "round": at,
            "train_loss": 0.693 - 0.3 * (1 - math.exp(-at / 40)),
            "validation_loss": 0.693 - 0.12 * (1 - math.exp(-at / 25)) + at * 0.0003,
            "train_accuracy": 0.5 + 0.28 * (1 - math.exp(-at / 40)),
            "validation_accuracy": 0.5 + 0.14 * (1 - math.exp(-at / 30)),
            "seconds": at * 0.05,
        }
        for at in range(count)
    ]


def a_training_result() -> dict[str, Any]:
    history = {name: [row[name] for row in rounds(120)] for name in rounds(1)[0] if name not in ("round", "seconds")}
    return {
        "model_kind": "gbdt",
        "accuracy": 0.6123,
        "majority_accuracy": 0.58,
        "shuffled_accuracy": 0.71,
        "validation_accuracy": 0.64,
        "initial_loss": 0.693,
        "final_loss": 0.412,
        "loss_decrease": 0.4055,
        "test_loss": 0.655,
        "prior_loss": 0.68,
        "rounds_trained": 120,
        "best_round": 100,
        "feature_count": 6,
        "feature_names": ["1d_rsi_fast_oversold", "1d_rsi_fast_overbought", "1d_adx_adx_zscore", "1d_return_5"],
        "samples": {"train": 2400, "validation": 510, "test": 508, "purged": 41, "warmup": 30},
        "training_start": "1999-01-04",
        "training_end": "2013-12-31",
        "history": history,
        "undefined": {},
    }


def a_backtest_result() -> dict[str, Any]:
    def usd(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "USD"}

    folds = [
        {"fold": at, "sharpe_ratio": 0.4 + at / 5, "total_return": 0.05 * at, "total_trades": 9 + at}
        for at in range(1, 5)
    ]
    return {
        "start": "2014-01-20",
        "end": "2018-12-31",
        "out_of_sample": True,
        "bars": 1247,
        "bars_per_year": 252,
        "total_trades": 31,
        "winning_trades": 16,
        "losing_trades": 15,
        "win_rate": 0.5161,
        "initial_capital": usd("100000.00"),
        "final_equity": usd("141200.00"),
        "net_profit": usd("41200.00"),
        "fees": usd("310.20"),
        "total_return": 0.412,
        "annual_return": 0.0723,
        "sharpe_ratio": 1.24,
        "max_drawdown": 0.118,
        "profit_factor": None,
        "benchmark_return": 0.601,
        "benchmark_sharpe": 0.9,
        "psr": 0.97,
        "dsr": 0.71,
        "dsr_trials": 9,
        "pbo": 0.38,
        "pbo_splits": 12870,
        "cost_profile": "index",
        "walk_forward": {"folds": folds, "configurations": []},
        "signals": {"long": 700, "short": 0, "flat": 300, "below_threshold": 247},
        "undefined": {"profit_factor": "no_losses"},
    }


def an_answer(gate: str, position: int, code: str, observed: float, limit: float, passed: bool) -> dict[str, Any]:
    return {
        "gate": gate,
        "position": position,
        "code": code,
        "observed": observed,
        "limit": limit,
        "passed": passed,
        "decisive": not passed,
    }


GATES = [
    an_answer("training", 1, "accuracy_below_threshold", 0.6123, 0.45, True),
    an_answer("training", 2, "loss_too_high", 0.655, 0.8, True),
    an_answer("training", 3, "insufficient_loss_decrease", 0.4055, 0.2, True),
    an_answer("backtest", 1, "too_few_trades", 31, 10, True),
    an_answer("backtest", 2, "win_rate_too_low", 0.5161, 0.45, True),
    an_answer("backtest", 3, "drawdown_too_high", 0.118, 0.4, True),
    an_answer("backtest", 4, "sharpe_too_low", 1.24, -0.5, True),
]
ASSESSMENT = {
    "verdict": "mediocre",
    "capped_by": ["dsr"],
    "assessor": "rubric",
    "strengths": ["Sharpe 1.24 out of sample", "drawdown 11.8%"],
    "weaknesses": ["accuracy 61.2% is not above shuffled_accuracy 71.0%", "dsr 0.71 over 9 tries"],
    "suggestions": ["try a horizon of 10", "drop features below 1% gain"],
}


class House:
    """What the routes answer with."""

    def __init__(self) -> None:
        self.state = "loaded"
        self.round = 60
        self.operations: dict[str, dict[str, Any]] = {}
        for one in (*self._done(), *self._refused(), *self._active()):
            self.operations[one["operation_id"]] = one

    def _cycle(self, key: str, status: str, phase: str, **facts: Any) -> dict[str, Any]:
        given = {"phase": phase, "strategy_hash": "ab" * 32, "designer": "algorithm", "random_state": 7, **facts}
        meta = {"symbols": ["NASDAQ"], "timeframes": ["1d"], "pack_id": PACK, "parameters": given}
        return an_operation("agent_research", key, status, phase=phase, metadata=meta)

    def _child(self, kind: str, key: str, status: str, **fields: Any) -> dict[str, Any]:
        return an_operation(
            kind, key, status, parent_operation_id=f"op_agent_research_20260301_10{key}00_{key * 4}", **fields
        )

    def _done(self) -> list[dict[str, Any]]:
        facts = {
            "strategy_name": "starting_1",
            "assessment_verdict": "mediocre",
            "training_result": a_training_result(),
            "backtest_result": a_backtest_result(),
            "report_path": "strategies/starting_1/report.html",
            "training_op_id": "op_training_20260301_101100_11111111",
            "backtest_op_id": "op_backtesting_20260301_101100_11111111",
        }
        cycle = {**self._cycle("11", "completed", "assessing", **facts), "mark": MARK}
        children = [self._child(kind, "11", "completed") for kind in ("agent_design", "training", "backtesting")]
        children[2]["warnings"] = ["volume of NASDAQ is unknown"]
        return [cycle, *children, self._child("agent_assessment", "11", "completed", result_summary=ASSESSMENT)]

    def _refused(self) -> list[dict[str, Any]]:
        refusal = {
            "gate": "training",
            "code": "accuracy_below_threshold",
            "reason": "accuracy_below_threshold (40.0% < 45%)",
        }
        facts = {
            "strategy_name": "starting_2",
            "gate_rejection": refusal,
            "training_op_id": "op_training_20260301_102200_22222222",
        }
        said = f"Training gate failed: {refusal['reason']}"
        cycle = self._cycle(
            "22", "failed", "training", training_result={**a_training_result(), "accuracy": 0.4}, **facts
        )
        cycle |= {"error": {"code": "gate_refused", "message": said}, "error_message": said}
        return [cycle, self._child("agent_design", "22", "completed"), self._child("training", "22", "completed")]

    def _active(self) -> list[dict[str, Any]]:
        child = "op_training_20260301_103300_33333333"
        cycle = self._cycle("33", "running", "training", strategy_name="trend_rsi_0007", training_op_id=child)
        cycle["progress"] |= {"percentage": 21.0, "current_step": "Training model (round 80/200)"}
        return [cycle, self._child("agent_design", "33", "completed"), self._child("training", "33", "running")]

    def seen(self) -> list[dict[str, Any]]:
        return (
            []
            if self.state == "empty"
            else sorted(self.operations.values(), key=lambda one: one["operation_id"], reverse=True)
        )


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
    return {"state": state}


@app.get("/api/v1/agent/status")
def status() -> dict[str, Any]:
    active = [one for one in house.seen() if one["operation_type"] == "agent_research" and one["status"] == "running"]
    slots = {"busy": 0, "total": 1}
    return {
        "status": "active" if active else "idle",
        "active_researches": [
            {"operation_id": one["operation_id"], "phase": "training", "strategy_name": "trend_rsi_0007",
             "child_operation_id": None, "duration_seconds": 6.2, "waiting_for_worker": False} for one in active
        ],
        "last_cycle": None,
        "workers": {"training": slots},
        "budget": {"currency": "USD", "daily_limit": "5.00", "remaining": "4.94"},
        "capacity": {"active": len(active), "limit": 3},
    }  # fmt: skip


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
    limit: int = 50,
    offset: int = 0,
) -> Any:
    found = [
        one
        for one in house.seen()
        if operation_type in (None, one["operation_type"]) and status in (None, one["status"])
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
def events(operation_id: str) -> Any:
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
def equity(operation_id: str, points: int = 1000) -> Any:
    count = 1000
    wave = [100_000 * (1 + at / 2500 + 0.08 * math.sin(at / 60)) for at in range(count)]
    peaks = [max(wave[: at + 1]) for at in range(count)]
    return {"success": True, "data": {
        "stamps": [day(at) for at in range(count)], "equity": wave,
        "benchmark": [100_000 * (1 + at / 1700) for at in range(count)],
        "drawdown": [one / peak - 1 for one, peak in zip(wave, peaks, strict=True)], "currency": "USD"}}  # fmt: skip


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
        "grammar": 1, "name": name, "universe": {"symbols": ["NASDAQ"], "timeframe": "1d"},
        "indicators": {"rsi_fast": {"type": "rsi", "period": 14}}, "labels": {"kind": "zigzag", "threshold": 0.03},
        "model": {"kind": "gbdt", "params": {"rounds": 200, "leaves": 15}}, "decisions": {"enter_at": 0.55, "exit_at": 0.5},
    }  # fmt: skip
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
def quality(pack_id: str) -> Any:
    gap = {"after": "2001-09-10T00:00:00Z", "before": "2001-09-17T00:00:00Z"}
    one = {
        "symbol": "NASDAQ", "timeframe": "1d", "rows": 5031, "first": "1999-01-04T00:00:00Z", "last": "2018-12-31T00:00:00Z",
        "completeness": 0.9996, "gaps_total": 1050, "longest_gap_hours": 168.0, "flat_bars": 0, "max_abs_log_return": 0.1325,
        "gaps_by_kind": {"weekend": 900, "holiday": 149, "daily_break": 0, "unexpected": 1},
        "warnings": [{"code": "gap_unexpected", "message": "1 gaps the calendar XNYS does not explain", "count": 1, "gaps": [gap]}],
    }  # fmt: skip
    return {
        "success": True,
        "data": [one, {**one, "symbol": "SP500", "warnings": [], "gaps_by_kind": {"unexpected": 0}}],
    }


@app.get("/api/v1/packs/{pack_id}/bars")
def bars(pack_id: str, symbol: str, timeframe: str, points: int = 1000, start: str | None = None) -> Any:
    stamps = [at for at in map(day, range(7302)) if start is None or at >= start]
    thinned = stamps[:: max(1, len(stamps) // points)]
    close = [1000 + at / 5 + 80 * math.sin(at / 90) for at in range(len(thinned))]
    return {"success": True, "data": {
        "stamps": thinned, "open": [one - 3 * math.sin(one) for one in close], "close": close, "total": len(stamps),
        "high": [one + 6 for one in close], "low": [one - 6 for one in close], "volume": [1e6 + one for one in close],
        "downsampled": len(thinned) < len(stamps), "currency": "USD"}}  # fmt: skip


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


mount(app)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
