"""The operation ``sweeping``: every combination of a grid, each a counted try, and what the best of them is worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mintmark.research.operations.simulating import Simulating
from mintmark.research.operations.trials import Trial, add_trials
from mintmark.runtime import Run

_NOTED = 5_000
FIELDS = (
    "success", "strategy_name", "strategy_hash", "model_path", "symbols", "timeframe", "start", "end",
    "out_of_sample", "bars", "bars_per_year", "initial_capital", "cost_profile", "grid", "combinations", "failed",
    "failures", "profitable", "ranked_by", "best", "sharpe_variance", "dsr", "dsr_trials", "pbo", "pbo_splits",
    "table_path", "sheet_path", "sweep_seconds", "rows_restored", "rows_computed", "undefined", "mark",
)  # fmt: skip


class Sweeping(Simulating):
    """What a worker does before and after the sweep's own process: each combination is a try."""

    type = "sweeping"
    asked = ("grid", "workers")
    bound = ("grid",)
    repeated = ("initial_capital", "grid")
    tables = {"sweep": "table_path"}
    fields = FIELDS

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep table and sheet, and note the tries, so many in a transaction; with their keys they count."""
        stored = super().store_files(run, result)
        made_at = self._context.clock.now()
        for trials in _trials_in(run.folder / "sweep.parquet"):
            with self._context.database.write() as connection:
                add_trials(connection, run.operation_id, stored["strategy_hash"], (), trials, made_at)
        return stored


def _trials_in(table: Path) -> Iterator[list[Trial]]:
    import polars as pl

    frame = pl.read_parquet(table, columns=["number", "sharpe_per_bar"])
    for rows in frame.iter_slices(_NOTED):
        yield [Trial(f"combination_{number}", "sweep", sharpe) for number, sharpe in rows.iter_rows()]
