"""The operation ``training``: a model, its files and the evidence of the training span."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from mintmark.domain import Bars, Refused
from mintmark.research.operations.bars_file import before, write_bars
from mintmark.research.operations.context import Context, parameters_of
from mintmark.research.operations.library import Library
from mintmark.research.tables import strategies
from mintmark.runtime import Run, Work
from mintmark.store import write_atomic
from mintmark.strategy import StrategySpec, periods, read_spec, strategy_hash

FIELDS = (
    "success", "strategy_name", "strategy_hash", "model_kind", "output", "model_path", "model_hash", "accuracy",
    "majority_accuracy", "shuffled_accuracy", "directional_accuracy", "validation_accuracy", "initial_loss",
    "final_loss", "loss_decrease", "validation_loss", "test_loss", "prior_loss", "precision", "recall", "f1_score",
    "mae", "calibration_error", "rounds_trained", "best_round", "stopped_early", "history", "feature_names",
    "feature_count", "feature_hash", "label_counts", "samples", "symbols", "timeframes", "training_start",
    "training_end", "holdout_start", "pack_id", "pack_sha256", "random_state", "training_seconds",
    "resumed_from_round", "undefined", "mark",
)  # fmt: skip


class Training:
    """What a worker does before and after the training's own process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def kind(self) -> Work:
        """Return the operation type of a training."""
        compute = "mintmark.research.operations.training_process:compute"
        return Work("training", "training", self.prepare, compute, self.finish, self.store_files)

    def prepare(self, run: Run) -> dict[str, Any]:
        """Write the bars before the holdout into the folder; the rest never gets near the process."""
        pack = self._context.data.open(run.metadata["pack_id"])
        text = self._library.strategy(run.parameters["strategy_name"]).text
        spec = read_spec(text, pack.facts()).require()
        require_hash(spec, run.parameters["strategy_hash"])
        bars = {symbol: pack.bars(symbol, spec.base) for symbol in spec.universe.symbols}
        cut = periods(spec, {symbol: found.stamps for symbol, found in bars.items()})
        known: dict[str, Bars] = {symbol: before(found, cut.holdout_start) for symbol, found in bars.items()}
        write_atomic(run.folder / "bars.npz", write_bars(known))
        state = random_state_of(self._context, run)
        identity = {"strategy": strategy_hash(spec), "pack": pack.sha256, "code": self._context.code_version}
        return {
            "text": text,
            "random_state": state,
            "start": cut.start,
            "training_end": cut.training_end,
            "holdout_start": cut.holdout_start,
            "identity": {**identity, "random_state": str(state)},
        }

    def store_files(self, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Keep the model under its hash, with a note of what it was trained on."""
        pack = self._context.data.open(run.metadata["pack_id"])
        name = run.parameters["strategy_name"]
        path = f"models/{name}/{result['model_hash'][:16]}"
        kept = []
        for file in result["files"]:
            content = (run.folder / "model" / file).read_bytes()
            kept.append(self._library.keep(f"{path}/{file}", content))
        spec = read_spec(self._library.strategy(name).text).require()
        found = {
            **result,
            "success": True,
            "strategy_name": name,
            "strategy_hash": run.parameters["strategy_hash"],
            "model_path": path,
            "symbols": list(spec.universe.symbols),
            "timeframes": [str(frame) for frame in spec.universe.timeframes],
            "pack_id": pack.id,
            "pack_sha256": pack.sha256,
            "random_state": random_state_of(self._context, run),
            "mark": self._context.mark(pack, run.operation_id),
        }
        note = {key: found[key] for key in ("training_start", "training_end", "holdout_start", "pack_id", "model_hash")}
        kept.append(self._library.keep(f"{path}/training.json", json.dumps(note, indent=1).encode()))
        return {"summary": {field: found[field] for field in FIELDS}, "kept": kept}

    def finish(self, connection: Connection, run: Run, result: dict[str, Any]) -> dict[str, Any]:
        """Note the model's files and that it is the strategy's newest."""
        summary: dict[str, Any] = result["summary"]
        for kept in result["kept"]:
            self._library.put(connection, **kept, operation_id=run.operation_id)
        newest = {"model_path": summary["model_path"], "model_hash": summary["model_hash"]}
        same = strategies.c.name == summary["strategy_name"]
        connection.execute(strategies.update().where(same).values(**newest))
        return summary


def require_hash(spec: StrategySpec, expected: str) -> None:
    """Refuse a strategy whose file is not the one that was accepted.

    Raises:
        Refused: ``strategy_changed``.
    """
    if strategy_hash(spec) != expected:
        raise Refused(f"the file of {spec.name} changed since it was accepted", code="strategy_changed", name=spec.name)


def random_state_of(context: Context, run: Run) -> int:
    """Return the random state of a run: its own, else its cycle's, else the setting."""
    own = run.parameters.get("random_state")
    if own is None and run.parent_operation_id is not None:
        own = parameters_of(context.operations.get(run.parent_operation_id)).get("random_state")
    return context.rules.random_state if own is None else int(own)
