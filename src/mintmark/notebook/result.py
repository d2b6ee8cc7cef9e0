"""What a notebook gets back: frames, figures, a picture in the cell, and a sheet to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from mintmark.domain import Bars, Html, Refused, figure, label_of, table, tag, written
from mintmark.notebook.frames import times
from mintmark.simulation import EXIT_REASONS, BacktestResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mintmark.research.sheet import SheetInput

_SHOWN = (
    "total_return", "sharpe_ratio", "max_drawdown", "total_trades", "win_rate", "profit_factor", "net_profit", "dsr",
    "dsr_trials",
)  # fmt: skip
# A notebook has a theme of its own: these inks are read on white and on black.
INKS = (
    "--paper:transparent;--ink:currentColor;--muted:#828d99;--grid:#8080804d;--accent:#4f83ef;--gain:#2a9d68;"
    "--loss:#d65c56;--second:#8a93a0;max-width:960px;font-variant-numeric:tabular-nums"
)


@dataclass(frozen=True, eq=False)
class Backtest:
    """One run and its evidence. Amounts are in ``result.currency``, times UTC.

    ``result`` holds the arrays of the engine; ``evidence`` psr, dsr and how many tries on this data were counted.
    """

    title: str
    result: BacktestResult
    bars: Sequence[Bars]
    benchmark: NDArray[np.float64]
    evidence: Mapping[str, Any]
    mark: Mapping[str, Any]

    @cached_property
    def metrics(self) -> pl.DataFrame:
        """Every metric: name, value, and why it is null."""
        names, why = self._figures, {**self.result.undefined, **self.evidence["undefined"]}
        values = [None if value is None else float(value) for value in names.values()]
        schema = {"name": pl.String, "value": pl.Float64, "why": pl.String}
        rows = {"name": list(names), "value": values, "why": [why.get(name) for name in names]}
        return pl.DataFrame(rows, schema=schema)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row a closed piece of a position: symbol, side, times, prices, exit reason, costs and profit."""
        columns = self.result.trade_columns()
        kept = [name for name in columns if name not in ("column", "side", "exit_reason", "flags")]
        frame = pl.DataFrame({name: columns[name] for name in kept})
        reasons = [EXIT_REASONS[code] for code in columns["exit_reason"].tolist()]
        side = pl.Series("side", ["long" if one > 0 else "short" for one in columns["side"].tolist()], dtype=pl.String)
        return frame.select(
            self._symbols(columns["column"]),
            side,
            times(columns["entry_stamp"]).alias("entry_time"),
            times(columns["exit_stamp"]).alias("exit_time"),
            pl.Series("exit_reason", reasons, dtype=pl.String),
            pl.exclude("entry_stamp", "exit_stamp"),
        )

    @cached_property
    def fills(self) -> pl.DataFrame:
        """One row a fill: time, symbol, side, size, price, the mid then, and its costs."""
        columns = self.result.fill_columns()
        side = ["buy" if one > 0 else "sell" for one in columns["side"].tolist()]
        frame = pl.DataFrame({name: columns[name] for name in columns if name not in ("column", "side", "reason")})
        named = [self._symbols(columns["column"]), pl.Series("side", side, dtype=pl.String)]
        return frame.select(times(columns["stamp"]).alias("time"), *named, pl.exclude("stamp"))

    @cached_property
    def equity(self) -> pl.DataFrame:
        """One row a bar: time, equity at its close, buy and hold, and the fall from the peak as a fraction."""
        from mintmark.measures import drawdowns

        falls = drawdowns(self.result.equity, float(self.result.capital))
        values = {"equity": self.result.equity, "benchmark": self.benchmark, "drawdown": falls}
        return pl.DataFrame({"time": times(self.result.stamps), **values})

    def sheet(self, path: str | Path) -> Path:
        """Write the tear sheet, one HTML file that needs no network; return where it lies.

        Raises:
            Refused: ``already_exists``: nothing is written over another sheet.
            NotWritable: the disk takes no more.
        """
        from mintmark.research import sheet_html

        return write_sheet(path, sheet_html(self._sheet()))

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {written(name, self._figures[name])}" for name in _SHOWN[:4])
        return f"<Backtest {self.title}: {said}>"

    def _repr_html_(self) -> str:
        """Return the picture and the first figures, as a cell shows them."""
        from mintmark.research import sheet_svg

        shown = {**self._figures, "undefined": {**self.result.undefined, **self.evidence["undefined"]}}
        rows = [(label_of(name), figure(shown, name)) for name in _SHOWN]
        picture = Html(sheet_svg(self._sheet(), "equity"))
        return str(tag("div", tag("b", self.title), picture, table(("", ""), rows, (1,)), style=INKS))

    @cached_property
    def _figures(self) -> dict[str, Any]:
        found = {name: value for name, value in self.evidence.items() if name != "undefined"}
        return {**self.result.metrics, **found}

    def _sheet(self) -> SheetInput:
        from mintmark.research import SheetInput

        undefined = {**self.result.undefined, **self.evidence["undefined"]}
        return SheetInput.of(
            self.result,
            self.bars,
            title=self.title,
            benchmark=self.benchmark,
            mark=self.mark,
            more={**self.evidence, "undefined": undefined},
        )

    def _symbols(self, columns: NDArray[Any]) -> pl.Series:
        return pl.Series("symbol", [self.result.symbols[at] for at in columns.tolist()], dtype=pl.String)


def write_sheet(path: str | Path, html: str) -> Path:
    """Write ``html`` to a new file at ``path``; return where it lies.

    Raises:
        Refused: ``already_exists``.
        NotWritable: the disk takes no more.
    """
    from mintmark.store import write_once

    place = Path(path).expanduser().absolute()
    if not write_once(place, html.encode()):
        raise Refused(f"{place} is there already", code="already_exists", path=str(place))
    return place
