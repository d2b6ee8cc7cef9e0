"""The operation ``montecarlo``: how much of a strategy's result chance would show as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mintmark.domain import Refused
from mintmark.research.operations.context import Context
from mintmark.research.operations.library import Library
from mintmark.research.operations.sheets import simulation_files
from mintmark.research.operations.simulation_ground import partitions_of, prepare_ground, told_of
from mintmark.research.operations.trials import add_trials, data_keys, trials_of
from mintmark.runtime import Run, Work

MONTECARLO = "montecarlo"
FEWEST_RUNS = 100
RUNS = 1_000
JUDGED = ("sharpe_ratio", "sortino_ratio", "omega_ratio", "total_return", "net_profit", "win_rate")
"""What a permuted path may be judged by: of each, more is better."""

FIELDS = (
    "success", "strategy_name", "strategy_hash", "model_path", "symbols", "timeframe", "start", "end", "out_of_sample",
    "parameters", "bars", "bars_per_year", "cost_profile", "method", "runs", "metric", "real", "p_value", "quantiles",
    "intervals", "mean_block", "stress", "break_even", "currency", "runs_path", "fan_path", "fan_runs", "sheet_path",
    "random_state", "montecarlo_seconds", "undefined", "mark",
)  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """What is redrawn, how often, and what is judged by; ``workers`` change nothing but the time it takes."""

    method: str = "path_permutation"
    runs: int = RUNS
    metric: str = "sharpe_ratio"
    workers: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Draw:
        """Return what is asked for.

        Raises:
            Refused: ``bad_value`` for fewer than 100 runs, ``unknown_name`` for a metric that cannot be judged by.
        """
        found = cls(**{name: value for name, value in given.items() if value is not None})
        if found.runs < FEWEST_RUNS:
            message = f"expected at least {FEWEST_RUNS} runs, found {found.runs}"
            raise Refused(message, code="bad_value", field="runs", value=str(found.runs))
        if found.metric not in JUDGED:
            message = f"expected a metric of {', '.join(JUDGED)}, found {found.metric!r}"
            raise Refused(message, code="unknown_name", name=found.metric, allowed=list(JUDGED))
        return found


class MonteCarlo:
    """What a worker does before and after the runs' own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a Monte Carlo test."""
        compute = "mintmark.research.operations.montecarlo_process:compute"
        return Work(MONTECARLO, "simulation", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write the ground into the folder, and say what is redrawn."""
        ground = prepare_ground(self._context, self._library, run)
        asked = {name: run.parameters[name] for name in ("method", "runs", "metric", "workers")}
        own = {"method": asked["method"], "runs": str(asked["runs"])}
        return {**ground, **asked, "identity": {**ground["identity"], **own}}

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the table of runs, the fan and the sheet, and note what the data is known by."""
        pack = self._context.data.open(run.metadata["pack_id"])
        symbols = list(run.metadata["symbols"])
        folder = f"results/{run.operation_id}/{run.starts}"
        drawn = ("runs", "fan") if result["fan_runs"] else ("runs",)
        tables = {name: (run.folder / f"{name}.parquet").read_bytes() for name in drawn}
        told = {**result, **told_of(self._context, pack, run), "success": True}
        sheets = simulation_files(MONTECARLO, told, tables)
        files = {**{f"{name}.parquet": content for name, content in tables.items()}, **sheets}
        kept = {name: self._library.keep(f"{folder}/{name}", content) for name, content in files.items()}
        return {
            **told,
            "runs_path": kept["runs.parquet"]["path"],
            "fan_path": kept["fan.parquet"]["path"] if "fan" in tables else None,
            "sheet_path": kept["sheet.html"]["path"],
            "kept": list(kept.values()),
            "keys": sorted(data_keys(symbols, partitions_of(pack, symbols))),
        }

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Count the real run as a try; what chance drew is none."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        made_at, tried = self._context.clock.now(), trials_of(result["trials"])
        add_trials(connection, run.operation_id, result["strategy_hash"], result["keys"], tried, made_at)
        return {field: result[field] for field in FIELDS}
