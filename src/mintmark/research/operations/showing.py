"""What research keeps in files, opened for whoever wants to see it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mintmark.domain import Refused, iso, moment_of
from mintmark.research.operations.library import Library

if TYPE_CHECKING:
    from mintmark.research.report import EquityCurve


def curve_of(library: Library, result: Mapping[str, Any]) -> EquityCurve | None:
    """Return the equity of a backtest's or a walk-forward's ``result``, None where it kept none.

    Raises:
        Refused: ``not_found`` when the kept file is gone.
        Damaged: it is not what its hash says.
    """
    import polars as pl

    from mintmark.research.report import EquityCurve

    if not result.get("equity_path"):
        return None
    frame = pl.read_parquet(io.BytesIO(library.fetch(result["equity_path"]).read_bytes()))
    stamps, equity = frame["stamp"].to_numpy(), frame["equity"].to_numpy()
    benchmark = frame["benchmark"].to_numpy() if "benchmark" in frame.columns else None
    capital = result["initial_capital"]
    return EquityCurve(stamps, equity, benchmark, capital["currency"], capital=float(capital["amount"]))


def equity_body(library: Library, operation: Mapping[str, Any], points: int) -> dict[str, Any]:
    """Return the equity, benchmark and drawdown of a backtest, thinned to at most ``points`` bars.

    Raises:
        Refused: ``not_found`` when the operation has no equity.
    """
    from mintmark.measures import thinned

    curve = curve_of(library, operation.get("result_summary") or {})
    if curve is None:
        identity = operation["operation_id"]
        raise Refused(f"{identity} has no equity to show", code="not_found", operation_id=identity)
    kept = thinned(curve.equity, points)
    return {
        "stamps": [iso(moment_of(int(stamp))) for stamp in curve.stamps[kept]],
        "equity": curve.equity[kept].tolist(),
        "benchmark": None if curve.benchmark is None else curve.benchmark[kept].tolist(),
        "drawdown": curve.falls()[kept].tolist(),
        "currency": curve.currency,
        "total": len(curve.stamps),
        "downsampled": len(kept) < len(curve.stamps),
    }


def report_text(library: Library, operation: Mapping[str, Any]) -> str:
    """Return the report of a cycle, or the sheet of what was simulated outside one.

    Raises:
        Refused: ``not_found`` when none was written.
    """
    path = (operation["metadata"].get("parameters") or {}).get("report_path")
    path = path or (operation.get("result_summary") or {}).get("sheet_path")
    if not path:
        identity = operation["operation_id"]
        raise Refused(f"{identity} has no report", code="not_found", operation_id=identity)
    return library.fetch(path).read_text(encoding="utf-8")
