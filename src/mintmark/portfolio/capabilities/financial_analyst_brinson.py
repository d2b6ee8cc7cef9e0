"""Where the return over a benchmark of classes came from: what was chosen, and how much of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mintmark.domain import Refusal
from mintmark.measures import Undefined, brinson_fachler, brinson_hood_beebower, linked_return
from mintmark.portfolio.capabilities.financial_analyst_performance import tell_left_out
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.history import History, history_of
from mintmark.portfolio.returns import base_returns
from mintmark.portfolio.shapes import Number

FloatArray = NDArray[np.float64]
UNCLASSIFIED: Final = "unclassified"
CASH: Final = "cash"
_WHOLE: Final = Decimal("1e-6")


class BenchmarkGiven(Arguments):
    """What the benchmark holds by symbol, fractions that add to one, and the class of each symbol."""

    weights: dict[str, Annotated[Number, Field(ge=0, le=1)]] = Field(min_length=1, max_length=1000)
    classes: dict[str, str] = Field(default_factory=dict, max_length=1000)
    lookback_days: Annotated[int, Field(ge=1, le=12_600)] = 252


class ClassEffects(Answer):
    """One class: weights at the start, returns over the days, and the three effects."""

    name: str
    weight: float
    benchmark_weight: float
    own_return: float | None
    benchmark_return: float | None
    allocation: float
    selection: float
    interaction: float
    hood_allocation: float


class Brinson(Answer):
    """The return over the benchmark by class, after Brinson and Fachler; the sums of the effects add to ``active``.

    ``hood_allocation`` is the allocation of Brinson, Hood and Beebower. What is held stays as it was on ``opens``.
    """

    opens: date
    days: int
    portfolio_return: float
    benchmark_return: float
    active: float
    classes: list[ClassEffects]


def brinson(reading: Reading, given: BenchmarkGiven) -> Brinson | Refusal:
    """Return allocation, selection and interaction over the last days, what was held at their start kept.

    Instruments without a class are ``unclassified``, money is ``cash``. Refuses ``input_invalid`` where the weights do
    not add to one, ``history_too_short`` and ``undefined_day``.
    """
    total = sum(given.weights.values(), Decimal(0))
    if abs(total - 1) > _WHOLE:
        message = f"weights: expected fractions that add to 1, found {total:f}"
        return Refusal("input_invalid", message, observed=f"{total:f}", limit="1", details={"field": "weights"})
    history = history_of(reading)
    tell_left_out(history, reading.notes)
    if len(history.days) < 2:
        return Refusal("history_too_short", "expected two days of history", observed=len(history.days), limit=2)
    first = max(0, len(history.days) - given.lookback_days - 1)
    opened = history.worth[first]
    if not opened.sum() > 0.0:
        return Refusal("undefined_day", f"the portfolio was worth nothing on {history.days[first]}")
    weights = opened / opened.sum()
    grown = np.array([_grown(history, column, first) for column in range(len(history.lines))])
    names = [given.classes.get(line.symbol, UNCLASSIFIED) if line.what == "units" else CASH for line in history.lines]
    days = history.days[first:]
    market = {one: linked_return(base_returns(reading.pack, one, history.base, days)) for one in given.weights}
    symbols = list(given.weights)
    theirs = np.array([float(given.weights[one]) for one in symbols])
    their_names = [given.classes.get(one, UNCLASSIFIED) for one in symbols]
    named = [*zip(names, weights, strict=True), *zip(their_names, theirs, strict=True)]
    classes = sorted({name for name, weight in named if weight != 0.0})
    own = _by_class(classes, names, weights, grown)
    other = _by_class(classes, their_names, theirs, np.array([market[one] for one in symbols]))
    try:
        return _told(classes, own, other, history.days[first], len(days) - 1)
    except Undefined as why:
        return Refusal(why.reason, "a class has no return over the days: something lacks a close or rate")


def _grown(history: History, column: int, first: int) -> float:
    local, fx = history.local[first + 1 :, column], history.fx[first + 1 :, column]
    return float(np.prod((1.0 + local) * (1.0 + fx)) - 1.0)


def _by_class(
    classes: list[str], names: list[str], weights: FloatArray, returns: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the weight and the return of each class; NaN where it has no weight."""
    of = np.array([[name == one for name in names] for one in classes], dtype=np.float64)
    held = of @ weights
    earned = of @ np.where(weights == 0.0, 0.0, weights * returns)
    return held, np.divide(earned, held, out=np.full(len(classes), np.nan), where=held != 0.0)


def _told(
    classes: list[str],
    own: tuple[FloatArray, FloatArray],
    other: tuple[FloatArray, FloatArray],
    opens: date,
    days: int,
) -> Brinson:
    found = brinson_fachler(own[0], other[0], own[1], other[1])
    hood = brinson_hood_beebower(own[0], other[0], own[1], other[1])
    portfolio = float(np.nansum(own[0] * own[1]))
    benchmark = float(np.nansum(other[0] * other[1]))
    return Brinson(
        opens=opens,
        days=days,
        portfolio_return=portfolio,
        benchmark_return=benchmark,
        active=portfolio - benchmark,
        classes=[
            ClassEffects(
                name=name,
                weight=float(own[0][place]),
                benchmark_weight=float(other[0][place]),
                own_return=_known(own[1][place]),
                benchmark_return=_known(other[1][place]),
                allocation=float(found.allocation[place]),
                selection=float(found.selection[place]),
                interaction=float(found.interaction[place]),
                hood_allocation=float(hood.allocation[place]),
            )
            for place, name in enumerate(classes)
        ],
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("attribution.brinson", BenchmarkGiven, Brinson, brinson, "The return over a benchmark of classes."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
