"""Routes of what is drawn: bars, equity, reports, sheets, and the tables behind them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import HTMLResponse, Response

from mintmark.api.faults import Answer
from mintmark.api.shapes import Shape, errors, of
from mintmark.app import App, OperationId, PackId, pictures
from mintmark.domain import Timeframe

Points = Annotated[int, Query(ge=3, le=5_000, description="At most so many; those stay that keep the shape.")]
TableName = Literal["table", "runs", "windows", "trades", "equity", "fan", "paths", "returns", "cycles"]
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


class Tile(Shape):
    label: str
    value: str


class Picture(Shape):
    name: str
    svg: str


class Table(Shape):
    heads: list[str]
    kinds: list[Literal["text", "number", "name", "quiet"]]
    rows: list[list[str]]


class SheetPart(Shape):
    name: str
    title: str
    said: list[str]
    drawings: list[Picture]
    tables: list[Table]


class Sheet(Shape):
    title: str
    lead: str
    tiles: list[Tile]
    parts: list[SheetPart]


class OneSheet(Shape):
    success: Literal[True]
    data: Sheet


class Rows(Shape):
    table: str
    columns: list[str]
    rows: list[list[Any]]
    total: int
    limit: int
    offset: int


class OneTable(Shape):
    success: Literal[True]
    data: Rows


class Side(Shape):
    name: str
    values: list[float]


class SweepMap(Shape):
    metric: str
    parameters: list[str]
    across: Side
    down: Side
    values: list[list[float | None]]
    best: list[int] | None
    tries: int
    folded: bool
    svg: str


class OneSweepMap(Shape):
    success: Literal[True]
    data: SweepMap


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
        """Return the report of a cycle, or the sheet of what was simulated: one HTML file that needs no network."""
        return HTMLResponse(pictures.report(app, operation_id), headers=_SEALED)

    _sheets(app, router)

    return router


def _sheets(app: App, router: APIRouter) -> None:
    @router.get("/operations/{operation_id}/sheet", tags=["operations"], responses={**of(OneSheet), **errors(404)})
    def sheet(operation_id: OperationId) -> Answer:
        """Return the sheet of what was simulated: figures, and parts with sentences, pictures (SVG) and tables."""
        return Answer(pictures.sheet(app, operation_id))

    @router.get("/operations/{operation_id}/rows", tags=["operations"], responses={**of(OneTable), **errors(404, 422)})
    def rows(
        operation_id: OperationId,
        table: TableName,
        sort: Annotated[str | None, Query(max_length=80)] = None,
        descending: bool = True,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    ) -> Answer:
        """Return a part of a table it stored: ``table`` (a sweep), ``runs``, ``windows``, ``paths``, ``trades``."""
        return Answer(pictures.rows(app, operation_id, table, sort, descending, limit, offset))

    @router.get(
        "/operations/{operation_id}/map", tags=["operations"], responses={**of(OneSweepMap), **errors(404, 422)}
    )
    def sweep_map(
        operation_id: OperationId,
        metric: Annotated[str, Query(max_length=40)] = "sharpe_ratio",
        across: Annotated[str | None, Query(max_length=80)] = None,
        down: Annotated[str | None, Query(max_length=80)] = None,
    ) -> Answer:
        """Return a metric of a sweep over two of its parameters, drawn (SVG) and as numbers."""
        return Answer(pictures.sweep_map(app, operation_id, metric, across, down))
