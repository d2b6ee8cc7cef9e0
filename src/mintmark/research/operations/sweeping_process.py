"""A sweep, in its own process: combination by combination, kept as it goes, to a table and its judgement."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Refused, iso, moment_of
from mintmark.measures import overfitting_of_blocks
from mintmark.research.combining import rule_sweep, strategy_runs
from mintmark.research.operations.checkpoints import Continued, Stage, threads_of
from mintmark.research.operations.simulation_ground import Ground, read_ground
from mintmark.research.operations.table_file import parquet_of
from mintmark.research.sweep_keys import grid_keys
from mintmark.simulation import (
    Grid,
    SweepRow,
    best_rows,
    read_grid,
    sharpe_variance,
    sweep,
    too_many_failures,
    union_stamps,
)
from mintmark.store import write_atomic

if TYPE_CHECKING:
    from mintmark.runtime import Task

BLOCK = 100
BLOCK_SECONDS = 30.0
SHOWN = 10
MOST_JUDGED = 20_000
_SAVED_SHARE = 0.1
RowsOf = Callable[..., list[SweepRow]]
_WHOLE = {"total_trades", "winning_trades", "losing_trades", "max_drawdown_bars"}
_MOMENTS = ("sharpe_per_bar", "skewness", "excess_kurtosis")
_SHOWN = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades", "win_rate", "net_profit", *_MOMENTS)


def compute(task: Task) -> dict[str, Any]:
    """Run every combination that has no row yet, write the table, and return what it comes to."""
    ground = read_ground(task)
    grid = read_grid(task.inputs["grid"], grid_keys(ground.spec))
    return sweep_on(task, ground, grid, _rows_of(ground, grid))


def sweep_on(task: Task, ground: Ground, grid: Grid, rows_of: RowsOf) -> dict[str, Any]:
    """Return what the combinations of ``grid`` come to that ``rows_of`` (start, stop, threads) runs on ``ground``."""
    return _Sweep(task, ground, grid, rows_of).run()


def _rows_of(ground: Ground, grid: Grid) -> RowsOf:
    window, slippage = (ground.start, ground.stop), lambda: ground.slippage(0)
    if ground.spec is None or ground.model is None:
        return rule_sweep(ground.market, *window, grid, slippage).rows
    return partial(sweep, grid, strategy_runs(ground.spec, ground.model, ground.market, *window, slippage))


class _Sweep:
    def __init__(self, task: Task, ground: Ground, grid: Grid, rows_of: RowsOf) -> None:
        self.task, self.kept, self.threads, self.begun = (
            task,
            Continued(task),
            threads_of(task.inputs),
            time.perf_counter(),
        )
        self.ground, self.grid, self.rows_of = ground, grid, rows_of
        self.rows = _read_rows(self.kept.stage, self.grid)
        self.restored = len(self.rows)

    def run(self) -> dict[str, Any]:
        total, saved, saved_at = len(self.grid), len(self.rows), time.perf_counter()
        while len(self.rows) < total:
            begin = len(self.rows)
            self.rows += self.rows_of(start=begin, stop=min(begin + BLOCK, total), threads=self.threads)
            self._tell(total)
            # A large sweep is kept in steps of its own size: writing it must not cost more than running it.
            grown = len(self.rows) - saved >= max(BLOCK, _SAVED_SHARE * saved)
            if grown or time.perf_counter() - saved_at >= BLOCK_SECONDS:
                self._keep()
                saved, saved_at = len(self.rows), time.perf_counter()
        return self._result()

    def _tell(self, total: int) -> None:
        done = len(self.rows)
        rate = (done - self.restored) / max(time.perf_counter() - self.begun, 1e-9)
        step = f"Combination {done:,}/{total:,}, {rate:,.0f} a second"
        self.task.progress(
            100.0 * done / total, step, items_processed=done, items_total=total, context={"rate_per_second": rate}
        )

    def _keep(self) -> None:
        names, table, sums = _tables(self.rows)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, table=table, sums=sums)
        codes = {str(row.number): row.code for row in self.rows if row.code}
        self.kept.keep(len(self.rows), {"names": names, "codes": codes}, buffer.getvalue())

    def _result(self) -> dict[str, Any]:
        failures = Counter(row.code for row in self.rows if row.code)
        if refusal := too_many_failures(failures.total(), len(self.rows)):
            message = f"{refusal.message}: " + ", ".join(f"{code} {count}" for code, count in sorted(failures.items()))
            raise Refused(message, code=refusal.code, observed=refusal.observed, limit=refusal.limit)
        write_atomic(self.task.folder / "sweep.parquet", _parquet(self.rows))
        stamps = union_stamps(self.ground.market.window(self.ground.start, self.ground.stop))
        bars = len(stamps)
        ranked = best_rows(self.rows, "sharpe_ratio", SHOWN)
        undefined: dict[str, str] = {}
        judged = self._overfitting(bars)
        if judged is None:
            undefined |= dict.fromkeys(("pbo", "pbo_splits"), "too_many_tries" if self._over else "too_few_returns")
        best = ranked[0].metrics if ranked else {}
        ran = [row for row in self.rows if row.code is None]
        return {
            "combinations": len(self.rows),
            "failed": failures.total(),
            "failures": dict(sorted(failures.items())),
            "profitable": sum((row.metrics["total_return"] or 0.0) > 0.0 for row in ran),
            "ranked_by": "sharpe_ratio",
            "best": [{**row.parameters, **{name: row.metrics[name] for name in _SHOWN}} for row in ranked],
            "sharpe_variance": sharpe_variance(ran),
            "pbo": None if judged is None else judged.pbo,
            "pbo_splits": None if judged is None else judged.splits,
            "start": iso(moment_of(int(stamps[0]))),
            "end": iso(moment_of(int(stamps[-1]))),
            "bars": bars,
            "bars_per_year": self.ground.market.bars_per_year,
            "sweep_seconds": round(self.kept.seconds(), 3),
            "rows_restored": self.restored,
            "rows_computed": len(self.rows) - self.restored,
            "undefined": undefined,
            "moments": {**{name: best.get(name) for name in _MOMENTS}, "n": bars},
        }

    @property
    def _over(self) -> bool:
        return len(self.rows) > MOST_JUDGED

    def _overfitting(self, bars: int) -> Any:
        ran = [row.sums for row in self.rows if row.sums is not None]
        if self._over or len(ran) < 2:
            return None
        sums, squares = np.stack(ran, axis=2)
        return overfitting_of_blocks(sums, squares, bars)


def _tables(rows: Sequence[SweepRow]) -> tuple[list[str], Any, Any]:
    """Return the metrics' names, their values (n_rows, n_metrics) and the block sums (n_rows, 2, n_blocks), or NaN."""
    names = next((list(row.metrics) for row in rows if row.metrics), [])
    table = np.array([[_number(row.metrics.get(name)) for name in names] for row in rows]).reshape(len(rows), -1)
    shape = next((row.sums.shape for row in rows if row.sums is not None), (2, 0))
    empty = np.full(shape, np.nan)
    sums = np.stack([empty if row.sums is None else row.sums for row in rows])
    return names, table, sums


def _read_rows(stage: Stage, grid: Any) -> list[SweepRow]:
    if not stage.state:
        return []
    names, codes = stage.values["names"], stage.values["codes"]
    with np.load(io.BytesIO(stage.state), allow_pickle=False) as held:
        table, sums = held["table"], held["sums"]
    rows = []
    for number in range(len(sums)):
        if code := codes.get(str(number)):
            rows.append(SweepRow(number, grid[number], {}, code=code))
            continue
        values = dict(zip(names, table[number].tolist(), strict=True))
        metrics = {name: _metric(name, value) for name, value in values.items()}
        rows.append(SweepRow(number, grid[number], metrics, sums=sums[number]))
    return rows


def _number(value: float | int | None) -> float:
    return np.nan if value is None else float(value)


def _metric(name: str, value: float) -> float | int | None:
    if np.isnan(value):
        return None
    return int(value) if name in _WHOLE else value


def _parquet(rows: Sequence[SweepRow]) -> bytes:
    """Return the rows as a table: number, parameters, every metric (null where undefined), code (null where it ran)."""
    import polars as pl

    names, _, _ = _tables(rows)
    columns: dict[str, Any] = {"number": [row.number for row in rows]}
    columns |= {name: [row.parameters[name] for row in rows] for name in rows[0].parameters}
    columns |= {name: [row.metrics.get(name) for row in rows] for name in names}
    kinds = {name: pl.Int64 if name in _WHOLE else pl.Float64 for name in names}
    frame = pl.DataFrame({**columns, "code": [row.code for row in rows]}, strict=False)
    return parquet_of(
        frame.with_columns(*(pl.col(name).cast(kind) for name, kind in kinds.items()), pl.col("code").cast(pl.String))
    )
