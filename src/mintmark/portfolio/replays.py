"""What the falls of the past would do to a portfolio as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mintmark.domain import Refusal
from mintmark.portfolio.scenarios import Delta, ScenarioResult, changed, told

REPLAYS: Mapping[str, tuple[date, date]] = {
    "dotcom": (date(2000, 3, 24), date(2002, 10, 9)),
    "gfc": (date(2007, 10, 9), date(2009, 3, 9)),
    "covid": (date(2020, 2, 19), date(2020, 3, 23)),
}
"""The close each replay begins with, and the close it ends with."""


@dataclass(frozen=True)
class Replayed:
    """A position in a replay: its own return over it in base currency, else its beta to the index; None if unknown.

    Cash has the return of its currency.
    """

    symbol: str
    value: Decimal
    own_return: float | None
    index_beta: float | None


@dataclass(frozen=True)
class ReplayResult:
    """The result of a replay; ``through_index`` lists the positions that were not there and went by their beta."""

    result: ScenarioResult
    through_index: tuple[str, ...]


def replay(positions: Sequence[Replayed], index_return: float | None) -> ReplayResult | Refusal:
    """Return what the returns of a replay do to ``positions``, or refuse ``scenario_coverage_low``."""
    deltas, through_index = [], []
    for one in positions:
        if one.own_return is not None:
            deltas.append(changed(one.symbol, one.value, one.own_return))
        elif one.index_beta is not None and index_return is not None:
            deltas.append(changed(one.symbol, one.value, one.index_beta * index_return))
            through_index.append(one.symbol)
        else:
            deltas.append(Delta(one.symbol, one.value, None, None))
    found = told(deltas)
    return found if isinstance(found, Refusal) else ReplayResult(found, tuple(through_index))
