"""Routes of what is drawn: bars, equity, reports."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import HTMLResponse, Response

from mintmark.api.faults import Answer
from mintmark.api.shapes import Shape, errors, of
from mintmark.app import App, OperationId, PackId, pictures
from mintmark.domain import Timeframe

Points = Annotated[int, Query(ge=3, le=5_000, description="At most so many; those stay that keep the shape.")]
Moment = Annotated[AwareDatetime | None, Query()]

# A report holds words from outside: no script of it may run.
_SEALED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


class Equity(Shape):
    stamps: list[str]
    equity: list[float]
    benchmark: list[float] | None
    drawdown: list[float]
    currency: str
    total: int
    downsampled: bool


class Drawn(Shape):
    symbol: str
    timeframe: str
    currency: str
    stamps: list[str]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float] | None
    total: int
    downsampled: bool


class OneEquity(Shape):
    success: Literal[True]
    data: Equity


class OneSeries(Shape):
    success: Literal[True]
    data: Drawn


def routes(app: App) -> APIRouter:
    """Return the routes that give what a page draws."""
    router = APIRouter()

    @router.get("/packs/{pack_id}/bars", tags=["packs"], responses={**of(OneSeries), **errors(404, 422)})
    def bars(
        pack_id: PackId,
        symbol: Annotated[str, Query(max_length=32)],
        timeframe: Timeframe,
        points: Points = 1_500,
        start: Moment = None,
        end: Moment = None,
    ) -> Answer:
        """Return the bars of one series, thinned to what a screen can show."""
        return Answer(pictures.bars(app, pack_id, symbol, timeframe.value, points, start, end))

    @router.get("/operations/{operation_id}/equity", tags=["operations"], responses={**of(OneEquity), **errors(404)})
    def equity(operation_id: OperationId, points: Points = 1_200) -> Answer:
        """Return the equity of a backtest over its benchmark, and its drawdown."""
        return Answer(pictures.equity(app, operation_id, points))

    @router.get(
        "/operations/{operation_id}/report",
        tags=["operations"],
        response_class=Response,
        responses={200: {"content": {"text/html": {}}}, **errors(404)},
    )
    def report(operation_id: OperationId) -> HTMLResponse:
        """Return the report of a cycle or the tear sheet of a backtest, one HTML file that needs no network."""
        return HTMLResponse(pictures.report(app, operation_id), headers=_SEALED)

    return router
