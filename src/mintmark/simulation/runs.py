"""The runs of a Monte Carlo test: what is kept of each, and from which randomness it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mintmark.domain import Refused
from mintmark.simulation.records import Record, Records
from mintmark.simulation.threads import each_of

TABLE = (
    "total_trades", "win_rate", "net_profit", "total_return", "sharpe_ratio", "sortino_ratio", "omega_ratio",
    "max_drawdown", "cvar_95",
)  # fmt: skip
"""The columns of the table of runs after ``run``, all float64."""

RETURN_METRICS = (
    "total_return", "annual_return", "annual_volatility", "sharpe_ratio", "sortino_ratio", "omega_ratio",
    "calmar_ratio", "recovery_factor", "max_drawdown", "max_drawdown_bars", "ulcer_index", "var_95", "cvar_95",
    "cvar_99", "skewness", "excess_kurtosis", "tail_ratio",
)  # fmt: skip
"""The metrics that need returns and no trades."""

RUN = np.dtype(
    [("run", "i8"), *((name, "f8") for name in dict.fromkeys((*TABLE, *RETURN_METRICS, "mean_return")))], align=True
)
"""One run: its number, the columns of ``TABLE``, and what intervals are made of; a metric without a value is NaN."""

FEWEST_RUNS = 100


def seed_of(master: int, purpose: int, run: int) -> np.random.SeedSequence:
    """Return the randomness of one run: its own, whoever draws the others and in which order."""
    return np.random.SeedSequence(master, spawn_key=(purpose, run))


def draw(
    one: Callable[[np.random.SeedSequence], Mapping[str, float | int | None]],
    master: int,
    purpose: int,
    runs: int,
    part: range | None = None,
    workers: int = 1,
) -> Records:
    """Return the rows of ``RUN`` that ``one`` makes of each run's randomness; ``part`` of all ``runs`` by default.

    Raises:
        Refused: ``bad_value`` for fewer than 100 runs.
    """
    check_runs(runs)
    numbers = range(runs) if part is None else part
    table = blank(len(numbers))

    def fill(place: int) -> None:
        put(table[place], numbers[place], one(seed_of(master, purpose, numbers[place])))

    each_of(fill, range(len(numbers)), workers)
    return table


def blank(rows: int) -> Records:
    """Return rows of ``RUN`` in which nothing has a value yet."""
    table = np.zeros(rows, RUN)
    for name in RUN.names or ():
        table[name] = 0 if name == "run" else np.nan
    return table


def check_runs(runs: int) -> None:
    """Raise where ``runs`` are too few to tell anything; raises ``bad_value``."""
    if runs < FEWEST_RUNS:
        raise Refused(
            f"expected at least {FEWEST_RUNS} runs, found {runs}", code="bad_value", field="runs", value=str(runs)
        )


def put(row: Record, run: int, metrics: Mapping[str, float | int | None]) -> None:
    """Write the metrics of a run that have a value into its row."""
    row["run"] = run
    for name in RUN.names or ():
        value = metrics.get(name)
        if value is not None:
            row[name] = value


def spread_of(table: Records, names: Sequence[str], shares: Sequence[float]) -> dict[str, list[float] | None]:
    """Return the quantiles ``shares`` of each metric over the runs in which it has a value; None where in none."""
    found: dict[str, list[float] | None] = {}
    for name in names:
        values = table[name][~np.isnan(table[name])]
        found[name] = [float(value) for value in np.quantile(values, shares)] if len(values) else None
    return found
