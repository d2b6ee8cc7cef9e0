"""The operation ``sweeping``: every combination of a grid, each a counted try, and what the best of them is worth."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from mintmark.research.operations.simulating import Simulating
from mintmark.research.operations.trials import Trial

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

    def tried(self, result: Mapping[str, Any]) -> list[Trial]:
        import polars as pl

        content = self._library.fetch(result["table_path"]).read_bytes()
        frame = pl.read_parquet(io.BytesIO(content), columns=["number", "sharpe_per_bar"])
        return [Trial(f"combination_{number}", "sweep", sharpe) for number, sharpe in frame.iter_rows()]
