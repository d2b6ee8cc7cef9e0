"""Trainings and backtests on the sample pack, run in this process block by block."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mintmark.domain import Clock
from mintmark.research.operations import backtest_process, training_process
from mintmark.research.operations.backtesting import Backtesting
from mintmark.research.operations.training import Training
from mintmark.runtime import Run, Task
from mintmark.runtime.folder import Checkpoint, WorkFolder

SWING = """
grammar: 1
name: swing_2
universe: {symbols: [NASDAQ], timeframe: 1d}
indicators:
  rsi: {type: rsi}
  mean: {type: distance_from_ma}
features:
  - {indicator: rsi, transform: zscore}
  - {indicator: mean, transform: zscore}
labels: {kind: zigzag, threshold: 0.03}
model: {kind: gbdt, params: {rounds: 60, leaves: 4}}
training: {patience: 100}
"""


SAMPLE = "PP_2018-12-31_SAMPLE_v1"


class Stopped(Exception):
    """The test killed the computation."""


class Bench:
    """One strategy on the sample pack, its operations run by hand."""

    def __init__(self, context: Any, clock: Clock, place: Path) -> None:
        self.context, self.clock, self.place = context, clock, place
        self._lives = 0
        self.parts: dict[int, bytes] = {}

    def save(self, text: str, name: str = "swing_2") -> None:
        path = self.context.home / "strategies" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(
        self,
        kind: str,
        operation_id: str,
        parent: str | None = None,
        symbols: Any = ("NASDAQ",),
        pack_id: str = SAMPLE,
        **parameters: Any,
    ) -> Run:
        """A new life of an operation, in a folder of its own."""
        self._lives += 1
        folder = self.place / operation_id / str(self._lives)
        folder.mkdir(parents=True)
        metadata = {
            "symbols": list(symbols),
            "timeframes": ["1d"],
            "pack_id": pack_id,
            "parameters": {"random_state": 7, **parameters},
        }
        return Run(operation_id, kind, self._lives, metadata, folder, parent, operation_id)

    def task(self, run: Run, inputs: dict[str, Any], start: Checkpoint | None = None) -> Task:
        """The task of a life, going on from ``start``."""
        folder = WorkFolder(run.folder)
        folder.put_inputs({"inputs": inputs, "operation_id": run.operation_id, "starts": run.starts})
        if start is not None:
            for part in range(start.parts):
                folder.put_part(part, self.parts[part], "start")
            folder.put_checkpoint(start, "start")
        return Task(folder)

    def trained(
        self,
        name: str = "swing_2",
        start: Checkpoint | None = None,
        stop_after: int | None = None,
        symbols: Any = ("NASDAQ",),
        pack_id: str = SAMPLE,
    ):
        """Train; return the life, its result, and all its checkpoints."""
        from mintmark.strategy import read_spec, strategy_hash

        text = (self.context.home / "strategies" / f"{name}.yaml").read_text()
        hashed = strategy_hash(read_spec(text).require())
        run = self.run(
            "training", "op_training_x", symbols=symbols, pack_id=pack_id, strategy_name=name, strategy_hash=hashed
        )
        inputs = Training(self.context).prepare(run)
        return run, *self._computed(training_process, run, inputs, start, stop_after)

    def tested(
        self,
        model_path: str,
        name: str = "swing_2",
        start: Checkpoint | None = None,
        stop_after: int | None = None,
        symbols: Any = ("NASDAQ",),
        pack_id: str = SAMPLE,
    ):
        """Backtest as in a cycle; return the life, its result, and all its checkpoints."""
        from mintmark.strategy import read_spec, strategy_hash

        text = (self.context.home / "strategies" / f"{name}.yaml").read_text()
        hashed = strategy_hash(read_spec(text).require())
        given = {"strategy_name": name, "strategy_hash": hashed, "model_path": model_path}
        run = self.run("backtesting", "op_backtesting_x", "op_agent_research_x", symbols, pack_id, **given)
        inputs = Backtesting(self.context).prepare(run)
        return run, *self._computed(backtest_process, run, inputs, start, stop_after)

    def _computed(self, process: Any, run: Run, inputs: Any, start: Checkpoint | None, stop_after: int | None):
        task = self.task(run, json.loads(json.dumps(inputs)), start)
        kept: list[Checkpoint] = []
        write = task.checkpoint

        def checkpoint(round: int, data: bytes, part: bytes | None = None) -> None:
            write(round, data, part)
            found = WorkFolder(run.folder).checkpoint()
            assert found is not None
            if part is not None:
                self.parts[found.parts - 1] = part
            kept.append(found)
            if stop_after is not None and len(kept) == stop_after:
                raise Stopped

        task.checkpoint = checkpoint  # type: ignore[method-assign]
        try:
            return process.compute(task), kept
        except Stopped:
            return None, kept
