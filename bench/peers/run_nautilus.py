"""NautilusTrader: a minimal strategy on bars, one market order for each change of side, logging off.

An order fills at the close of the bar it was sent on, which in these bars is the open of the next one.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import nautilus_trader
import pandas as pd
from measured import CAPITAL, FAST, FEE, SIZE, SLOW, WARM_BARS, Columns, first, main, say
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.config import StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import EUR, USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("SIM")
PAIR = InstrumentId(Symbol("EUR/USD"), VENUE)
MINUTES = BarType.from_str(f"{PAIR}-1-MINUTE-LAST-EXTERNAL")
EQUAL = 1e-12
# More than any order asks for, so none is filled in part.
VOLUME = 100 * SIZE


class Cross(Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one, else short."""

    def __init__(self) -> None:
        super().__init__(StrategyConfig())
        self.fast, self.slow = SimpleMovingAverage(FAST), SimpleMovingAverage(SLOW)
        self.side = 0
        self.trades = 0

    def on_start(self) -> None:
        for average in (self.fast, self.slow):
            self.register_indicator_for_bars(MINUTES, average)
        self.subscribe_bars(MINUTES)

    def on_bar(self, _: Bar) -> None:
        if not self.slow.initialized:
            return
        apart = self.fast.value - self.slow.value
        if apart > EQUAL and self.side <= 0:
            self.turn(1, OrderSide.BUY)
        elif apart < -EQUAL and self.side >= 0:
            self.turn(-1, OrderSide.SELL)

    def turn(self, side: int, order_side: OrderSide) -> None:
        size = Quantity.from_int(SIZE * abs(side - self.side))
        self.submit_order(self.order_factory.market(PAIR, order_side, size))
        self.side = side
        self.trades += 1

    def on_stop(self) -> None:
        self.close_all_positions(PAIR)


def instrument() -> CurrencyPair:
    return CurrencyPair(
        PAIR, Symbol("EUR/USD"), EUR, USD, 9, 0, Price(1e-9, 9), Quantity.from_int(1), 0, 0,
        maker_fee=Decimal(str(FEE)), taker_fee=Decimal(str(FEE)), margin_init=Decimal("0.03"),
        margin_maint=Decimal("0.03"),
    )  # fmt: skip


def engine_with(columns: Columns) -> tuple[BacktestEngine, Cross]:
    """Return an engine that holds the bars and the strategy, ready to run."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    capital = [Money(CAPITAL, USD)]
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, capital, USD, default_leverage=Decimal(30))
    pair, strategy = instrument(), Cross()
    engine.add_instrument(pair)
    prices = {name: columns[name] for name in ("open", "high", "low", "close")}
    # A bar is known when it ends, a minute after its stamp.
    frame = pd.DataFrame(
        {**prices, "volume": float(VOLUME)}, index=pd.to_datetime(columns["stamps"] + 60_000_000_000, utc=True)
    )
    engine.add_data(BarDataWrangler(MINUTES, pair).process(frame))
    engine.add_strategy(strategy)
    return engine, strategy


def played(columns: Columns) -> tuple[float, dict[str, Any]]:
    """Return the processor seconds of ``engine.run()`` alone, and what it found."""
    engine, strategy = engine_with(columns)
    began = time.process_time()
    engine.run()
    seconds = time.process_time() - began
    left = engine.cache.account_for_venue(VENUE).balance_total(USD).as_double()
    engine.dispose()
    return seconds, {"trades": strategy.trades, "net_profit": left - CAPITAL}


def run(columns: Columns) -> None:
    played(first(columns, WARM_BARS))
    seconds, found = played(columns)
    say(f"NautilusTrader {nautilus_trader.__version__}", seconds, **found)


if __name__ == "__main__":
    main({"run": run})
