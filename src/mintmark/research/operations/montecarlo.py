"""The operation ``montecarlo``: how much of a strategy's result chance would show as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mintmark.domain import Refused
from mintmark.research.operations.simulating import Simulating

MONTECARLO = "montecarlo"
FEWEST_RUNS = 100
RUNS = 1_000
JUDGED = ("sharpe_ratio", "sortino_ratio", "omega_ratio", "total_return", "net_profit", "win_rate")
"""What a permuted path may be judged by: of each, more is better."""

FIELDS = (
    "success", "strategy_name", "strategy_hash", "model_path", "symbols", "timeframe", "start", "end", "out_of_sample",
    "parameters", "bars", "bars_per_year", "cost_profile", "method", "runs", "metric", "real", "p_value", "quantiles",
    "intervals", "mean_block", "stress", "break_even", "currency", "runs_path", "fan_path", "fan_runs", "sheet_path",
    "random_state", "runs_restored", "runs_computed", "montecarlo_seconds", "undefined", "mark",
)  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """What is redrawn, how often, and what is judged by; ``workers`` change nothing but the time it takes."""

    method: str = "path_permutation"
    runs: int = RUNS
    metric: str = "sharpe_ratio"
    workers: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Draw:
        """Return what is asked for.

        Raises:
            Refused: ``bad_value`` for fewer than 100 runs, ``unknown_name`` for a metric that cannot be judged by.
        """
        found = cls(**{name: value for name, value in given.items() if value is not None})
        if found.runs < FEWEST_RUNS:
            message = f"expected at least {FEWEST_RUNS} runs, found {found.runs}"
            raise Refused(message, code="bad_value", field="runs", value=str(found.runs))
        if found.metric not in JUDGED:
            message = f"expected a metric of {', '.join(JUDGED)}, found {found.metric!r}"
            raise Refused(message, code="unknown_name", name=found.metric, allowed=list(JUDGED))
        return found


class MonteCarlo(Simulating):
    """What a worker does before and after the runs' own process: the real run is a try, what chance drew is none."""

    type = MONTECARLO
    asked = ("method", "runs", "metric", "workers")
    bound = ("method", "runs")
    tables = {"runs": "runs_path", "fan": "fan_path"}
    optional = ("fan",)
    fields = FIELDS
