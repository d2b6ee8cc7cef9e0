"""What a walk may choose from: the combinations of a grid, of the built-in rule or of a trained strategy. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mintmark.domain import Bars, Refused
from mintmark.research.sweep_keys import with_values
from mintmark.research.walking import FloatArray, Market, protection_of
from mintmark.simulation import (
    Candidate,
    Course,
    Grid,
    averages_of,
    crossing,
    too_many_failures,
    union_stamps,
)
from mintmark.strategy import Model, StrategySpec, signals, targets

Decided = Callable[[int], FloatArray]


@dataclass(frozen=True)
class Choice:
    """What can be chosen: the combinations' numbers in the grid, and how many could not be tried, by code."""

    course: Course
    numbers: tuple[int, ...]
    failures: Mapping[str, int]


def choice_of(
    market: Market, spec: StrategySpec | None, model: Model | None, grid: Grid, first: int, seed: int
) -> Choice:
    """Return what is walked over from the stamp ``first`` (ns) on; without ``spec`` the rule ``sma_cross``.

    Raises:
        Refused: ``too_many_failures`` where more than 5 % of the combinations cannot be.
    """
    candidates: list[Candidate] = []
    specs: list[StrategySpec] = []
    numbers, failures = [], Counter[str]()
    for number in range(len(grid)):
        given = grid[number]
        try:
            if spec is None:
                _check_rule(given)
                candidates.append(Candidate(given))
            else:
                specs.append(with_values(spec, given))
                candidates.append(Candidate(given, protection_of(specs[-1])))
        except Refused as refused:
            failures[refused.code] += 1
            continue
        numbers.append(number)
    if refusal := too_many_failures(failures.total(), len(grid)):
        raise Refused(refusal.message, code=refusal.code, observed=refusal.observed, limit=refusal.limit)
    if spec is None or model is None:
        decide = partial(_rule_decides, candidates, market.instruments[0].shortable)
    else:
        decide = partial(_strategy_decides, specs, model, market)
    bars = [market.bars[instrument.symbol] for instrument in market.instruments]
    course = Course(
        bars, market.instruments, candidates, decide, market.bars_per_year, market.account,
        market.window_rates(union_stamps(bars)), first, seed,
    )  # fmt: skip
    return Choice(course, tuple(numbers), dict(sorted(failures.items())))


def _check_rule(given: Mapping[str, float | int | bool]) -> None:
    """Refuse lengths that are none; how many bars there are is not asked here."""
    try:
        crossing({}, np.empty(0), given, short=True)
    except Refused as refused:
        if refused.code != "not_enough_bars":
            raise


def _rule_decides(candidates: Sequence[Candidate], short: bool, known: Sequence[Bars], start: int) -> Decided:
    (bars,) = known
    averages = averages_of(bars.close, [candidate.values for candidate in candidates])
    first = int(np.searchsorted(bars.stamps, start))

    def made(number: int) -> FloatArray:
        return crossing(averages, bars.close, candidates[number].values, short=short)[first:]

    return made


def _strategy_decides(
    specs: Sequence[StrategySpec], model: Model, market: Market, known: Sequence[Bars], start: int
) -> Decided:
    # The answers depend on no field a combination may change.
    answers = signals(specs[0], model, {bars.symbol: bars for bars in known}, market.years, start=start)

    def made(number: int) -> FloatArray:
        return targets(specs[number], answers, market.costs).weights

    return made
