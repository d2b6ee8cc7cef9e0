"""Where a return came from."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal
from mintmark.measures import EFFECTS, Undefined, day_effects, linked_effects, linked_return, require_reconciled
from mintmark.portfolio.capabilities.financial_analyst_performance import LookBack, tell_left_out
from mintmark.portfolio.capability import Answer, Capability, Reading
from mintmark.portfolio.history import History, history_of

FloatArray = NDArray[np.float64]


class Effects(Answer):
    """Parts of a return as fractions; they add to ``total``."""

    local: float
    fx: float
    interaction: float
    income: float
    trading: float
    costs: float
    total: float


class PartEffects(Answer):
    """The effects of one instrument, or of the money in one currency."""

    symbol: str | None
    currency: str
    effects: Effects


class CurrencyAttribution(Answer):
    """The return of a period by what made it; ``hedged`` leaves currencies out."""

    opens: date
    days: int
    effects: Effects
    hedged: float
    twr: float
    by_position: list[PartEffects]
    by_currency: list[PartEffects]


def currency(reading: Reading, given: LookBack) -> CurrencyAttribution | Refusal:
    """Return the return of the last days by price, currency, income, trading and costs.

    Refuses ``attribution_not_reconciled`` where the parts do not add to the return measured from the two values, and
    ``undefined_day``.
    """
    history = history_of(reading)
    tell_left_out(history, reading.notes)
    first = max(0, len(history.days) - given.lookback_days)
    try:
        linked = linked_of(history, first)
    except Undefined as undefined:
        message = f"the parts of the return cannot be told: {undefined.reason}"
        return Refusal(undefined.reason, message, observed=undefined.observed, limit=undefined.limit)
    total = effects_of(linked.sum(axis=1))
    twr = linked_return(history.returns[first:])
    return CurrencyAttribution(
        opens=history.days[max(0, first - 1)],
        days=len(history.days) - first,
        effects=total,
        hedged=total.total - total.fx - total.interaction,
        twr=twr,
        by_position=_by_position(history, linked),
        by_currency=_by_currency(history, linked),
    )


def linked_of(history: History, first: int) -> FloatArray:
    """Return the effects of each line over the days from ``first`` on: (6, n_lines), adding to the linked return.

    Raises:
        Undefined: ``attribution_not_reconciled`` or ``undefined_day``.
    """
    opened = history.opened
    base = opened.sum(axis=1) + history.inflows
    effects = day_effects(
        base[first:],
        opened[first:],
        history.local[first:],
        history.fx[first:],
        income=history.income[first:],
        trading=history.trading[first:],
        costs=history.costs[first:],
    )
    returns = history.returns[first:]
    require_reconciled(effects, returns)
    return linked_effects(effects, returns)


def effects_of(parts: FloatArray) -> Effects:
    """Return the six parts, in the order of ``EFFECTS``, with their sum."""
    return Effects(**dict(zip(EFFECTS, parts.tolist(), strict=True)), total=float(parts.sum()))


def _by_position(history: History, linked: FloatArray) -> list[PartEffects]:
    by_name: dict[tuple[str | None, str], FloatArray] = {}
    for column, line in enumerate(history.lines):
        key = (line.symbol or None, line.currency)
        by_name[key] = by_name.get(key, np.zeros(len(EFFECTS))) + linked[:, column]
    return [
        PartEffects(symbol=symbol, currency=currency, effects=effects_of(parts))
        for (symbol, currency), parts in sorted(by_name.items(), key=lambda one: (one[0][0] or "", one[0][1]))
    ]


def _by_currency(history: History, linked: FloatArray) -> list[PartEffects]:
    found = []
    for name in sorted({line.currency for line in history.lines}):
        columns = [column for column, line in enumerate(history.lines) if line.currency == name]
        found.append(PartEffects(symbol=None, currency=name, effects=effects_of(linked[:, columns].sum(axis=1))))
    return found


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    summary = "The return by price, currency, income, trading and costs."
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("attribution.currency", LookBack, CurrencyAttribution, currency, summary),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
