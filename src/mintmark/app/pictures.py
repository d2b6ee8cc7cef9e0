"""What the doors draw: bars, equity, reports, sheets and the tables behind them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mintmark.app.names import one_of_pattern
from mintmark.app.wiring import App
from mintmark.domain import Refused, iso, moment_of, stamp_of

if TYPE_CHECKING:
    from mintmark.research import TableColumns

Body = dict[str, Any]


def bars(
    app: App, pack_id: str, symbol: str, timeframe: str, points: int, start: datetime | None, end: datetime | None
) -> Body:
    """Return the bars of a series of a pack from ``start`` up to ``end``, at most ``points`` of them.

    Where there are more, those stay that keep the shape of the closes.
    """
    import numpy as np

    from mintmark.measures import thinned

    pack = app.data.open(one_of_pattern("pack_id", pack_id))
    held = pack.bars(symbol, timeframe)
    first = 0 if start is None else int(np.searchsorted(held.stamps, stamp_of(start)))
    last = len(held) if end is None else int(np.searchsorted(held.stamps, stamp_of(end)))
    part = held.part(first, max(first, last))
    kept = thinned(part.close, points)
    columns = {name: getattr(part, name) for name in ("open", "high", "low", "close", "volume")}
    body = {
        "symbol": symbol,
        "timeframe": timeframe,
        "currency": pack.instrument(symbol).currency,
        "stamps": [iso(moment_of(int(stamp))) for stamp in part.stamps[kept]],
        **{name: None if column is None else column[kept].tolist() for name, column in columns.items()},
        "total": len(part),
        "downsampled": len(kept) < len(part),
    }
    return {"success": True, "data": body}


def equity(app: App, operation_id: str, points: int) -> Body:
    """Return the equity of a backtest."""
    return {"success": True, "data": app.research.equity(one_of_pattern("operation_id", operation_id), points)}


def report(app: App, operation_id: str) -> str:
    """Return the report of a cycle or the tear sheet of a backtest, a whole HTML document."""
    return app.research.report(one_of_pattern("operation_id", operation_id))


def sheet(app: App, operation_id: str) -> Body:
    """Return the sheet an operation stored: figures, and parts with sentences, pictures and tables.

    Raises:
        Refused: ``not_found`` when the operation has none.
    """
    result = _result(app, operation_id)
    path = result.get("sheet_path")
    if not path:
        raise _without(operation_id, "sheet")
    return {"success": True, "data": json.loads(app.research.file(str(path).removesuffix("html") + "json"))}


def rows(app: App, operation_id: str, table: str, sort: str | None, descending: bool, limit: int, offset: int) -> Body:
    """Return a part of a table an operation stored, in the order of ``sort``; what has no value comes last.

    Raises:
        Refused: ``not_found`` when the operation has no such table; ``unknown_name`` for a column it has not.
    """
    frame = stored_table(app, operation_id, table)
    if sort is not None and sort not in frame:
        raise _unknown("sort", sort, list(frame))
    part = frame.part(offset, limit, sort, descending)
    columns = {name: part[name].to_list() for name in part.columns}
    for name in [name for name in columns if name.endswith(_STAMPS)]:
        columns[name] = [None if stamp is None else iso(moment_of(int(stamp))) for stamp in columns[name]]
    if "exit_reason" in columns:
        from mintmark.simulation import EXIT_REASONS

        columns["exit_reason"] = [EXIT_REASONS[code] for code in columns["exit_reason"]]
    body = {
        "table": table,
        "columns": list(columns),
        "rows": [list(row) for row in zip(*columns.values(), strict=True)],
        "total": frame.height,
        "limit": limit,
        "offset": offset,
    }
    return {"success": True, "data": body}


def sweep_map(app: App, operation_id: str, metric: str, across: str | None, down: str | None) -> Body:
    """Return ``metric`` over two parameters of a sweep, drawn and as numbers.

    Raises:
        Refused: ``not_found`` for an operation that is no finished sweep; ``unknown_name``; ``bad_value`` where fewer
            than two parameters were swept.
    """
    from mintmark.research import sweep_map_body

    columns = stored_table(app, operation_id, "table")
    return {"success": True, "data": sweep_map_body(columns, metric, [name for name in (across, down) if name])}


_STAMPS = ("stamp", "side_start", "side_end")


def _result(app: App, operation_id: str) -> Body:
    operation = app.operations.get(one_of_pattern("operation_id", operation_id))
    found: Body = operation.get("result_summary") or {}
    return found


def stored_table(app: App, operation_id: str, table: str) -> TableColumns:
    """Return a table an operation stored; raises ``not_found``."""
    from mintmark.research import TableColumns

    result = _result(app, operation_id)
    path = str(result.get(f"{table}_path") or "")
    if not path.endswith(".parquet"):
        raise _without(operation_id, f"table {table}")
    return TableColumns(app.research.file(path))


def _without(operation_id: str, what: str) -> Refused:
    return Refused(f"{operation_id} has no {what}", code="not_found", operation_id=operation_id)


def _unknown(field: str, name: str, allowed: list[str]) -> Refused:
    message = f"expected one of {', '.join(allowed)}, found {name!r}"
    return Refused(message, code="unknown_name", field=field, name=name, allowed=allowed)
