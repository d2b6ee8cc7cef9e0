"""The money edge: add the trades up again in exact numbers and compare with the kernel's cash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Fault, Instrument
from mintmark.measures import compiled, inlined
from mintmark.simulation.records import FloatArray, Records

_FINE = Decimal("1e-10")
_INT64_ROOM = 2.0**62


class ReconciliationFailed(Fault):
    """The kernel's cash is not what its trades come to."""

    code = "reconciliation_failed"


def settle(capital: Decimal, cash: float, turnover: float, trades: Records, instruments: list[Instrument]) -> Decimal:
    """Return the cash after all ``trades`` as an exact Decimal.

    Prices count whole ticks and sizes whole steps wherever they lie on them; costs, which lie on no grid, are added
    without rounding.

    Raises:
        ReconciliationFailed: it differs from ``cash`` by more than max(1e-6, 1e-9 x turnover).
    """
    exact = capital + sum(
        (
            price_result(trades[trades["column"] == column] if len(instruments) > 1 else trades, instrument)
            for column, instrument in enumerate(instruments)
        ),
        Decimal(0),
    )
    exact += Decimal(other_sum(np.require(trades, requirements=["C", "W"])))
    limit = max(1e-6, 1e-9 * turnover)
    if not abs(float(exact) - cash) <= limit:
        raise ReconciliationFailed(
            f"expected cash within {limit:g} of {exact:f}, the sum of the trades; found {cash!r}",
            expected=str(exact), found=repr(cash), limit=limit,
        )  # fmt: skip
    return exact.quantize(_FINE)


def price_result(trades: Records, instrument: Instrument) -> Decimal:
    """Return what the prices of one instrument's trades come to, spread and slippage included.

    A trade's price result is side x size x contract x ((exit - entry) x exit rate + (entry - entry mid) x (exit rate -
    entry rate)): its costs were paid at the rate of their own moment.
    """
    if len(trades) == 0:
        return Decimal(0)
    rows = np.require(trades, requirements=["C", "W"])
    counted = count_result(rows, *units_of(instrument))
    if counted.exact:
        unit = instrument.tick if counted.on_tick else _FINE
        size_unit = instrument.size_step if counted.on_step else _FINE
        return Decimal(counted.total) * unit * size_unit * instrument.contract_size * Decimal(counted.rate)
    size, size_unit = _on_grid(trades["size"], instrument.size_step)
    side = trades["side"].astype(np.int64)
    names = ("entry_price", "exit_price", "entry_reference", "entry_rate", "exit_rate")
    entry, leave, middle, first_rate, last_rate = (_on_grid(trades[name], _FINE)[0].astype(object) for name in names)
    worth = (leave - entry) * last_rate + (entry - middle) * (last_rate - first_rate)
    total = int(np.sum((side * size).astype(object) * worth))
    return Decimal(total) * _FINE * _FINE * size_unit * instrument.contract_size


def units_of(instrument: Instrument) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the units sizes and prices are counted in: step and tick, and a ten-billionth for what lies on neither."""
    return (float(instrument.size_step), float(_FINE)), (float(instrument.tick), float(_FINE))


def _on_grid(values: FloatArray, unit: Decimal) -> tuple[NDArray[np.int64], Decimal]:
    """Return ``values`` in whole units: of ``unit`` where all lie on it, else of a ten-billionth."""
    for step in (unit, _FINE):
        if step > 0:
            counts = values / float(step)
            whole = np.rint(counts)
            if step == _FINE or np.all(np.abs(counts - whole) <= 1e-5):
                return whole.astype(np.int64), step
    raise AssertionError("the fine grid takes every value")


class Counted(NamedTuple):
    """The price result in whole units: ``total`` of them at ``rate``, where ``exact``."""

    exact: bool
    total: int
    rate: float
    on_step: bool
    on_tick: bool


@compiled
def count_result(trades: Any, steps: tuple[float, float], ticks: tuple[float, float]) -> Counted:
    """Return the sum of side x size x (exit - entry) in whole steps and ticks, or in the finer units of those pairs.

    Not ``exact`` where trades have several rates of exchange, or the sum may pass 64 bits.
    """
    rate = trades[0].exit_rate
    on_step, on_tick = steps[0] > 0.0, ticks[0] > 0.0
    for number in range(len(trades)):
        row = trades[number]
        if row.entry_rate != rate or row.exit_rate != rate:
            return Counted(False, 0, rate, False, False)
        on_step = on_step and is_whole(row.size / steps[0])
        on_tick = on_tick and is_whole(row.entry_price / ticks[0]) and is_whole(row.exit_price / ticks[0])
    step = steps[0] if on_step else steps[1]
    tick = ticks[0] if on_tick else ticks[1]
    total, most, furthest = 0, 0.0, 0.0
    for number in range(len(trades)):
        row = trades[number]
        size = np.rint(row.size / step)
        entry, leave = np.rint(row.entry_price / tick), np.rint(row.exit_price / tick)
        most, furthest = max(most, abs(size)), max(furthest, abs(leave - entry))
        if max(entry, leave, most * furthest * len(trades)) >= _INT64_ROOM:
            return Counted(False, 0, rate, False, False)
        total += row.side * int(size) * (int(leave) - int(entry))
    return Counted(True, total, rate, on_step, on_tick)


@inlined
def is_whole(count: float) -> bool:
    """Return whether ``count`` is a whole number but for rounding."""
    return bool(abs(count - np.rint(count)) <= 1e-5)


@compiled
def other_sum(trades: Any) -> float:
    """Return the sum of fees, financing and dividends, rounded once: what each step loses is kept apart (Knuth)."""
    high = low = 0.0
    for number in range(len(trades)):
        row = trades[number]
        for part in (row.fees, row.financing_cost, row.dividends):
            total = high + part
            kept = total - high
            low += (high - (total - kept)) + (part - kept)
            high = total
    return high + low
