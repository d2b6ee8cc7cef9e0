"""A test of the gates that ended, and the route that starts one, for a house without rooms behind it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from house_bodies import MARK, House, an_operation
from house_simulations import refused

from mintmark.research.selftest import QUESTIONS, Kind, Outcome, rates_of
from mintmark.research.selftest_sheet import selftest_sheet
from mintmark.research.sheet_parts import json_of

SIZES = [0.8, 0.4, 0.2]
PASSED: dict[tuple[Kind, float | None], tuple[int, int, int]] = {
    ("noise", None): (67, 36, 0),
    ("edge", 0.8): (50, 48, 46),
    ("edge", 0.4): (44, 12, 9),
    ("edge", 0.2): (20, 7, 1),
}


def gate_tests() -> dict[str, dict[str, Any]]:
    """Return a test of the gates that ended."""
    return {one["operation_id"]: one for one in [_one("bb", "completed", {"sheet_path": "results/sheet.html"})]}


def gate_sheet() -> dict[str, Any]:
    """Return its sheet, as the house draws it."""
    outcomes = [
        Outcome(kind, number, *(number < count for count in counts), None, None, 1, size)
        for (kind, size), counts in PASSED.items()
        for number in range(200 if kind == "noise" else 50)
    ]
    assert len(QUESTIONS) == 3
    told = {
        "rates": rates_of(outcomes, SIZES), "sizes": SIZES, "cycles": 200, "edges": 50, "turning": 10, "sound": True,
        "planted": [{"size": size, "bars": 10, "sharpe_ratio": 15.87 * size} for size in SIZES],
        "symbols": ["NASDAQ", "SP500"], "timeframe": "1d", "pack_id": MARK["pack_id"], "random_state": 7, "mark": MARK,
    }  # fmt: skip
    return json_of(selftest_sheet(told))


def routes(house: House) -> APIRouter:
    """Return the route that starts a test of the gates."""
    router = APIRouter()

    @router.post("/selftests", status_code=202)
    async def start(request: Request) -> Any:
        body = await request.json()
        if len(set(body.get("sizes", []))) < len(body.get("sizes", [])):
            return refused("bad_value", "expected each size once, found 0.8, 0.8", field="sizes", value="0.8, 0.8")
        made = _one("cc", "running", None)
        made["progress"] |= {"percentage": 12.0, "current_step": "Cycle 31/250"}
        house.operations = {made["operation_id"]: made, **house.operations}
        return {"operation_id": made["operation_id"], "success": True}

    return router


def _one(key: str, status: str, result: dict[str, Any] | None) -> dict[str, Any]:
    meta = {"symbols": ["NASDAQ", "SP500"], "timeframes": ["1d"], "pack_id": MARK["pack_id"], "parameters": {}}
    return an_operation("selftest", key, status, metadata=meta, result_summary=result, mark=MARK if result else None)
