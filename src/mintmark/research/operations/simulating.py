"""What the operations of all simulations do in the worker, before and after their own process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Connection

from mintmark.research.deflation import deflated
from mintmark.research.operations.context import Context
from mintmark.research.operations.library import Library
from mintmark.research.operations.sheets import simulation_files
from mintmark.research.operations.simulation_ground import partitions_of, prepare_ground, told_of
from mintmark.research.operations.trials import add_trials, data_keys, sharpes_tried, trials_of
from mintmark.runtime import Run, Work

_INNER = ("kept", "keys", "trials", "moments")


class Simulating:
    """A kind of simulation: its ground is prepared, its tables and sheet are kept, and what it tried is counted.

    ``type``: of the operation, whose process is ``<type>_process:compute``. ``asked``: the parameters handed to the
    process, ``bound``: those of them a checkpoint belongs to, ``repeated``: what the result says again. ``tables``:
    for each Parquet table the field of the result that names its path; not every run makes those in ``optional``.
    ``fields``: those of the result, in order; none named are all there are.

    The best of a process that tells its ``moments`` is deflated by all tries that share its data.
    """

    type: ClassVar[str]
    asked: ClassVar[tuple[str, ...]]
    bound: ClassVar[tuple[str, ...]]
    repeated: ClassVar[tuple[str, ...]] = ()
    tables: ClassVar[Mapping[str, str]]
    optional: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of this simulation."""
        compute = f"mintmark.research.operations.{self.type}_process:compute"
        return Work(self.type, "simulation", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write bars, rates and the model into the folder; return what is asked with the rest of the inputs."""
        ground = prepare_ground(self._context, self._library, run)
        asked = {name: run.parameters[name] for name in self.asked}
        return {**ground, **asked, "identity": {**ground["identity"], **{name: asked[name] for name in self.bound}}}

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the tables and the sheet, and note what the data of this simulation is known by."""
        pack = self._context.data.open(run.metadata["pack_id"])
        inputs = json.loads((run.folder / "inputs.json").read_bytes())["inputs"]
        symbols, folder = list(run.metadata["symbols"]), f"results/{run.operation_id}/{run.starts}"
        places = {name: run.folder / f"{name}.parquet" for name in self.tables}
        made = {name: place for name, place in places.items() if name not in self.optional or place.exists()}
        tables = {name: place.read_bytes() for name, place in made.items()}
        told = {
            "success": True,
            **told_of(self._context, pack, run),
            "out_of_sample": inputs["out_of_sample"],
            **{name: run.parameters[name] for name in self.repeated},
            **run.parameters.get("plan", {}),
            **result,
        }
        sheet = simulation_files(self.type, told, tables, pack)
        files = {**{f"{name}.parquet": content for name, content in tables.items()}, **sheet}
        kept = {name: self._library.keep(f"{folder}/{name}", content) for name, content in files.items()}
        paths = {field: kept.get(f"{name}.parquet", {}).get("path") for name, field in self.tables.items()}
        return {
            **told,
            **paths,
            "sheet_path": kept["sheet.html"]["path"],
            "kept": list(kept.values()),
            "keys": sorted(data_keys(symbols, partitions_of(pack, symbols))),
        }

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Note the files, and count what was tried."""
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        made_at, keys = self._context.clock.now(), result["keys"]
        add_trials(
            connection, run.operation_id, result["strategy_hash"], keys, trials_of(result.get("trials", ())), made_at
        )
        found = _deflated(connection, result) if "moments" in result else result
        names = self.fields or [name for name in found if name not in _INNER]
        return {name: found[name] for name in names}


def _deflated(connection: Connection, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``result`` with the deflated Sharpe ratio of its best, or why there is none."""
    dsr, tries, why = deflated(sharpes_tried(connection, result["keys"]), result["moments"])
    missing = {} if why is None else {"dsr": why} if tries is not None else {"dsr": why, "dsr_trials": why}
    return {**result, "dsr": dsr, "dsr_trials": tries, "undefined": {**result["undefined"], **missing}}
