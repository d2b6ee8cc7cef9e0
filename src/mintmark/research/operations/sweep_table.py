"""The rows of a sweep as columns: filled block by block, kept part by part, and ranked."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mintmark.research.operations.checkpoints import Stage
from mintmark.research.operations.table_file import parquet_of
from mintmark.simulation import Grid, SweepRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_WHOLE = {"total_trades", "winning_trades", "losing_trades", "max_drawdown_bars"}


class SweepTable:
    """The metrics of the first ``len`` combinations of ``grid``; a million of them take 8 bytes a metric.

    ``sums``: with ``judged``, the block sums of each (n_combinations, 2, n_blocks), NaN where it failed.
    """

    def __init__(self, grid: Grid, judged: bool) -> None:
        self._grid, self._judged = grid, judged
        self._count = 0
        self._names: list[str] = []
        self._values: FloatArray = np.empty((len(grid), 0))
        self._sums: FloatArray | None = None
        self.codes: dict[int, str] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, rows: Sequence[SweepRow]) -> None:
        """Add the rows that come next."""
        for number, row in enumerate(rows, self._count):
            if row.code is not None:
                self.codes[number] = row.code
                continue
            self._make_room(list(row.metrics), row.sums)
            self._values[number] = [np.nan if value is None else value for value in row.metrics.values()]
            if self._sums is not None:
                self._sums[number] = row.sums
        self._count += len(rows)

    def part(self, start: int) -> Stage:
        """Return the rows from number ``start`` on, to be kept."""
        arrays = {"values": self._values[start : self._count]}
        if self._sums is not None:
            arrays["sums"] = self._sums[start : self._count]
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        codes = {str(number): code for number, code in self.codes.items() if number >= start}
        return Stage({"names": self._names, "codes": codes}, buffer.getvalue())

    def add_part(self, stage: Stage) -> None:
        """Add the rows ``part`` gave."""
        with np.load(io.BytesIO(stage.state), allow_pickle=False) as held:
            values, sums = held["values"], held.get("sums")
        stop = self._count + len(values)
        if stage.values["names"]:
            self._make_room(stage.values["names"], None if sums is None else sums[0])
            self._values[self._count : stop] = values
        if self._sums is not None and sums is not None:
            self._sums[self._count : stop] = sums
        self.codes |= {int(number): code for number, code in stage.values["codes"].items()}
        self._count = stop

    def failures(self) -> dict[str, int]:
        """Return how many combinations failed with each code."""
        return dict(sorted(Counter(self.codes.values()).items()))

    def column(self, name: str) -> FloatArray:
        """Return a metric of every combination (n_combinations,), NaN where it has none."""
        if name not in self._names:
            return np.full(self._count, np.nan)
        return self._values[: self._count, self._names.index(name)]

    def best(self, metric: str, count: int) -> list[SweepRow]:
        """Return the ``count`` rows with the highest ``metric``, those without it left out; of equals the first."""
        measured = self.column(metric)
        ranked = np.argsort(-measured, kind="stable")[: min(count, int(np.isfinite(measured).sum()))]
        return [self._row(int(number)) for number in ranked]

    def variance(self) -> float | None:
        """Return the variance (n - 1) of the Sharpe ratios per bar of what ran, an undefined one taken as 0."""
        found = np.nan_to_num(self.column("sharpe_per_bar")[self._ran()])
        return None if len(found) < 2 else float(np.var(found, ddof=1))

    def sums(self) -> FloatArray | None:
        """Return the block sums of what ran (2, n_blocks, n_ran), None where they were not kept or nothing ran."""
        return None if self._sums is None else np.moveaxis(self._sums[: self._count][self._ran()], 0, 2)

    def parquet(self) -> bytes:
        """Return the table: number, parameters, every metric (null where undefined), code (null where it ran)."""
        import polars as pl

        numbers = np.arange(self._count)
        columns = [pl.Series("number", numbers)]
        columns += [pl.Series(name, found, strict=False) for name, found in self._grid.values.items()]
        every = 1
        for at in range(len(columns) - 1, 0, -1):
            # The last key of a grid turns fastest.
            values = columns[at]
            columns[at] = values.gather(numbers // every % len(values))
            every *= len(values)
        columns += [
            pl.Series(name, self.column(name)).fill_nan(None).cast(pl.Int64 if name in _WHOLE else pl.Float64)
            for name in self._names
        ]
        codes = pl.Series("code", [self.codes.get(number) for number in range(self._count)], dtype=pl.String)
        return parquet_of(pl.DataFrame([*columns, codes]))

    def _make_room(self, names: list[str], sums: FloatArray | None) -> None:
        if self._names:
            return
        self._names = names
        self._values = np.full((len(self._grid), len(names)), np.nan)
        if self._judged and sums is not None:
            self._sums = np.full((len(self._grid), *sums.shape), np.nan)

    def _ran(self) -> NDArray[np.bool_]:
        ran = np.ones(self._count, bool)
        ran[list(self.codes)] = False
        return ran

    def _row(self, number: int) -> SweepRow:
        values: Mapping[str, float] = dict(zip(self._names, self._values[number].tolist(), strict=True))
        metrics = {name: _metric(name, value) for name, value in values.items()}
        return SweepRow(number, self._grid[number], metrics)


def _metric(name: str, value: float) -> float | int | None:
    if np.isnan(value):
        return None
    return int(value) if name in _WHOLE else value
