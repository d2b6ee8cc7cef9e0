"""A combinatorial purged cross-validation, in its own process: fold by fold, kept as it goes, then its paths."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import iso, moment_of
from mintmark.research.choosing import Choice, choice_of
from mintmark.research.operations.checkpoints import Continued, threads_of
from mintmark.research.operations.simulation_ground import Ground, read_ground
from mintmark.research.operations.table_file import table_of
from mintmark.research.sweep_keys import grid_keys
from mintmark.simulation import PathPlan, PurgedPaths, fold_returns, purged_paths, read_grid
from mintmark.store import write_atomic

if TYPE_CHECKING:
    from mintmark.runtime import Task

_SHOWN = 10


def compute(task: Task) -> dict[str, Any]:
    """Trade every fold that is not done yet with every candidate, and return what the paths come to."""
    ground, plan = read_ground(task), PathPlan(**task.inputs["plan"])
    grid = read_grid(task.inputs["grid"], grid_keys(ground.spec))
    choice = choice_of(ground.market, ground.spec, ground.model, grid, ground.start, ground.random_state)
    return validate_on(task, ground, plan, choice, len(grid))


def validate_on(task: Task, ground: Ground, plan: PathPlan, choice: Choice, combinations: int) -> dict[str, Any]:
    """Return what a cross-validation over ``choice`` comes to, made of so many ``combinations``."""
    return _Paths(task, ground, plan, choice, combinations).run()


class _Paths:
    def __init__(self, task: Task, ground: Ground, plan: PathPlan, choice: Choice, combinations: int) -> None:
        self.task, self.kept, self.threads = task, Continued(task), threads_of(task.inputs)
        self.market, self.plan, self.choice, self.combinations = ground.market, plan, choice, combinations
        self.course = choice.course
        self.parts = self.plan.parts(len(self.course.stamps))
        whole = np.frombuffer(self.kept.stage.state, np.float64).reshape(-1, len(self.course.candidates))
        done = [part for part in self.parts if part.stop <= len(whole)]
        self.made = [whole[part.start : part.stop] for part in done]
        self.restored = len(done)

    def run(self) -> dict[str, Any]:
        total = len(self.parts)
        for fold in range(self.restored, total):
            step = f"Fold {fold + 1}/{total}"
            self.task.progress(100.0 * fold / total, step, items_processed=fold, items_total=total)
            self.made.append(fold_returns(self.course, self.parts[fold], fold, self.threads))
            self.kept.keep(fold + 1, {}, b"".join(one.tobytes() for one in self.made))
        self.task.progress(99.0, "Putting the paths together")
        return self._result(purged_paths(self.course, self.plan, self.made))

    def _result(self, found: PurgedPaths) -> dict[str, Any]:
        paths: dict[str, Any] = {"path": list(range(1, len(found.paths) + 1))}
        paths |= {name: [one[name] for one in found.paths] for name in found.paths[0]}
        returns = {"stamp": found.stamps}
        returns |= {f"path_{number + 1}": np.ascontiguousarray(one) for number, one in enumerate(found.returns.T)}
        write_atomic(self.task.folder / "paths.parquet", table_of(paths))
        write_atomic(self.task.folder / "returns.parquet", table_of(returns))
        gained = [one["total_return"] or 0.0 for one in found.paths]
        return {
            "start": iso(moment_of(int(found.stamps[0]))),
            "end": iso(moment_of(int(found.stamps[-1]))),
            "bars": len(found.stamps),
            "bars_per_year": self.market.bars_per_year,
            "combinations": self.combinations,
            "failed": sum(self.choice.failures.values()),
            "failures": dict(self.choice.failures),
            "embargo": found.embargo,
            "splits": len(found.chosen),
            "path_count": len(found.paths),
            "profitable_paths": sum(one > 0.0 for one in gained) / len(gained),
            "distribution": {name: asdict(spread) for name, spread in found.distribution.items()},
            "chosen": self._chosen(found),
            "folds_restored": self.restored,
            "folds_computed": len(self.parts) - self.restored,
            "crossvalidation_seconds": round(self.kept.seconds(), 3),
            "undefined": {name: why for one in found.undefined for name, why in one.items()},
            "trials": self._trials(found),
        }

    def _chosen(self, found: PurgedPaths) -> list[dict[str, Any]]:
        """Return the combinations by how many splits chose them; None is nothing, where none had the metric."""
        counted = sorted(Counter(found.chosen).items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or 0))
        return [
            {"parameters": None if one is None else dict(self.course.candidates[one].values), "splits": splits}
            for one, splits in counted[:_SHOWN]
        ]

    def _trials(self, found: PurgedPaths) -> list[dict[str, Any]]:
        sharpes = dict(zip(self.choice.numbers, found.sharpes, strict=True))
        tried = [(f"combination_{number}", sharpes.get(number)) for number in range(self.combinations)]
        mean = found.distribution.get("sharpe_per_bar")
        tried.append(("paths", None if mean is None else mean.mean))
        return [{"run": run, "kind": "crossvalidation", "sharpe_per_bar": sharpe} for run, sharpe in tried]
