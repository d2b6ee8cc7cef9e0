"""A sweep, in its own process: combination by combination, kept as it goes, to a table and its judgement."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mintmark.domain import Refused, iso, moment_of
from mintmark.measures import overfitting_of_blocks
from mintmark.research.combining import rule_sweep, strategy_runs
from mintmark.research.operations.checkpoints import Continued, threads_of
from mintmark.research.operations.simulation_ground import Ground, read_ground
from mintmark.research.operations.sweep_table import SweepTable
from mintmark.research.sweep_keys import grid_keys
from mintmark.simulation import (
    Grid,
    SweepRow,
    read_grid,
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
_LARGEST_PART = 10_000
RowsOf = Callable[..., list[SweepRow]]
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
        self.task, self.kept, self.threads = task, Continued(task), threads_of(task.inputs)
        self.begun = time.perf_counter()
        self.ground, self.grid, self.rows_of = ground, grid, rows_of
        self.judged = len(grid) <= MOST_JUDGED
        self.table = SweepTable(grid, self.judged)
        for part in self.kept.parts():
            self.table.add_part(part)
        self.restored = len(self.table)

    def run(self) -> dict[str, Any]:
        total, saved, saved_at = len(self.grid), self.restored, time.perf_counter()
        while (done := len(self.table)) < total:
            self.table.add(self.rows_of(start=done, stop=min(done + BLOCK, total), threads=self.threads))
            done = len(self.table)
            self._tell(done, total)
            # A large sweep is kept in larger parts: keeping them must not cost more than running them.
            grown = done - saved >= max(BLOCK, min(_SAVED_SHARE * saved, _LARGEST_PART))
            if grown or time.perf_counter() - saved_at >= BLOCK_SECONDS:
                self.kept.keep(done, {}, part=self.table.part(saved))
                saved, saved_at = done, time.perf_counter()
        return self._result()

    def _tell(self, done: int, total: int) -> None:
        rate = (done - self.restored) / max(time.perf_counter() - self.begun, 1e-9)
        step = f"Combination {done:,}/{total:,}, {rate:,.0f} a second"
        self.task.progress(
            100.0 * done / total, step, items_processed=done, items_total=total, context={"rate_per_second": rate}
        )

    def _result(self) -> dict[str, Any]:
        table, total = self.table, len(self.table)
        failures, failed = table.failures(), len(table.codes)
        if refusal := too_many_failures(failed, total):
            message = f"{refusal.message}: " + ", ".join(f"{code} {count}" for code, count in failures.items())
            raise Refused(message, code=refusal.code, observed=refusal.observed, limit=refusal.limit)
        write_atomic(self.task.folder / "sweep.parquet", table.parquet())
        stamps = union_stamps(self.ground.market.window(self.ground.start, self.ground.stop))
        bars = len(stamps)
        ranked = table.best("sharpe_ratio", SHOWN)
        undefined: dict[str, str] = {}
        judged = self._overfitting(bars)
        if judged is None:
            why = "too_few_returns" if self.judged else "too_many_tries"
            undefined |= dict.fromkeys(("pbo", "pbo_splits"), why)
        best = ranked[0].metrics if ranked else {}
        return {
            "combinations": total,
            "failed": failed,
            "failures": failures,
            "profitable": int((table.column("total_return") > 0.0).sum()),
            "ranked_by": "sharpe_ratio",
            "best": [{**row.parameters, **{name: row.metrics[name] for name in _SHOWN}} for row in ranked],
            "sharpe_variance": table.variance(),
            "pbo": None if judged is None else judged.pbo,
            "pbo_splits": None if judged is None else judged.splits,
            "start": iso(moment_of(int(stamps[0]))),
            "end": iso(moment_of(int(stamps[-1]))),
            "bars": bars,
            "bars_per_year": self.ground.market.bars_per_year,
            "sweep_seconds": round(self.kept.seconds(), 3),
            "rows_restored": self.restored,
            "rows_computed": total - self.restored,
            "undefined": undefined,
            "moments": {**{name: best.get(name) for name in _MOMENTS}, "n": bars},
        }

    def _overfitting(self, bars: int) -> Any:
        found = self.table.sums()
        if found is None or found.shape[2] < 2:
            return None
        sums, squares = found
        return overfitting_of_blocks(sums, squares, bars)
