"""The operation ``walkforward``: choose on one window, trade the next, and count everything that was tried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from mintmark.research.operations.backtesting import deflated
from mintmark.research.operations.context import Context
from mintmark.research.operations.library import Library
from mintmark.research.operations.sheets import simulation_files
from mintmark.research.operations.simulation_ground import partitions_of, prepare_ground, told_of
from mintmark.research.operations.trials import add_trials, data_keys, sharpes_tried, trials_of
from mintmark.runtime import Run, Work

WALKFORWARD = "walkforward"
TABLES = ("windows", "equity", "trades")
_NOT_SHOWN = ("kept", "keys", "trials", "moments")


def read_plan(options: Mapping[str, Any], bars: int) -> dict[str, Any]:
    """Return the plan that ``options`` name, checked on so many ``bars``; what they leave out is the default.

    Raises:
        Refused: ``unknown_name`` for a mode or metric, ``bad_value`` for bars below what a walk needs,
            ``not_enough_bars`` where there is no window.
    """
    # The doors load this file too, and need no compiler.
    from mintmark.simulation import WalkPlan

    names = ("mode", "is_bars", "oos_bars", "purge", "metric")
    plan = WalkPlan(**{name: options[name] for name in names if options.get(name) is not None})
    plan.windows(bars)
    return asdict(plan)


class WalkingForward:
    """What a worker does before and after the walk's own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a walk-forward."""
        compute = "mintmark.research.operations.walkforward_process:compute"
        return Work(WALKFORWARD, "simulation", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write bars, rates and the model into the folder; return plan and grid with the rest of the inputs."""
        inputs = prepare_ground(self._context, self._library, run)
        grid, plan, workers = (run.parameters[name] for name in ("grid", "plan", "workers"))
        own = {"grid": grid, **{name: str(value) for name, value in plan.items()}}
        return {**inputs, "grid": grid, "plan": plan, "workers": workers, "identity": {**inputs["identity"], **own}}

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep windows, equity, trades and the sheet, and note what the data of this walk is known by."""
        pack = self._context.data.open(run.metadata["pack_id"])
        inputs = json.loads((run.folder / "inputs.json").read_bytes())["inputs"]
        folder = f"results/{run.operation_id}/{run.starts}"
        tables = {name: (run.folder / f"{name}.parquet").read_bytes() for name in TABLES}
        symbols = list(run.metadata["symbols"])
        told = {
            "success": True,
            **told_of(self._context, pack, run),
            "out_of_sample": inputs["out_of_sample"],
            "grid": run.parameters["grid"],
            **run.parameters["plan"],
            **result,
        }
        sheets = simulation_files(WALKFORWARD, told, tables, pack)
        files = {**{f"{name}.parquet": content for name, content in tables.items()}, **sheets}
        kept = {name: self._library.keep(f"{folder}/{name}", content) for name, content in files.items()}
        return {
            **told,
            **{f"{name}_path": kept[f"{name}.parquet"]["path"] for name in TABLES},
            "sheet_path": kept["sheet.html"]["path"],
            "kept": list(kept.values()),
            "keys": sorted(data_keys(symbols, partitions_of(pack, symbols))),
        }

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Count every candidate and the walk as tries, and deflate the walk by all that share its data."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        made_at, tried = self._context.clock.now(), trials_of(result["trials"])
        add_trials(connection, run.operation_id, result["strategy_hash"], result["keys"], tried, made_at)
        dsr, tries, why = deflated(sharpes_tried(connection, result["keys"]), result["moments"])
        undefined: Mapping[str, str] = result["undefined"]
        if why is not None:
            undefined = {**undefined, "dsr": why, **({"dsr_trials": why} if tries is None else {})}
        found = {**result, "dsr": dsr, "dsr_trials": tries, "undefined": undefined}
        return {name: value for name, value in found.items() if name not in _NOT_SHOWN}
