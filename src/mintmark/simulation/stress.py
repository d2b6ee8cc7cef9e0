"""The same trades at other costs: what a result is worth when trading is dearer than it was thought to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from mintmark.domain import Bars, Instrument
from mintmark.simulation.records import Records
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.runs import blank, put

FACTORS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
_DEARER = (10.0, 30.0, 100.0, 300.0, 1_000.0)
_NARROW = 1e-8
_SCALED = ("fee_bps", "per_lot", "per_deal", "per_unit", "minimum", "slippage_size")


@dataclass(frozen=True, eq=False)
class CostStress:
    """What costs times each of ``factors`` leave: rows of ``RUN``, in their order.

    ``break_even``: the factor, within 1e-6, at which nothing is earned; None where ``undefined`` says why:
    ``no_profit`` (a loss even without costs) or ``no_break_even`` (a profit even at a thousand times).
    """

    factors: tuple[float, ...]
    table: Records
    break_even: float | None
    undefined: str | None


def cost_stress(trade: Callable[[float], BacktestResult]) -> CostStress:
    """Return what ``trade`` comes to at each factor on spread, commission and slippage."""
    table = blank(len(FACTORS))
    for at, factor in enumerate(FACTORS):
        put(table[at], at, trade(factor).metrics)
    found = dict(zip(FACTORS, table["net_profit"], strict=True))
    if found[0.0] <= 0.0:
        return CostStress(FACTORS, table, None, "no_profit")

    def profit(factor: float) -> float:
        return float(found[factor] if factor in found else trade(factor).metrics["net_profit"] or 0.0)

    earns = 0.0
    for factor in (*FACTORS[1:], *_DEARER):
        if profit(factor) <= 0.0:
            return CostStress(FACTORS, table, _between(profit, earns, factor), None)
        earns = factor
    return CostStress(FACTORS, table, None, "no_break_even")


def _between(profit: Callable[[float], float], earns: float, loses: float) -> float:
    while loses - earns > _NARROW:
        middle = (earns + loses) / 2.0
        if profit(middle) > 0.0:
            earns = middle
        else:
            loses = middle
    return (earns + loses) / 2.0


def scaled_costs(instrument: Instrument, factor: float) -> Instrument:
    """Return ``instrument`` with spread, commission and slippage times ``factor``; financing stays."""
    times, costs = Decimal(str(factor)), instrument.costs
    changed = {name: getattr(costs, name) * times for name in _SCALED}
    cap = None if costs.cap_fraction is None else costs.cap_fraction * times
    return replace(
        instrument, spread_ticks=instrument.spread_ticks * times, costs=replace(costs, **changed, cap_fraction=cap)
    )


def scaled_spread(bars: Bars, factor: float) -> Bars:
    """Return ``bars`` with their own spread times ``factor``; without one they stay as they are."""
    return bars if bars.spread is None else replace(bars, spread=bars.spread * factor)
