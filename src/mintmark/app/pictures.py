"""What the doors draw: bars, equity and reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mintmark.app.names import one_of_pattern
from mintmark.app.wiring import App
from mintmark.domain import iso, moment_of, stamp_of

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
