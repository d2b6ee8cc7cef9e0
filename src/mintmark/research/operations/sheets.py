"""The sheets of backtests outside a cycle and of every other simulation, kept as files of a result."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import plain, titled, words
from mintmark.research.operations.table_file import TableColumns

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.research.sheet import SheetInput
    from mintmark.research.sheet_charts import Prices
    from mintmark.research.sheet_parts import Sheet

_PLACES = {
    True: "Out of sample.",
    False: "NOT out of sample: the model may have learned from these bars.",
    None: "A rule without a model: what its averages were chosen on is not known here.",
}


def sheet_files(pack: Pack, told: Mapping[str, Any], tables: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return ``sheet.html``, the same as JSON and its pictures by file name.

    ``told``: the result of a backtest with the measures of its run under ``measured``. ``tables``: the bytes of its
    Parquet tables ``equity`` and ``trades``.
    """
    # Drawing is heavy, and only a worker that ends a backtest draws.
    from mintmark.research.sheet import sheet_of

    return _files(sheet_of(sheet_input(pack, told, tables)))


def simulation_files(
    kind: str, told: Mapping[str, Any], tables: Mapping[str, bytes], pack: Pack | None = None
) -> dict[str, bytes]:
    """Return the files of the sheet of a sweep, a Monte Carlo test, a walk-forward or a cross-validation.

    ``tables``: the bytes of its Parquet tables. ``pack``: holds the prices the trades of a walk-forward are drawn on.
    """
    from mintmark.research.simulation_sheets import simulation_sheet

    columns = {name: TableColumns(content) for name, content in tables.items()}
    stamps = columns["equity"]["stamp"] if "equity" in columns else None
    prices = _prices(pack, told, int(stamps[0]), int(stamps[-1])) if pack is not None and stamps else ()
    return _files(simulation_sheet(kind, told, columns, prices))


def selftest_files(told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of the sheet of a test of the gates; ``told``: its result."""
    from mintmark.research.selftest_sheet import selftest_sheet

    return _files(selftest_sheet(told))


def _files(sheet: Sheet) -> dict[str, bytes]:
    from mintmark.research.sheet_parts import html_of, json_of, pictures_of

    pictures = {f"sheet_{name}.png": content for name, content in pictures_of(sheet).items()}
    shown = json.dumps(json_of(sheet), allow_nan=False, ensure_ascii=False).encode()
    return {"sheet.html": html_of(sheet).encode(), "sheet.json": shown, **pictures}


def sheet_input(pack: Pack, told: Mapping[str, Any], tables: Mapping[str, bytes]) -> SheetInput:
    """Return what the sheet of a kept backtest shows; see ``sheet_files``."""
    import polars as pl

    from mintmark.research.report_charts import EquityCurve
    from mintmark.research.sheet import SheetInput

    frames = {name: pl.read_parquet(io.BytesIO(content)) for name, content in tables.items()}
    stamps, equity, benchmark = (frames["equity"][name].to_numpy() for name in ("stamp", "equity", "benchmark"))
    capital = told["initial_capital"]
    return SheetInput(
        title=f"{titled(told['strategy_name'], told['parameters'])} on {', '.join(told['symbols'])}",
        curve=EquityCurve(stamps, equity, benchmark, capital["currency"], capital=float(capital["amount"])),
        trades={name: frames["trades"][name].to_numpy() for name in frames["trades"].columns},
        figures=_figures(told),
        bars_per_year=told["bars_per_year"],
        prices=_prices(pack, told, int(stamps[0]), int(stamps[-1])),
        mark=told["mark"],
        notes=_notes(told),
    )


def _figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return every measure of the run; what the result says of one, such as its currency, goes before."""
    measured = told["measured"]
    said = {name: value for name, value in told.items() if name not in ("undefined", "dsr", "dsr_trials")}
    return {**measured["metrics"], **said, "undefined": {**measured["undefined"], **told["undefined"]}}


def _prices(pack: Pack, told: Mapping[str, Any], first: int, last: int) -> list[Prices]:
    from mintmark.research.sheet_charts import Prices

    found = []
    for column, symbol in enumerate(told["symbols"]):
        bars = pack.bars(symbol, told["timeframe"])
        start, stop = np.searchsorted(bars.stamps, first), np.searchsorted(bars.stamps, last, side="right")
        part = bars.part(int(start), int(stop))
        found.append(Prices(symbol, column, part.stamps, part.close, pack.instrument(symbol).currency))
    return found


def _notes(told: Mapping[str, Any]) -> list[str]:
    notes = [_PLACES[told["out_of_sample"]], f"Cost profile {told['cost_profile']}; random slippage is seeded."]
    if told.get("no_trade_reason"):
        notes.append(f"No trade was made: {plain(told['no_trade_reason'])}.")
    counted = told["measured"]["rejections"].items()
    return notes + [f"{count:,} orders or parts of one not done: {words(code)}." for code, count in counted]
