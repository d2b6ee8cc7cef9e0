"""The operation ``crossvalidation``: choose on most of the past and test on the rest, every way there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from mintmark.research.operations.context import Context
from mintmark.research.operations.library import Library
from mintmark.research.operations.simulation_ground import partitions_of, prepare_ground, told_of
from mintmark.research.operations.trials import add_trials, data_keys, trials_of
from mintmark.runtime import Run, Work

CROSSVALIDATION = "crossvalidation"
TABLES = ("paths", "returns")
_NOT_SHOWN = ("kept", "keys", "trials")


def read_path_plan(options: Mapping[str, Any], bars: int) -> dict[str, Any]:
    """Return the plan that ``options`` name, checked on so many ``bars``; what they leave out is the default.

    Raises:
        Refused: ``unknown_name`` for a metric, ``bad_value`` for folds that cannot be, ``not_enough_bars`` where a
            fold is no longer than what is left out beside one.
    """
    # The doors load this file too, and need no compiler.
    from mintmark.simulation import PathPlan

    names = ("folds", "test_folds", "purge", "embargo", "metric")
    plan = PathPlan(**{name: options[name] for name in names if options.get(name) is not None})
    plan.parts(bars)
    return asdict(plan)


class CrossValidating:
    """What a worker does before and after the paths' own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a combinatorial purged cross-validation."""
        compute = "mintmark.research.operations.crossvalidation_process:compute"
        return Work(CROSSVALIDATION, "simulation", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write bars, rates and the model into the folder; return plan and grid with the rest of the inputs."""
        inputs = prepare_ground(self._context, self._library, run)
        asked = {name: run.parameters[name] for name in ("grid", "plan", "workers")}
        own = {"grid": asked["grid"], **{name: str(value) for name, value in asked["plan"].items()}}
        return {**inputs, **asked, "identity": {**inputs["identity"], **own}}

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the paths and their returns, and note what the data is known by."""
        pack = self._context.data.open(run.metadata["pack_id"])
        inputs = json.loads((run.folder / "inputs.json").read_bytes())["inputs"]
        symbols, folder = list(run.metadata["symbols"]), f"results/{run.operation_id}/{run.starts}"
        kept = {
            name: self._library.keep(f"{folder}/{name}.parquet", (run.folder / f"{name}.parquet").read_bytes())
            for name in TABLES
        }
        return {
            "success": True,
            **told_of(self._context, pack, run),
            "out_of_sample": inputs["out_of_sample"],
            "grid": run.parameters["grid"],
            **run.parameters["plan"],
            **result,
            **{f"{name}_path": found["path"] for name, found in kept.items()},
            "kept": list(kept.values()),
            "keys": sorted(data_keys(symbols, partitions_of(pack, symbols))),
        }

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Count every candidate, and the choosing itself, as a try."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        made_at, tried = self._context.clock.now(), trials_of(result["trials"])
        add_trials(connection, run.operation_id, result["strategy_hash"], result["keys"], tried, made_at)
        return {name: value for name, value in result.items() if name not in _NOT_SHOWN}
