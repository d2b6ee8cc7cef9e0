"""The training, in its own process: it is handed the bars before the holdout and no others."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Bars, Refused, iso, moment_of
from mintmark.research.operations.bars_file import read_bars
from mintmark.research.operations.checkpoints import Stage, read_stage, write_stage
from mintmark.simulation import permute_path
from mintmark.store import write_atomic
from mintmark.strategy import (
    StrategySpec,
    build_training_set,
    evaluate,
    fit,
    fit_whole,
    load_indicators,
    load_trees,
    read_spec,
)

if TYPE_CHECKING:
    from mintmark.runtime import Task
    from mintmark.strategy import Fitted, TrainingSet

SHUFFLED = 3
_FIT_SHARE = 80.0
_SHUFFLE_STREAM = 1


def compute(task: Task) -> dict[str, Any]:
    """Train, then train three times on permuted bars; leave the model's files and return the evidence."""
    return _Training(task).run()


class _Training:
    def __init__(self, task: Task) -> None:
        given = task.inputs
        self.task = task
        self.spec: StrategySpec = read_spec(given["text"]).require()
        self.state: int = given["random_state"]
        self.start: int = given["start"]
        self.stop: int = given["holdout_start"]
        self.identity: Mapping[str, str] = given["identity"]
        self.bars = read_bars((task.folder / "bars.npz").read_bytes())
        self.begun = time.perf_counter()

    def run(self) -> dict[str, Any]:
        load_indicators()
        if self.spec.model.kind == "gbdt":
            load_trees()
        restored = self.task.restored()
        stage = None if restored is None else read_stage(restored[1], self.identity)
        self.task.progress(0.0, "Preparing features and labels")
        given = build_training_set(self.spec, self.bars, start=self.start, stop=self.stop)
        self.spent = 0.0 if stage is None else float(stage.values["seconds"])
        fitted, state = self._fitted(given, b"" if stage is None else stage.state)
        shuffled = self._shuffled(fitted, state, [] if stage is None else list(stage.values["shuffled"]))
        return self._result(fitted, given, shuffled, 0 if restored is None else restored[0])

    def _fitted(self, given: TrainingSet, restored: bytes) -> tuple[Fitted, bytes]:
        for block in fit(self.spec, given, self.state, restored=restored or None, identity=self.identity):
            self._say(block.round, block.rounds_total)
            for row in _rounds(block.row, block.history, self._seconds()):
                self.task.metrics(row)
            if block.state != restored:
                self._keep(block.round, block.state, [])
            if block.fitted is not None:
                return block.fitted, block.state
        raise RuntimeError("a training ended without its model")

    def _say(self, done: int, total: int) -> None:
        step = f"Training model (round {done}/{total})"
        self.task.progress(_FIT_SHARE * done / total, step, steps_completed=done, steps_total=total)

    def _shuffled(self, fitted: Fitted, state: bytes, done: list[float | None]) -> list[float | None]:
        share = (100.0 - _FIT_SHARE) / SHUFFLED
        for number in range(len(done), SHUFFLED):
            self.task.progress(_FIT_SHARE + share * number, f"Training on permuted bars ({number + 1}/{SHUFFLED})")
            done = [*done, self._of_permuted(number)]
            self._keep(fitted.rounds_trained + number + 1, state, done)
        return done

    def _of_permuted(self, number: int) -> float | None:
        """Return the test accuracy of a training on permuted bars; None where they leave a part or class empty."""
        try:
            given = build_training_set(self.spec, self._permuted(number), start=self.start, stop=self.stop)
        except Refused as refused:
            if refused.code != "training_data_error":
                raise
            return None
        evidence = evaluate(fit_whole(self.spec, given, self.state, f"shuffled_{number + 1}"), given)
        found = evidence["directional_accuracy"] if self.spec.regression else evidence["accuracy"]
        return None if found is None else float(found)

    def _permuted(self, number: int) -> dict[str, Bars]:
        found = {}
        for place, (symbol, bars) in enumerate(self.bars.items()):
            seed = np.random.SeedSequence(self.state, spawn_key=(_SHUFFLE_STREAM, number, place))
            found[symbol] = permute_path(bars, np.random.default_rng(seed))
        return found

    def _keep(self, round: int, state: bytes, shuffled: list[float | None]) -> None:
        stage = Stage({"shuffled": shuffled, "seconds": self._seconds()}, state)
        self.task.checkpoint(round, write_stage(stage, self.identity))

    def _seconds(self) -> float:
        return self.spent + time.perf_counter() - self.begun

    def _result(
        self, fitted: Fitted, given: TrainingSet, shuffled: list[float | None], resumed_from: int
    ) -> dict[str, Any]:
        files = fitted.model.to_files()
        for name, content in files.items():
            write_atomic(self.task.folder / "model" / name, content)
        evidence = evaluate(fitted, given)
        undefined = dict(evidence.pop("undefined"))
        known = [value for value in shuffled if value is not None]
        if not known:
            undefined["shuffled_accuracy"] = "training_data_error"
        return {
            **evidence,
            "shuffled_accuracy": sum(known) / len(known) if known else None,
            "undefined": undefined,
            "files": sorted(files),
            "training_start": _time(given.start),
            "training_end": _time(self.task.inputs["training_end"]),
            "holdout_start": _time(self.stop),
            "training_seconds": round(self._seconds(), 3),
            "resumed_from_round": resumed_from,
        }


def _rounds(row: Mapping[str, Any], history: Mapping[str, list[float]], seconds: float) -> list[dict[str, Any]]:
    """Return every round so far as the metrics of an operation show it."""
    names = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    return [
        {"round": number, **{name: history[name][number] for name in names}, "seconds": round(seconds, 3)}
        for number in range(1, row["round"] + 1)
    ]


def _time(stamp: int) -> str:
    return iso(moment_of(stamp))
