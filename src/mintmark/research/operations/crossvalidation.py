"""The operation ``crossvalidation``: choose on most of the past and test on the rest, every way there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mintmark.research.operations.simulating import Simulating

CROSSVALIDATION = "crossvalidation"


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


class CrossValidating(Simulating):
    """What a worker does before and after the paths' own process: every candidate and the choice are tries."""

    type = CROSSVALIDATION
    asked = ("grid", "plan", "workers")
    bound = ("grid", "plan")
    repeated = ("initial_capital", "grid")
    tables = {"paths": "paths_path", "returns": "returns_path"}
