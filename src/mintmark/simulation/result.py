"""What a simulation gives back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Money
from mintmark.measures import MONEY_METRICS, performance
from mintmark.simulation.order_records import ORDER_STATES
from mintmark.simulation.records import FLAGS, REFUSALS, FloatArray, IntArray, Records

_CENTS_OF_A_MICRO = Decimal("1e-8")


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """One run. Every table is numeric; times are int64 ns; amounts are in ``currency``.

    ``equity``: (n_bars,), marked at each close, its base is ``capital``. ``fills``, ``trades``, ``refusals``:
    structured arrays (``records.FILL``, ``TRADE``, ``REFUSED``); ``exit_reason`` counts in ``EXIT_REASONS``, ``code``
    in ``REFUSALS``, ``flags`` are the bits of ``FLAGS``. ``final_equity``: added up again in exact numbers.
    ``orders``: of a run of orders, one row each (``order_records.ORDER``), in the order they were given.
    ``bars_played`` is less than n_bars only where the account was ruined.
    """

    symbols: tuple[str, ...]
    currency: str
    capital: Decimal
    final_equity: Decimal
    bars_per_year: float
    stamps: IntArray
    equity: FloatArray
    fills: Records
    trades: Records
    refusals: Records
    bars_played: int
    held_bars: int
    traded_notional: float
    margin_calls: int
    discarded_signals: int
    ruined: bool
    orders: Records

    @cached_property
    def _table(self) -> tuple[dict[str, float | int | None], dict[str, str]]:
        return performance(
            self.equity, float(self.capital), self.trades, self.bars_per_year, held_bars=self.held_bars,
            traded_notional=self.traded_notional,
        )  # fmt: skip

    @property
    def metrics(self) -> dict[str, float | int | None]:
        """Every metric by its one name; None where ``undefined`` says why. Money as float: see ``money``."""
        return self._table[0]

    @property
    def undefined(self) -> dict[str, str]:
        """The reason for each metric that is None."""
        return self._table[1]

    @cached_property
    def rejections(self) -> dict[str, int]:
        """How many orders, or parts of one, were not done, by code."""
        counts = np.bincount(self.refusals["code"], minlength=len(REFUSALS))
        return {code: int(count) for code, count in zip(REFUSALS, counts, strict=True) if count}

    @cached_property
    def flags(self) -> dict[str, int]:
        """How many fills carry each flag, margin calls and ruin."""
        found = {name: int(np.count_nonzero(self.fills["flags"] & bit)) for name, bit in FLAGS.items()}
        found |= {"margin_call": self.margin_calls, "ruined": int(self.ruined)}
        return {name: count for name, count in found.items() if count}

    @cached_property
    def order_ends(self) -> dict[str, int]:
        """How many orders came to each end, by its word."""
        counts = np.bincount(self.orders["state"], minlength=len(ORDER_STATES))
        return {state: int(count) for state, count in zip(ORDER_STATES, counts, strict=True) if count}

    def money(self) -> dict[str, Money]:
        """Return the money metrics and ``final_equity`` as exact amounts; the net profit is the exact one."""
        amounts = {name: Decimal(str(self.metrics[name])).quantize(_CENTS_OF_A_MICRO) for name in MONEY_METRICS}
        amounts["net_profit"] = self.final_equity - self.capital
        amounts["final_equity"] = self.final_equity
        return {name: Money(amount, self.currency) for name, amount in amounts.items()}

    def trade_columns(self) -> dict[str, NDArray[Any]]:
        """Return the trades as named numeric columns, ready for a table file."""
        return _columns(self.trades)

    def fill_columns(self) -> dict[str, NDArray[Any]]:
        """Return the fills as named numeric columns."""
        return _columns(self.fills)


def _columns(table: Records) -> dict[str, NDArray[Any]]:
    return {name: np.ascontiguousarray(table[name]) for name in table.dtype.names or ()}
