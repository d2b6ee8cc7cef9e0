"""Sweeps, Monte Carlo tests and walk-forwards done in the caller's own process, by the code of their operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mintmark.runtime import Task

if TYPE_CHECKING:
    from mintmark.research.operations.simulation_order import SimulationOrder

_TABLES = {
    "sweeping": ("sweep",),
    "montecarlo": ("runs", "fan"),
    "walkforward": ("windows", "equity", "trades"),
    "crossvalidation": ("paths", "returns"),
}


@dataclass(frozen=True)
class Simulated:
    """What a simulation came to, with what was told of it before, and the bytes of its Parquet tables by name.

    ``order`` is None for what was handed in.
    """

    told: Mapping[str, Any]
    tables: Mapping[str, bytes]
    order: SimulationOrder | None = None


def compute_in(
    kind: str, folder: Path, inputs: Mapping[str, Any], told: Mapping[str, Any], order: SimulationOrder
) -> Simulated:
    """Return what the process of the operation ``kind`` computes in ``folder``, where its ground lies."""
    module = import_module(f"mintmark.research.operations.{kind}_process")
    return _computed(kind, folder, inputs, told, module.compute, order)


def compute_here(
    kind: str, inputs: Mapping[str, Any], told: Mapping[str, Any], compute: Callable[[Task], dict[str, Any]]
) -> Simulated:
    """Return what ``compute`` comes to, such as ``sweep_on`` on a ground at hand."""
    with TemporaryDirectory() as folder:
        return _computed(kind, Path(folder), inputs, told, compute, None)


def _computed(
    kind: str, folder: Path, inputs: Mapping[str, Any], told: Mapping[str, Any],
    compute: Callable[[Task], dict[str, Any]], order: SimulationOrder | None,
) -> Simulated:  # fmt: skip
    result = compute(Task.alone(folder, dict(inputs)))
    places = {name: folder / f"{name}.parquet" for name in _TABLES[kind]}
    tables = {name: place.read_bytes() for name, place in places.items() if place.exists()}
    asked = {name: inputs[name] for name in ("grid",) if name in inputs}
    return Simulated({**told, **asked, **inputs.get("plan", {}), **result, "success": True}, tables, order)
