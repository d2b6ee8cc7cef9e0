"""The gates tested: what they answer to noise, and to an edge of known size. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from mintmark.domain import Bars
from mintmark.measures import proportion_interval
from mintmark.research.design import as_yaml
from mintmark.research.space import Axis, Choice, Ground, choose, spell, title
from mintmark.simulation import permute_path
from mintmark.strategy import StrategySpec, read_spec

Kind = Literal["noise", "edge"]
CONFIDENCE = 0.95
MOST_FALSE = 0.05
"""The largest share of noise cycles that may end promising."""
LEAST_POWER = 0.80
"""The smallest share of cycles with the edge that must."""
QUESTIONS = ("training_gate", "backtest_gate", "promising")
QUICK: Mapping[str, Choice] = {"rounds": 50, "leaves": 4}
"""Small trees for random strategies: no gate looks at their number."""
_MODELS = ("logistic", "gbdt")

_EDGE = """
grammar: 1
name: planted_edge
description: Reads the direction of a planted drift from momentum and the distance to the mean.
universe: {symbols: [SYMBOL], timeframe: TIMEFRAME}
indicators:
  rsi: {type: rsi, period: 5}
  roc: {type: roc, period: 3}
  mean: {type: distance_from_ma, period: 8}
features:
  - indicator: rsi
  - indicator: roc
  - indicator: mean
labels: {kind: zigzag, threshold: 0.04}
model: {kind: logistic}
decisions: {enter_at: 0.55, exit_at: 0.50}
risk: {sizing: {method: fixed_fraction, fraction: 0.5}}
"""


@dataclass(frozen=True)
class Edge:
    """A drift of ``size`` deviations of a bar's move, up or down, that turns every ``bars`` bars on average."""

    size: float = 0.8
    bars: int = 10

    def sharpe(self, bars_per_year: int) -> float:
        """Return the yearly Sharpe ratio of holding with a drift one knows, before costs."""
        return self.size * math.sqrt(bars_per_year)


@dataclass(frozen=True)
class Outcome:
    """What one cycle came to; both gates are asked, whatever the other says.

    ``tries``: strategies drawn for it. ``size``: of the edge planted, None for noise.
    """

    kind: Kind
    number: int
    training_gate: bool
    backtest_gate: bool
    promising: bool
    sharpe_ratio: float | None
    dsr: float | None
    tries: int = 1
    size: float | None = None


def plant(bars: Bars, edge: Edge, generator: np.random.Generator) -> Bars:
    """Return ``bars`` with a drift added whose direction turns at random moments.

    The drift is in the gap between a close and the next open: what happens inside a bar stays.
    """
    turns = generator.random(len(bars)) < 1.0 / edge.bars
    direction = np.where(np.cumsum(turns) % 2 == 0, 1.0, -1.0)
    direction[0] = 0.0
    step = edge.size * float(np.std(np.diff(np.log(bars.close)), ddof=1))
    lifted = np.exp(np.cumsum(direction * step))
    return replace(
        bars, open=bars.open * lifted, high=bars.high * lifted, low=bars.low * lifted, close=bars.close * lifted
    )


def bars_of(kind: Kind, bars: Bars, edge: Edge, generator: np.random.Generator) -> Bars:
    """Return a path without any pattern, for ``edge`` with the planted one."""
    path = permute_path(bars, generator)
    return path if kind == "noise" else plant(path, edge, generator)


def strategy_of(kind: Kind, ground: Ground, generator: np.random.Generator) -> StrategySpec:
    """Return a strategy drawn from the designer's space; for ``edge`` the one that reads the planted drift."""
    if kind == "edge":
        text = _EDGE.replace("SYMBOL", ground.symbols[0]).replace("TIMEFRAME", ground.timeframe)
        return read_spec(text).require()

    def pick(axis: Axis) -> Choice:
        values = _MODELS if axis.name == "model" else axis.values
        return values[int(generator.integers(len(values)))]

    while True:
        chosen = choose(ground, pick)
        spec = read_spec(as_yaml(spell(ground, chosen, title(chosen, 1), "Drawn at random."))).spec
        if spec is not None:
            return spec


def rates_of(outcomes: Sequence[Outcome], sizes: Sequence[float]) -> list[dict[str, Any]]:
    """Return the rate of each answer, for noise and for an edge of each of ``sizes``, with its 95 % interval."""
    rows = []
    planted: list[tuple[Kind, float | None]] = [("noise", None), *(("edge", size) for size in sizes)]
    for kind, size in planted:
        found = [outcome for outcome in outcomes if (outcome.kind, outcome.size) == (kind, size)]
        for question in QUESTIONS:
            passed = sum(getattr(outcome, question) for outcome in found)
            low, high = proportion_interval(passed, len(found), CONFIDENCE) if found else (None, None)
            rows.append(
                {
                    "of": kind, "size": size, "question": question, "passed": passed, "cycles": len(found),
                    "rate": passed / len(found) if found else None, "low": low, "high": high,
                }
            )  # fmt: skip
    return rows


def is_sound(rates: Sequence[Mapping[str, Any]], size: float) -> bool:
    """Return whether noise is promising seldom enough, and the edge of ``size`` often enough."""
    found = {(row["of"], row["size"]): row["rate"] for row in rates if row["question"] == "promising"}
    return bool(found["noise", None] <= MOST_FALSE and found["edge", size] >= LEAST_POWER)
