"""Bars of one instrument, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintmark.domain.time import Timeframe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    StampArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of one symbol and timeframe, oldest first.

    Shape: every column (n_bars,). ``stamps`` are the bars' OPEN, int64 ns UTC,
    strictly increasing; prices float64 > 0. ``volume`` is None when the source
    has none; ``spread`` (in ticks) is None when the source has none.
    """

    symbol: str
    timeframe: Timeframe
    stamps: StampArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray | None = None
    spread: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def closes_at(self) -> StampArray:
        """The moment each bar is known: its stamp plus its timeframe (ns)."""
        return self.stamps + self.timeframe.nanoseconds

    def part(self, start: int, stop: int) -> Bars:
        """Return bars ``start`` to ``stop`` (positions, stop left out); columns are views."""
        rows = slice(start, stop)
        return Bars(
            self.symbol,
            self.timeframe,
            self.stamps[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            None if self.volume is None else self.volume[rows],
            None if self.spread is None else self.spread[rows],
        )
