"""What was simulated by hand, and the routes of its sheets and tables, for a house without rooms behind it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from house_bodies import MARK, House, a_backtest_result, an_operation, stamp

from mintmark.research.drawing import svg
from mintmark.research.simulation_charts import Bands, band_drawing, map_drawing
from mintmark.research.sweep_map import map_of

FAST, SLOW = (5, 10, 15, 20), (40, 50, 60)
COLUMNS: dict[str, list[Any]] = {
    "number": list(range(12)),
    "fast": [fast for fast in FAST for _ in SLOW],
    "slow": [slow for _ in FAST for slow in SLOW],
    "sharpe_ratio": [round(0.9 - 0.05 * at, 2) for at in range(12)],
    "total_return": [0.4 - 0.05 * at for at in range(12)],
    "max_drawdown": [0.1 + 0.01 * at for at in range(12)],
    "total_trades": [100 + at for at in range(12)],
    "code": [None] * 12,
}
PLAN = {"folds": 10, "test_folds": 2, "purge": 20, "embargo": None, "metric": "sharpe_ratio"}
USD = {"amount": "100000.00", "currency": "USD"}


def simulations() -> dict[str, dict[str, Any]]:
    """Return a sweep, a Monte Carlo test and a backtest that ended, a sweep that runs, and a cross-validation."""
    best = {"fast": 5, "slow": 40, **{name: COLUMNS[name][0] for name in list(COLUMNS)[3:7]}}
    luck = {"dsr": 0.71, "dsr_trials": 12, "pbo": 0.31, "undefined": {}, "sheet_path": "results/sheet.html"}
    swept = {**luck, "combinations": 12, "best": [best], "initial_capital": USD, "table_path": "results/sweep.parquet"}
    real = {name: best[name] for name in ("sharpe_ratio", "total_return", "max_drawdown", "total_trades")}
    drawn = {"real": real, "p_value": 0.0199, "undefined": {}, "sheet_path": "results/sheet.html"}
    grid = {"grid": "fast=5:25:5,slow=40:70:10"}
    spread = {"sharpe_ratio": {"median": 0.57}, "total_return": {"median": 0.3}, "max_drawdown": {"median": 0.2}}
    paths = {"distribution": spread, "path_count": 9, "profitable_paths": 8 / 9, "sheet_path": "results/sheet.html"}
    ended = [
        _one("sweeping", "55", "completed", grid, swept),
        _one("montecarlo", "66", "completed", {"method": "block_bootstrap", "runs": 1000}, drawn),
        _one("backtesting", "77", "completed", {}, {**a_backtest_result(), **luck}),
        _one("sweeping", "88", "running", grid, None),
        _one("crossvalidation", "aa", "completed", {**grid, "plan": PLAN}, paths),
    ]
    ended[3]["progress"] |= {"percentage": 42.0, "current_step": "Combination 42/100, 12 a second"}
    return {one["operation_id"]: one for one in ended}


def _one(kind: str, key: str, status: str, given: dict[str, Any], result: dict[str, Any] | None) -> dict[str, Any]:
    known = {"strategy_name": "sma_cross", "initial_capital": USD, "random_state": 7, **given}
    meta = {"symbols": ["NASDAQ"], "timeframes": ["1d"], "pack_id": MARK["pack_id"], "parameters": known}
    return an_operation(kind, key, status, metadata=meta, result_summary=result, mark=MARK if result else None)


def a_sheet(kind: str) -> dict[str, Any]:
    """Return the sheet of one kind, its picture drawn as the house draws it."""
    days = np.arange(200, dtype=np.int64) * 86_400 * 10**9
    real = 100_000 * (1 + 0.1 * np.sin(days / days[-1] * 3))
    bands = np.array([real * (1 + share) for share in (-0.2, -0.1, 0.0, 0.1, 0.2)])
    fan = svg(band_drawing(Bands(days, real, bands, 1000, "Block bootstrap", "USD")))
    formula = {
        "heads": ["Metric", "Value", "Name", "Formula"],
        "kinds": ["text", "number", "name", "quiet"],
        "rows": [["Maximum drawdown", "11.80%", "max_drawdown", "max(1 − equity / peak)"]],
    }
    best = {"heads": ["fast", "Sharpe ratio, a year"], "kinds": ["number"] * 2, "rows": [["5", "+0.90"]]}
    parts = {
        "sweeping": [_part("best", "The best, by Sharpe ratio", [], [best])],
        "montecarlo": [_part("fan", "Equity that chance draws", [{"name": "fan", "svg": fan}], [])],
        "backtesting": [_part("metrics", "Metrics", [], [formula])],
    }
    tiles = [{"label": "Sharpe ratio, a year", "value": "+0.90"}, {"label": "Trades", "value": "100"}]
    return {"title": kind, "lead": "200 bars.", "tiles": tiles, "parts": parts.get(kind, [])}


def _part(name: str, title: str, drawings: list[Any], tables: list[Any]) -> dict[str, Any]:
    return {"name": name, "title": title, "said": [], "drawings": drawings, "tables": tables}


def routes(house: House) -> APIRouter:
    """Return the routes the page Backtests asks beyond those of any operation."""
    router = APIRouter()

    @router.get("/operations/{operation_id}/sheet")
    def sheet(operation_id: str) -> Any:
        from house_gates import gate_sheet

        kind = house.operations[operation_id]["operation_type"]
        return {"success": True, "data": gate_sheet() if kind == "selftest" else a_sheet(kind)}

    @router.get("/operations/{operation_id}/map")
    def sweep_map(metric: str = "sharpe_ratio", across: str = "fast", down: str = "slow") -> Any:
        found = map_of(COLUMNS, ["fast", "slow"], metric, (across, down))
        if found is None:
            return refused("bad_value", "a map needs two different parameters", field="across")
        sides = {"across": {"name": across, "values": found.across.tolist()}}
        sides["down"] = {"name": down, "values": found.down.tolist()}
        body = {"metric": metric, "parameters": ["fast", "slow"], "values": found.values.tolist(), **sides}
        return {"success": True, "data": {**body, "best": found.best, "tries": 12, "svg": svg(map_drawing(found))}}

    @router.get("/operations/{operation_id}/rows")
    def rows(table: str, sort: str, descending: bool, limit: int, offset: int) -> Any:
        columns = {"table": COLUMNS, "paths": _paths()}.get(table) or _trades()
        order = sorted(range(len(columns[sort])), key=lambda at: columns[sort][at], reverse=descending)
        shown = [[values[at] for values in columns.values()] for at in order[offset : offset + limit]]
        body = {"table": table, "columns": list(columns), "rows": shown, "total": len(order)}
        return {"success": True, "data": {**body, "limit": limit, "offset": offset}}

    for path, kind in (
        ("backtests", "backtesting"),
        ("sweeps", "sweeping"),
        ("montecarlo", "montecarlo"),
        ("crossvalidations", "crossvalidation"),
    ):
        router.add_api_route(f"/{path}", _starts(house, kind), methods=["POST"], status_code=202)
    return router


def _paths() -> dict[str, list[Any]]:
    return {"path": list(range(1, 10)), "sharpe_ratio": [0.4 + 0.03 * at for at in range(9)]}


def _trades() -> dict[str, list[Any]]:
    stamps = [stamp(at * 3_600.0) for at in range(31)]
    profit = [100.0 * math.sin(at) for at in range(31)]
    return {"side": [1, -1] * 15 + [1], "entry_stamp": stamps, "exit_stamp": stamps, "net_profit": profit}


def _starts(house: House, kind: str) -> Any:
    async def start(request: Request) -> Any:
        body = await request.json()
        if body.get("grid") == "fast":
            return refused("bad_value", "expected name=values, found 'fast'")
        for name, wrong in (("initial_capital", "lots"), ("max_bar_participation", "half")):
            if body.get(name) == wrong:
                problem = {"path": name, "message": "no amount", "code": "string_pattern_mismatch"}
                return refused("invalid_request", f"{name}: no amount", problems=[problem])
        if not body.get("symbol"):
            return refused("symbol_required", "sma_cross has no symbol of its own")
        made = _one(kind, "99", "pending", {"grid": body.get("grid")}, None)
        house.operations[made["operation_id"]] = made
        return {"operation_id": made["operation_id"], "success": True}

    return start


def refused(code: str, message: str, **details: Any) -> JSONResponse:
    body = {"error": code, "message": message, "details": details, "request_id": "req-9", "timestamp": stamp(0)}
    return JSONResponse(body, status_code=422)
