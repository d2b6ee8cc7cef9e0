"""What a portfolio should look like: rules on figures of its holdings, and the weights they allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from mintmark.measures import WeightLimits

Operator = Literal[">", ">=", "<", "<=", "==", "!="]
_SLACK = 1e-4
"""A basis point: what whole lots may leave open."""


@dataclass(frozen=True)
class Rule:
    """Which holdings are meant: those whose figure ``metric`` stands in ``op`` to ``value``."""

    metric: str
    op: Operator
    value: Decimal

    def takes(self, figure: Decimal) -> bool:
        """Return whether ``figure`` keeps the rule."""
        return {
            ">": figure > self.value,
            ">=": figure >= self.value,
            "<": figure < self.value,
            "<=": figure <= self.value,
            "==": figure == self.value,
            "!=": figure != self.value,
        }[self.op]


@dataclass(frozen=True)
class Policy:
    """A rule and what follows for the holdings it takes: a cap for each, or a least weight for all together."""

    name: str
    rule: Rule
    cap_weight: Decimal | None = None
    min_weight_total: Decimal | None = None


@dataclass(frozen=True)
class Constraints:
    """What proposed weights keep, as fractions of the net asset value; ``invested`` of it, by default as it is."""

    max_te: Decimal = Decimal("0.02")
    max_turnover: Decimal = Decimal("0.10")
    max_single_position: Decimal = Decimal("0.20")
    max_sector: Decimal = Decimal("0.30")
    min_trade_value: Decimal = Decimal(500)
    invested: Decimal | None = None


@dataclass(frozen=True)
class Figures:
    """What is known of the holdings by symbol: figures by name, and the sector, None for one without a class."""

    metrics: Mapping[str, Mapping[str, Decimal | None]]
    sectors: Mapping[str, str | None]


def taken_by(rule: Rule, symbols: Sequence[str], figures: Figures) -> tuple[list[bool], list[str]]:
    """Return which of ``symbols`` keep ``rule``, and those whose figure is missing, which do not."""
    found = [figures.metrics.get(symbol, {}).get(rule.metric) for symbol in symbols]
    missing = [symbol for symbol, figure in zip(symbols, found, strict=True) if figure is None]
    return [figure is not None and rule.takes(figure) for figure in found], missing


def limits_of(
    symbols: Sequence[str], policies: Sequence[Policy], constraints: Constraints, figures: Figures, invested: float
) -> WeightLimits:
    """Return the limits of weights inside what is ``invested`` of the net asset value.

    A cap holds for each holding, a least weight for the sum; the lowest cap wins. Holdings without a class share no
    sector.
    """
    upper = np.full(len(symbols), float(constraints.max_single_position))
    rows, tops = [], []
    for policy in policies:
        taken = np.array(taken_by(policy.rule, symbols, figures)[0])
        if policy.cap_weight is not None:
            upper[taken] = np.minimum(upper[taken], float(policy.cap_weight))
        if policy.min_weight_total is not None:
            rows.append(np.where(taken, -1.0, 0.0))
            tops.append(-float(policy.min_weight_total))
    for sector in sorted({found for symbol in symbols if (found := figures.sectors.get(symbol)) is not None}):
        rows.append(np.array([1.0 if figures.sectors.get(symbol) == sector else 0.0 for symbol in symbols]))
        tops.append(float(constraints.max_sector))
    return WeightLimits(
        np.zeros(len(symbols)),
        np.minimum(upper / invested, 1.0),
        np.array(rows, np.float64).reshape(-1, len(symbols)),
        np.array(tops, np.float64) / invested,
    )


def unmet(weights: Mapping[str, float], policies: Sequence[Policy], figures: Figures) -> tuple[str, ...]:
    """Return the names of the ``policies`` that ``weights`` of the net asset value do not keep."""
    symbols = list(weights)
    found = []
    for policy in policies:
        taken = [
            weights[symbol]
            for symbol, keeps in zip(symbols, taken_by(policy.rule, symbols, figures)[0], strict=True)
            if keeps
        ]
        over = policy.cap_weight is not None and any(one > float(policy.cap_weight) + _SLACK for one in taken)
        under = policy.min_weight_total is not None and sum(taken) < float(policy.min_weight_total) - _SLACK
        if over or under:
            found.append(policy.name)
    return tuple(found)
