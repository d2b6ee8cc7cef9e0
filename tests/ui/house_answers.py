"""Portfolios of a known house: patterns, and what the executor says to a question, in their true shape."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from house_bodies import House, stamp

GROWTH = "00000000-0000-4000-8000-0000000000f1"
PACK = "PP_2014-06-09_EOD_v1"
HEAD = "d8" * 32
SECURITY = "00000000-0000-4000-8000-0000000000a1"
EFFECTS = {"local": 0.01600136, "fx": 0.00360485, "interaction": 0.00005768, "income": 0.0, "trading": 0.0,
           "costs": -0.0004, "total": 0.01926389}  # fmt: skip
CHAIN = (
    ("positions", "ledger.positions"),
    ("valued", "pricing.apply_pack"),
    ("history", "portfolio.nav_history"),
    ("perf_strip", "metrics.compute"),
    ("currency_attr", "attribution.currency"),
    ("rating_badges", "ratings.aggregate"),
    ("charts", "charts.overview"),
)


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def portfolio() -> dict[str, Any]:
    return {
        "portfolio_id": GROWTH, "code": "GROWTH", "name": "Growth", "base_currency": "EUR", "policy": "EOD",
        "booking": "fifo", "allow_shorts": False, "tax_rule": "none", "benchmark": "SPY", "rights_profile": "default",
        "active": True, "created_at": stamp(0),
    }  # fmt: skip


def overview() -> dict[str, Any]:
    """Return the result of portfolio_overview: 700 AAPL and some cash, in EUR."""
    held = {
        "symbol": "AAPL", "security_id": SECURITY, "units": "700", "price": money("93.7", "USD"),
        "price_date": "2014-06-09", "value": money("65590", "USD"), "value_base": money("48253.4871402507"),
        "weight": "0.9602", "cost_base": money("40000"), "unrealized": money("8253.4871402507"), "margin": False,
    }  # fmt: skip
    cash = {"kind": "cash", "symbol": None, "amount": money("2000"), "value_base": money("2000"), "weight": "0.0398"}
    day = {"twr": 0.01966390, "annual": None, "opens": "2014-06-06", "days": 3}
    year = {"twr": -0.0312, "annual": -0.0312, "opens": "2013-06-09", "days": 365}
    days = [(date(2013, 6, 10) + timedelta(days=at)).isoformat() for at in range(364)]
    return {
        "valued": {
            "base_currency": "EUR", "asof": "2014-06-09", "nav": money("50253.4871402507"),
            "invested": money("48253.4871402507"), "cash": money("2000"), "positions": [held], "money": [cash],
        },
        "perf_strip": {
            "twr": {"1d": day, "mtd": day, "ytd": year, "1y": year, "3y": None, "inception": year},
            "mwr": {"annual": -0.031, "period": -0.031, "days": 365, "roots": [-0.031]},
            "annual_volatility": {"30": 0.1211, "90": 0.1305, "252": 0.1402},
            "sharpe_ratio": None,
            "max_drawdown": {"depth": 0.25, "peak": days[9], "trough": days[90], "recovery": None},
            "beta": 1.02, "benchmark": "SPY", "returns_counted": 251,
        },
        "currency_attr": {
            "opens": "2014-06-06", "days": 252, "effects": EFFECTS, "hedged": 0.0156, "twr": 0.01926389,
            "by_position": [{"symbol": "AAPL", "currency": "USD", "effects": EFFECTS}],
            "by_currency": [{"symbol": None, "currency": "USD", "effects": EFFECTS}],
        },
        "rating_badges": None,
        "charts": {
            "nav": [{"date": day, "value": 50_000.0 + at} for at, day in enumerate(days)],
            "growth": [{"date": day, "value": 1 + at / 4000} for at, day in enumerate(days)],
            "benchmark": [{"date": day, "value": 1 + at / 2500} for at, day in enumerate(days)],
            "allocation": [{"name": "AAPL", "weight": "0.9602"}, {"name": "cash EUR", "weight": "0.0398"}],
            "currencies": [{"name": "USD", "weight": "0.9602"}, {"name": "EUR", "weight": "0.0398"}],
        },
    }  # fmt: skip


def step(index: int, key: str, capability: str, **more: Any) -> dict[str, Any]:
    return {"index": index, "as": key, "capability": capability, "agent": "financial_analyst", "status": "ok",
            "reason": None, "duration_ms": 12.5, "source": ["ledger", "fred"], "asof": "2014-06-09", "ttl": 6_000,
            "confidence": 1.0, **more}  # fmt: skip


def answer(result: dict[str, Any], chain: Any, **more: Any) -> dict[str, Any]:
    """Return the body of an answer with ``result``."""
    steps = [step(at, *one) for at, one in enumerate(chain)]
    for one in steps:
        if one["as"] == "rating_badges":
            one |= {"status": "refused", "reason": "fundamentals_missing", "agent": None, "confidence": None,
                    "ttl": None, "source": []}  # fmt: skip
    return {
        "result": result,
        "undefined": {"perf_strip.sharpe_ratio": "rf_missing", "perf_strip.twr.3y": "history_too_short",
                      "perf_strip.max_drawdown.recovery": "not_recovered", "dar_widget.dar": "history_too_short"},
        "refusals": [{"step": "rating_badges", "capability": "ratings.aggregate", "code": "fundamentals_missing",
                      "message": "no statements of AAPL: import fundamentals", "details": {}}],
        "warnings": [{"code": "pack_restated", "message": f"{PACK} was restated: price_correction"}],
        "metadata": {
            "pricing_pack_id": PACK, "pack_sha256": "4b" * 32, "pack_state": "fresh", "ledger_commit_hash": HEAD,
            "pattern_id": more.get("pattern_id", "portfolio_overview"), "pattern_sha256": "9a" * 32,
            "asof_date": "2014-06-09", "code_version": "0.1.0", "timestamp": stamp(0), "duration_ms": 84.2,
            "sources": ["fred", "ledger"], "attributions": ["Source: FRED"], "watermarks": [],
            "trace": {"agents": ["financial_analyst"], "capabilities": [], "sources": [], "panels": [], "steps": steps,
                      "cache": {"hits": 0, "misses": 6}},
        },
        "trace_id": "ab" * 16, "request_id": "00000000-0000-4000-8000-0000000000e1",
    }  # fmt: skip


def pattern(id: str, name: str, inputs: dict[str, Any], outputs: list[str], panels: list[Any]) -> dict[str, Any]:
    asked = {
        "type": "uuid",
        "required": True,
        "default": None,
        "min": None,
        "max": None,
        "enum": None,
        "description": "",
    }
    more = {key: {**asked, "required": False, **one} for key, one in inputs.items()}
    return {"id": id, "name": name, "description": f"{name}, asked of one pack.", "version": "1.0.0",
            "category": "performance", "inputs": {"portfolio_id": asked, **more}, "outputs": outputs, "panels": panels,
            "min_role": "viewer", "effects": False, "sha256": "9a" * 32,
            "export_allowed": {"json": True, "csv": True, "xlsx": False, "pdf": True}}  # fmt: skip


PATTERNS = {
    one["id"]: one
    for one in (
        pattern("portfolio_overview", "Portfolio overview",
                {"lookback_days": {"type": "integer", "default": 252, "min": 1, "max": 12600}},
                ["perf_strip", "currency_attr", "rating_badges", "valued", "charts"], []),
        pattern("portfolio_macro_overview", "Macro overview", {"confidence": {"type": "number", "default": 0.95}},
                ["regime_card", "dar_widget"],
                [{"id": "regime", "title": "Regime", "type": "metrics", "ttl": 3600, "from": "regime_card"}]),
        pattern("portfolio_tax_report", "Tax report", {"tax_year": {"type": "integer", "required": True}},
                ["summary"], []),
    )
}  # fmt: skip
MACRO = {
    "regime_card": {"regime": "LATE_EXPANSION", "score": 96.4, "share": 0.2741, "slots": [
        {"id": "curve", "z": 0.19, "asof": "2007-12-28"}, {"id": "unemployment", "z": None, "asof": None}]},
    "dar_widget": {"dar": None, "limit": 0.15, "money": money("-1250.50")},
}  # fmt: skip


def routes(house: House) -> APIRouter:
    """Return the routes of portfolios, patterns and the executor; ``house.asked`` keeps every question."""
    router = APIRouter()

    @router.get("/portfolios")
    def portfolios() -> Any:
        return {"success": True, "data": [] if house.state == "empty" else [portfolio()]}

    @router.post("/portfolios", status_code=201)
    async def create(request: Request) -> Any:
        body = await request.json()
        problem = {"path": "base_currency", "message": "base_currency: expected a currency, found 'XX'", "code": "x"}
        if body["base_currency"] == "XX":
            return no(422, "invalid_request", problem["message"], problems=[problem])
        return {"success": True, "data": {**portfolio(), "code": body["code"]}}

    @router.get("/patterns")
    def patterns() -> Any:
        plain = ("id", "name", "description", "version", "category", "min_role", "effects")
        return {"success": True, "data": [{name: one[name] for name in plain} for one in PATTERNS.values()]}

    @router.get("/patterns/{pattern_id}")
    def one_pattern(pattern_id: str) -> Any:
        return {"success": True, "data": PATTERNS[pattern_id]}

    @router.post("/execute")
    async def execute(request: Request) -> Any:
        body = await request.json()
        house.asked.append(body)
        return _said(house.state, body)

    @router.get("/asked")
    def asked() -> Any:
        return house.asked

    return router


def _said(state: str, body: dict[str, Any]) -> Any:
    if state == "warming" and body.get("require_fresh", True) and "pack_id" not in body:
        told = {"pack_id": PACK, "status": "warming", "missing": ["EURUSD"], "retry_after": 60}
        more = {"estimated_ready": "2000-01-01T00:00:00Z", "last_fresh_pack_id": "PP_2014-06-06_EOD_v1"}
        return no(503, "pricing_pack_warming", f"{PACK} is warming", **told, **more)
    if state == "forbidden":
        return no(403, "forbidden", "portfolio_overview asks for the role trader, yours is viewer", expected="trader")
    if body.get("format") == "pdf":
        return no(403, "export_not_permitted", "newsapi forbids it", blocked_sources=["newsapi"])
    if "format" in body:
        made = {
            "artifact_id": GROWTH,
            "bytes": 1_234,
            "format": body["format"],
            "sha256": "5c" * 32,
            "url": "/api/v1/x",
        }
        return answer(made, CHAIN)
    if body["pattern_id"] == "portfolio_overview":
        return answer(overview(), CHAIN)
    chain = [("regime_card", "macro.detect_regime"), ("dar_widget", "macro.compute_dar")]
    return answer(MACRO, chain, pattern_id=body["pattern_id"])


def no(http: int, code: str, message: str, **details: Any) -> JSONResponse:
    body = {"error": code, "message": message, "details": details, "request_id": "req-no", "timestamp": stamp(0)}
    return JSONResponse(body, status_code=http)
