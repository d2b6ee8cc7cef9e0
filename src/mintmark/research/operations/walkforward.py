"""The operation ``walkforward``: choose on one window, trade the next, and count everything that was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mintmark.research.operations.simulating import Simulating

WALKFORWARD = "walkforward"


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


class WalkingForward(Simulating):
    """What a worker does before and after the walk's own process: every candidate and the walk are tries."""

    type = WALKFORWARD
    asked = ("grid", "plan", "workers")
    bound = ("grid", "plan")
    repeated = ("grid",)
    tables = {"windows": "windows_path", "equity": "equity_path", "trades": "trades_path"}
