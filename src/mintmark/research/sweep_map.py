"""A sweep over two of its parameters: the best that each pair of values came to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refused

FloatArray = NDArray[np.float64]

MOST_SIDE = 60
"""As many values of a parameter as a map can tell apart."""

LESS_IS_BETTER = frozenset(
    {
        "max_drawdown", "max_drawdown_bars", "ulcer_index", "var_95", "cvar_95", "cvar_99", "annual_volatility",
        "losing_trades", "turnover",
    }
)  # fmt: skip
"""The metrics of which the lowest is the best."""


@dataclass(frozen=True)
class SweepMap:
    """A metric by two parameters.

    Shape: ``values`` (n_down, n_across), NaN where nothing ran. ``best``: row and column of the best cell, None where
    nothing has a value. ``tries``: all combinations of the sweep. ``folded``: a cell stands for more than one.
    """

    metric: str
    across_name: str
    down_name: str
    across: FloatArray
    down: FloatArray
    values: FloatArray
    best: tuple[int, int] | None
    tries: int
    folded: bool


def map_of(
    columns: Mapping[str, Sequence[Any]], parameters: Sequence[str], metric: str, pair: Sequence[str] = ()
) -> SweepMap | None:
    """Return ``metric`` over the ``pair`` of parameters, those with the most values by default; None for fewer.

    ``columns``: the table of a sweep. A cell that stands for more than one combination holds the best of them.

    Raises:
        Refused: ``unknown_name`` for a parameter that is not swept over, or a metric the table has not.
    """
    _known(metric, [name for name in columns if name not in (*parameters, "number", "code")], "metric")
    for name in pair:
        _known(name, parameters, "parameter")
    chosen = list(pair) or sorted(parameters, key=lambda name: -len(set(columns[name])))[:2]
    if len(set(chosen)) != 2:
        return None
    across_name, down_name = chosen
    across, column, folded_across = _places(columns[across_name])
    down, row, folded_down = _places(columns[down_name])
    sign = -1.0 if metric in LESS_IS_BETTER else 1.0
    measured = np.array([np.nan if one is None else float(one) for one in columns[metric]], dtype=np.float64)
    values = np.full((len(down), len(across)), -np.inf)
    ran = np.isfinite(measured)
    np.maximum.at(values, (row[ran], column[ran]), sign * measured[ran])
    best = None
    if ran.any():
        at = int(np.argmax(values))
        best = (at // len(across), at % len(across))
    values = np.where(np.isfinite(values), sign * values, np.nan)
    folded = folded_across or folded_down or len(parameters) > 2
    return SweepMap(metric, across_name, down_name, across, down, values, best, len(measured), folded)


def _places(values: Sequence[Any]) -> tuple[FloatArray, NDArray[np.int64], bool]:
    """Return the values of one side, at which of them each row stands, and whether some share a place."""
    found, at = np.unique(np.array([float(value) for value in values]), return_inverse=True)
    if len(found) <= MOST_SIDE:
        return found, at, False
    group = np.arange(len(found)) * MOST_SIDE // len(found)
    firsts = np.searchsorted(group, np.arange(MOST_SIDE))
    return found[firsts], group[at], True


def _known(name: str, allowed: Sequence[str], field: str) -> None:
    if name not in allowed:
        message = f"expected a {field} of {', '.join(allowed)}, found {name!r}"
        raise Refused(message, code="unknown_name", name=name, field=field, allowed=list(allowed))
