"""What a notebook gets back of each kind of simulation: frames, a picture, a sheet to keep."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from mintmark.domain import Bars, Html, figure, label_of, table, tag
from mintmark.notebook.frames import times
from mintmark.notebook.result import INKS, write_sheet
from mintmark.research import Sheet, html_of, simulation_sheet
from mintmark.simulation import EXIT_REASONS

_STAMPS = ("stamp", "side_start", "side_end")
_BEST = 10


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a simulation came to.

    ``result``: as the operation of that kind tells it; ``evidence``: the deflated Sharpe ratio and the tries it
    counts. ``bars``: what was traded.
    """

    result: Mapping[str, Any]
    tables: Mapping[str, bytes]
    evidence: Mapping[str, Any]
    bars: Sequence[Bars]

    kind: ClassVar[str] = ""

    def sheet(self, path: str | Path) -> Path:
        """Write the sheet, one HTML file that needs no network; return where it lies.

        Raises:
            Refused: ``already_exists``: nothing is written over another sheet.
            NotWritable: the disk takes no more.
        """
        return write_sheet(path, html_of(self._sheet))

    def __repr__(self) -> str:
        said = ", ".join(f"{label} {value}" for label, value in self._sheet.tiles[:4])
        return f"<{type(self).__name__} {self._sheet.title}: {said}>"

    def _repr_html_(self) -> str:
        """Return the picture and the first figures, as a cell shows them."""
        from mintmark.research import drawing_svg

        drawings = [drawing for part in self._sheet.parts for drawing in part.drawings.values()]
        rows = [*self._sheet.tiles, *((label_of(name), figure(self.evidence, name)) for name in ("dsr", "dsr_trials"))]
        picture = Html(drawing_svg(drawings[0])) if drawings else ""
        return str(tag("div", tag("b", self._sheet.title), picture, table(("", ""), rows, (1,)), style=INKS))

    @cached_property
    def _sheet(self) -> Sheet:
        from mintmark.research import prices_of

        columns = {name: self._read(name).to_dict(as_series=False) for name in self.tables}
        return simulation_sheet(self.kind, self.result, columns, prices_of(self.bars))

    def _read(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(io.BytesIO(self.tables[name]))

    def _timed(self, name: str) -> pl.DataFrame:
        """Return a table with its stamps as times."""
        frame = self._read(name)
        found = [one for one in frame.columns if one.endswith(_STAMPS) and frame[one].dtype == pl.Int64]
        return frame.with_columns([times(frame[one].to_numpy()).alias(one) for one in found])


class Sweep(Simulation):
    """Every combination of a grid."""

    kind = "sweeping"

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row a combination: number, parameters, every metric, and the code of one that was refused."""
        return self._read("sweep")

    @cached_property
    def best(self) -> pl.DataFrame:
        """The ten best by Sharpe ratio, of equals the first; read them with ``evidence``."""
        ran = self.table.filter(pl.col("sharpe_ratio").is_not_null())
        return ran.sort("sharpe_ratio", descending=True, maintain_order=True).head(_BEST).drop("code")


class MonteCarlo(Simulation):
    """The real result among what chance drew."""

    kind = "montecarlo"

    @property
    def p_value(self) -> float | None:
        """How often chance is at least as good; None where the method gives none."""
        found: float | None = self.result["p_value"]
        return found

    @cached_property
    def runs(self) -> pl.DataFrame:
        """One row a run."""
        return self._read("runs")

    @cached_property
    def fan(self) -> pl.DataFrame | None:
        """The real equity and the 5, 25, 50, 75 and 95 % of the redrawn ones; None where no equity is redrawn."""
        return self._timed("fan").rename({"stamp": "time"}) if "fan" in self.tables else None

    @cached_property
    def quantiles(self) -> pl.DataFrame:
        """The real value of each metric beside its 5, 25, 50, 75 and 95 % over the runs."""
        names = ("name", "real", "p05", "p25", "p50", "p75", "p95")
        found = (self.result["quantiles"] or {}).items()
        rows = [(name, self.result["real"].get(name), *values) for name, values in found if values is not None]
        schema = {name: pl.Float64 if name != "name" else pl.String for name in names}
        return pl.DataFrame(rows, schema=schema, orient="row", strict=False)


class WalkForward(Simulation):
    """What was chosen on each window and came of it on the next."""

    kind = "walkforward"

    @cached_property
    def windows(self) -> pl.DataFrame:
        """One row a window: its edges, what was chosen, and every metric inside and outside."""
        return self._timed("windows")

    @cached_property
    def equity(self) -> pl.DataFrame:
        """One row a bar that was traded: time and equity, all of it out of sample."""
        return self._timed("equity").rename({"stamp": "time"})

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row a closed piece of a position: symbol, side, times, exit reason, prices, costs and profit."""
        frame = self._timed("trades").rename({"entry_stamp": "entry_time", "exit_stamp": "exit_time"})
        side = pl.Series("side", ["long" if one > 0 else "short" for one in frame["side"]], dtype=pl.String)
        reasons = [EXIT_REASONS[code] for code in frame["exit_reason"]]
        exits = pl.Series("exit_reason", reasons, dtype=pl.String)
        symbols = [self.result["symbols"][at] for at in frame["column"]]
        told = [pl.Series("symbol", symbols, dtype=pl.String), side]
        rest = pl.exclude("column", "side", "flags", "entry_time", "exit_time", "exit_reason")
        return frame.select(*told, "entry_time", "exit_time", exits, rest)

    @cached_property
    def metrics(self) -> pl.DataFrame:
        """Every metric of the chained equity: name, value, and why it is null."""
        from mintmark.research import FORMULAS

        why = self.result["undefined"]
        names = [name for name in FORMULAS if name in self.result]
        values = [_number(self.result[name]) for name in names]
        schema = {"name": pl.String, "value": pl.Float64, "why": pl.String}
        return pl.DataFrame({"name": names, "value": values, "why": [why.get(name) for name in names]}, schema=schema)


class CrossValidation(Simulation):
    """How what was chosen on most of the past lies over the paths that test the rest."""

    kind = "crossvalidation"

    @cached_property
    def paths(self) -> pl.DataFrame:
        """One row a path: every metric of its bar returns."""
        return self._read("paths")

    @cached_property
    def returns(self) -> pl.DataFrame:
        """One row a bar: time, and what each path gained in it."""
        return self._timed("returns").rename({"stamp": "time"})

    @cached_property
    def distribution(self) -> pl.DataFrame:
        """How each metric lies over the paths that have it: count, mean, deviation, lowest, median, highest."""
        rows = [{"name": name, **spread} for name, spread in self.result["distribution"].items()]
        return pl.DataFrame(rows, infer_schema_length=None)


def _number(value: Any) -> float | None:
    amount = value["amount"] if isinstance(value, Mapping) else value
    return None if amount is None else float(amount)
