"""A strategy, or the rule ``sma_cross``, on a past that is redrawn: signals made anew, then traded. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Bars
from mintmark.research.walking import Market, run_window
from mintmark.simulation import BacktestResult, lengths_of, run_targets, scaled_costs, scaled_spread, sma_cross
from mintmark.strategy import Model, StrategySpec, Targets, decisions

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Decider:
    """What decides in the window ``start`` <= stamp < ``stop`` (ns).

    Without ``spec`` and ``model`` it is the rule with the averages of ``values``.
    """

    spec: StrategySpec | None
    model: Model | None
    start: int
    stop: int
    values: Mapping[str, int | float | bool]

    @property
    def is_rule(self) -> bool:
        """Whether ``sma_cross`` decides."""
        return self.spec is None and bool(self.values)

    def decide(self, market: Market) -> Targets | FloatArray:
        """Return the targets of every bar of the window, warmed up on the bars before it."""
        if self.spec is None or self.model is None:
            (instrument,) = market.instruments
            bars = market.bars[instrument.symbol]
            found = sma_cross(bars.close, *lengths_of(self.values), short=instrument.shortable)
            return found[np.searchsorted(bars.stamps, self.start) : np.searchsorted(bars.stamps, self.stop)]
        return decisions(
            self.spec, self.model, market.bars, market.years, market.costs, start=self.start, stop=self.stop
        )

    def trade(self, market: Market, made: Targets | FloatArray, slippage: np.random.Generator) -> BacktestResult:
        """Return what trading ``made`` in the window comes to, all costs paid."""
        if isinstance(made, Targets):
            assert self.spec is not None
            return run_window(self.spec, made, market, self.start, self.stop, slippage)
        (window,) = market.window(self.start, self.stop)
        return run_targets(
            [window], made, market.instruments, market.account, bars_per_year=market.bars_per_year,
            rates=market.window_rates(window.stamps), slippage=slippage,
        )  # fmt: skip

    def run(self, market: Market, slippage: np.random.Generator) -> BacktestResult:
        """Return what deciding and trading come to."""
        return self.trade(market, self.decide(market), slippage)


def with_path(market: Market, path: Mapping[str, Bars]) -> Market:
    """Return ``market`` with the bars of ``path`` in place of its own from their first stamp on."""
    return replace(market, bars={symbol: _after_its_past(bars, path[symbol]) for symbol, bars in market.bars.items()})


def _after_its_past(bars: Bars, path: Bars) -> Bars:
    known = bars.part(0, int(np.searchsorted(bars.stamps, path.stamps[0]))) if len(path) else bars
    return replace(
        bars,
        stamps=np.concatenate((known.stamps, path.stamps)),
        open=np.concatenate((known.open, path.open)),
        high=np.concatenate((known.high, path.high)),
        low=np.concatenate((known.low, path.low)),
        close=np.concatenate((known.close, path.close)),
        volume=_joined(known.volume, path.volume),
        spread=_joined(known.spread, path.spread),
    )


def _joined(known: FloatArray | None, path: FloatArray | None) -> FloatArray | None:
    return None if known is None or path is None else np.concatenate((known, path))


def at_costs(market: Market, factor: float) -> Market:
    """Return ``market`` with spread, commission and slippage times ``factor``; what decides knows nothing of it."""
    return replace(
        market,
        instruments=[scaled_costs(instrument, factor) for instrument in market.instruments],
        bars={symbol: scaled_spread(bars, factor) for symbol, bars in market.bars.items()},
    )
