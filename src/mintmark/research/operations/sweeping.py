"""The operation ``sweeping``: every combination of a grid, each a counted try, and what the best of them is worth."""

from __future__ import annotations

import io
import json
from typing import Any

from sqlalchemy import Connection

from mintmark.research.operations.backtesting import deflated
from mintmark.research.operations.context import Context
from mintmark.research.operations.library import Library
from mintmark.research.operations.sheets import simulation_files
from mintmark.research.operations.simulation_ground import partitions_of, prepare_ground, told_of
from mintmark.research.operations.trials import Trial, add_trials, data_keys, sharpes_tried
from mintmark.runtime import Run, Work

FIELDS = (
    "success", "strategy_name", "strategy_hash", "model_path", "symbols", "timeframe", "start", "end",
    "out_of_sample", "bars", "bars_per_year", "initial_capital", "cost_profile", "grid", "combinations", "failed",
    "failures", "profitable", "ranked_by", "best", "sharpe_variance", "dsr", "dsr_trials", "pbo", "pbo_splits",
    "table_path", "sheet_path", "sweep_seconds", "rows_restored", "rows_computed", "undefined", "mark",
)  # fmt: skip


class Sweeping:
    """What a worker does before and after the sweep's own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a sweep."""
        compute = "mintmark.research.operations.sweeping_process:compute"
        return Work("sweeping", "simulation", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write bars, rates and the model into the folder; return the grid with the rest of the inputs."""
        inputs = prepare_ground(self._context, self._library, run)
        grid, workers = run.parameters["grid"], run.parameters["workers"]
        return {**inputs, "grid": grid, "workers": workers, "identity": {**inputs["identity"], "grid": grid}}

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the table and the sheet, and note what the data of this sweep is known by."""
        pack = self._context.data.open(run.metadata["pack_id"])
        inputs = json.loads((run.folder / "inputs.json").read_bytes())["inputs"]
        table = (run.folder / "sweep.parquet").read_bytes()
        symbols = list(run.metadata["symbols"])
        told = {
            **result,
            **told_of(self._context, pack, run),
            "success": True,
            "out_of_sample": inputs["out_of_sample"],
            "initial_capital": run.parameters["initial_capital"],
            "grid": run.parameters["grid"],
        }
        folder = f"results/{run.operation_id}/{run.starts}"
        files = {"sweep.parquet": table, **simulation_files("sweeping", told, {"sweep": table})}
        kept = {name: self._library.keep(f"{folder}/{name}", content) for name, content in files.items()}
        return {
            **told,
            "table_path": kept["sweep.parquet"]["path"],
            "sheet_path": kept["sheet.html"]["path"],
            "kept": list(kept.values()),
            "keys": sorted(data_keys(symbols, partitions_of(pack, symbols))),
        }

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Count every combination as a try, and deflate the best by all that share its data."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        runs = self._trials(result["table_path"])
        made_at = self._context.clock.now()
        add_trials(connection, run.operation_id, result["strategy_hash"], result["keys"], runs, made_at)
        dsr, tries, why = deflated(sharpes_tried(connection, result["keys"]), result["moments"])
        found = {**result, "dsr": dsr, "dsr_trials": tries}
        if why is not None:
            found["undefined"] = {**result["undefined"], "dsr": why}
            if tries is None:
                found["undefined"]["dsr_trials"] = why
        return {field: found[field] for field in FIELDS}

    def _trials(self, path: str) -> list[Trial]:
        import polars as pl

        content = self._library.fetch(path).read_bytes()
        frame = pl.read_parquet(io.BytesIO(content), columns=["number", "sharpe_per_bar"])
        return [Trial(f"combination_{number}", "sweep", sharpe) for number, sharpe in frame.iter_rows()]
