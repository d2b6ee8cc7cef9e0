"""The money edge: add the trades up again in exact numbers and compare with the kernel's cash."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Fault, Instrument
from mintmark.simulation.records import FloatArray, Records

_FINE = Decimal("1e-10")
_INT64_ROOM = 2**62


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
    exact = capital
    for column, instrument in enumerate(instruments):
        exact += price_result(trades[trades["column"] == column] if len(instruments) > 1 else trades, instrument)
    parts = [trades[name] for name in ("fees", "financing_cost", "dividends")]
    exact += Decimal(math.fsum(np.concatenate(parts)))
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
    size, size_unit = _on_grid(trades["size"], instrument.size_step)
    first, last = trades["entry_rate"], trades["exit_rate"]
    side = trades["side"].astype(np.int64)
    if np.all(first == last) and np.all(last == last[0]):
        prices, unit = _on_grid(np.concatenate((trades["entry_price"], trades["exit_price"])), instrument.tick)
        moved = prices[len(trades) :] - prices[: len(trades)]
        return _dot(side * size, moved) * unit * size_unit * instrument.contract_size * Decimal(float(last[0]))
    names = ("entry_price", "exit_price", "entry_reference", "entry_rate", "exit_rate")
    entry, leave, middle, first_rate, last_rate = (_on_grid(trades[name], _FINE)[0].astype(object) for name in names)
    worth = (leave - entry) * last_rate + (entry - middle) * (last_rate - first_rate)
    total = int(np.sum((side * size).astype(object) * worth))
    return Decimal(total) * _FINE * _FINE * size_unit * instrument.contract_size


def _on_grid(values: FloatArray, unit: Decimal) -> tuple[NDArray[np.int64], Decimal]:
    """Return ``values`` in whole units: of ``unit`` where all lie on it, else of a ten-billionth."""
    for step in (unit, _FINE):
        if step > 0:
            counts = values / float(step)
            whole = np.rint(counts)
            if step == _FINE or np.all(np.abs(counts - whole) <= 1e-5):
                return whole.astype(np.int64), step
    raise AssertionError("the fine grid takes every value")


def _dot(one: NDArray[np.int64], other: NDArray[np.int64]) -> Decimal:
    """Return the exact sum of products, in machine integers where they cannot overflow."""
    reach = float(np.abs(one).max()) * float(np.abs(other).max()) * len(one)
    if reach < _INT64_ROOM:
        return Decimal(int(np.dot(one, other)))
    return Decimal(int(np.dot(one.astype(object), other.astype(object))))
