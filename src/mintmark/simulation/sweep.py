"""Run every combination of a grid through the one kernel: a row each, and what to judge the best by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mintmark.domain import MintmarkError, Refusal, Refused
from mintmark.measures import bar_returns, block_sums
from mintmark.simulation.crossing import check_cross, cross_targets, moving_average, sma_cross
from mintmark.simulation.grid import Grid, Value
from mintmark.simulation.records import FloatArray
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.threads import each_of

MOST_FAILURES = 0.05
Combination = Mapping[str, Value]
Metric = float | int | None


@dataclass(frozen=True)
class SweepRow:
    """One combination: its parameters and metrics, or the code it failed with.

    ``sums``: the sums and squares of its returns by block, (2, n_blocks), for the probability of overfitting.
    ``returns``: (n_bars,), only where they were asked for.
    """

    number: int
    parameters: Combination
    metrics: Mapping[str, Metric]
    code: str | None = None
    sums: FloatArray | None = None
    returns: FloatArray | None = None


def sweep(
    combinations: Grid | Sequence[Combination],
    run: Callable[[Combination], BacktestResult],
    *,
    threads: int = 1,
    returns: bool = False,
    start: int = 0,
    stop: int | None = None,
) -> list[SweepRow]:
    """Return a row for each combination from number ``start`` to before ``stop``, in their order.

    Any number of ``threads`` gives the same rows. What ``run`` refuses is a row with its code.
    """

    def row(number: int) -> SweepRow:
        parameters = combinations[number]
        try:
            found = run(parameters)
            metrics = found.metrics
        except MintmarkError as error:
            return SweepRow(number, parameters, {}, code=error.code)
        gained = bar_returns(found.equity, float(found.capital))
        return SweepRow(number, parameters, metrics, None, block_sums(gained), gained if returns else None)

    numbers = range(start, len(combinations) if stop is None else stop)
    return each_of(row, numbers, threads)


def averages_of(close: FloatArray, grid: Grid | Sequence[Combination]) -> dict[int, FloatArray]:
    """Return the moving average of every length in ``grid`` that ``close`` is long enough for, computed once each."""
    if isinstance(grid, Grid):
        found = {value for values in grid.values.values() for value in values}
    else:
        found = {value for combination in grid for value in combination.values()}
    lengths = sorted(value for value in found if isinstance(value, int) and 1 <= value <= len(close))
    return {length: moving_average(close, length) for length in lengths}


def crossing(averages: Mapping[int, FloatArray], close: FloatArray, given: Combination, *, short: bool) -> FloatArray:
    """Return the targets of ``sma_cross`` for one combination, from averages that are there already.

    Raises:
        Refused: as ``sma_cross``.
    """
    fast, slow = lengths_of(given)
    if len(close) < slow + 2:
        return sma_cross(close, fast, slow)
    return cross_targets(averages[fast], averages[slow], slow, short=short)


def lengths_of(given: Combination) -> tuple[int, int]:
    """Return the lengths ``fast`` and ``slow`` of a combination.

    Raises:
        Refused: ``bad_value`` for no whole number, and as ``check_cross``.
    """
    fast, slow = (_length(name, given) for name in ("fast", "slow"))
    check_cross(fast, slow)
    return fast, slow


def _length(name: str, given: Combination) -> int:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"expected a whole number of bars for {name}, found {value}"
        raise Refused(message, code="bad_value", field=name, value=str(value))
    return value


def too_many_failures(failed: int, total: int) -> Refusal | None:
    """Return why a sweep with so many failed combinations counts for nothing, None where it stands."""
    if failed <= MOST_FAILURES * total:
        return None
    message = f"{failed} of {total} combinations failed, more than {MOST_FAILURES:.0%}"
    return Refusal("too_many_failures", message, observed=failed, limit=int(MOST_FAILURES * total))
