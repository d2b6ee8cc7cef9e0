"""How fast the engine is: the average-crossing rule on 1,000,000 bars beside a hand-written loop.

Times are processor time of one thread, the least of five rounds of five, compiling apart: loop and kernel alike write
to memory that a round before has left. The bars are drawn by a generator: a measure of speed, not of a strategy.
Peers are measured beside it where they are installed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numba
import numpy as np

from figures import Figure, above, below, seen
from mintmark.domain import Bars, CostProfile, Instrument, Timeframe, default_instrument
from mintmark.measures import MONEY_METRICS, performance
from mintmark.simulation import Account, Protection, run_targets
from mintmark.simulation.engine import prepare, rules_of
from mintmark.simulation.fills import play

FAST, SLOW = 10, 20
ACCOUNT = Account("USD", Decimal(100_000_000))
EXITS = Protection(stop_loss=0.003, take_profit=0.006, trailing_stop=0.002, trailing_activation=0.002)


def drawn_bars(length: int) -> Bars:
    rng = np.random.default_rng(1)
    close = 1.1 * np.exp(np.cumsum(rng.normal(0, 2e-4, length)))
    opened = np.concatenate(([1.1], close[:-1]))
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 1e-4, length)))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 1e-4, length)))
    stamps = np.arange(length, dtype=np.int64) * Timeframe.M1.nanoseconds
    return Bars("EURUSD", Timeframe.M1, stamps, opened, high, low, close)


def instrument() -> Instrument:
    return replace(
        default_instrument("EURUSD", "fx", "USD"), tick=Decimal(0), spread_ticks=Decimal(0),
        contract_size=Decimal(1), size_min=Decimal(1), size_step=Decimal(1), size_max=Decimal(10**6),
        costs=CostProfile(fee_bps=Decimal(2)),
    )  # fmt: skip


@numba.njit
def crossing(close: Any, fast: int, slow: int) -> Any:
    """Return +1 or -1 by the sign of the fast less the slow average."""
    targets = np.empty(len(close))
    quick = slower = 0.0
    for t in range(len(close)):
        quick += close[t] - (close[t - fast] if t >= fast else 0.0)
        slower += close[t] - (close[t - slow] if t >= slow else 0.0)
        apart = quick / fast - slower / slow
        targets[t] = np.nan
        if t >= slow and abs(apart) > 1e-12:
            targets[t] = 1.0 if apart > 0 else -1.0
    return targets


@numba.njit
def floor_loop(opens: Any, close: Any, fast: int, slow: int, size: float, fee: float) -> Any:
    """Return equity and the number of trades: signal and accounting, nothing else."""
    equity = np.empty(len(close))
    cash, held, want, trades = 1e8, 0.0, 0.0, 0
    quick = slower = 0.0
    for t in range(len(close)):
        if want != held:
            cash -= (want - held) * opens[t] + abs(want - held) * opens[t] * fee
            held = want
            trades += 1
        quick += close[t] - (close[t - fast] if t >= fast else 0.0)
        slower += close[t] - (close[t - slow] if t >= slow else 0.0)
        apart = quick / fast - slower / slow
        if t >= slow and abs(apart) > 1e-12:
            want = size if apart > 0 else -size
        equity[t] = cash + held * close[t]
    return equity, trades


def best(work: Callable[[], Any], times: int = 5) -> float:
    """Return the least processor seconds of this thread for ``work``."""
    found = math.inf
    for _ in range(times):
        start = time.thread_time()
        work()
        found = min(found, time.thread_time() - start)
    return found


def kernel_seconds(bars: Bars, targets: Any, protection: Protection) -> float:
    """Return the seconds of the compiled loop alone, fills, trades and equity written."""
    rules = rules_of(protection, "size", "decision", 0.0)
    found = math.inf
    for _ in range(7):
        setup = prepare([bars], targets, [instrument()], ACCOUNT, rules)
        found = min(found, best(lambda setup=setup: play(*setup), 1))
        del setup
    return found


def whole(bars: Bars, targets: Any, protection: Protection) -> Any:
    return run_targets(
        [bars], targets, [instrument()], ACCOUNT, bars_per_year=525_600, sizing="size", protection=protection
    )


def backtesting_seconds(bars: Bars, targets: Any) -> float | None:
    """Return what backtesting.py takes for the same signals, or None where it is not installed."""
    try:
        import pandas as pd
        from backtesting import Backtest, Strategy
    except ImportError:
        return None

    class Signals(Strategy):  # type: ignore[misc]
        def init(self) -> None: ...

        def next(self) -> None:
            target = targets[len(self.data) - 1]
            if target > 0 and not self.position.is_long:
                self.position.close()
                self.buy(size=10_000)
            elif target < 0 and not self.position.is_short:
                self.position.close()
                self.sell(size=10_000)

    prices = {"Open": bars.open, "High": bars.high, "Low": bars.low, "Close": bars.close}
    frame = pd.DataFrame(prices, index=pd.to_datetime(bars.stamps))
    return best(Backtest(frame, Signals, cash=1e8, commission=0.0002, finalize_trades=True).run, 1)


def metrics_milliseconds() -> float:
    equity = 1e5 * np.cumprod(1 + np.random.default_rng(2).normal(0, 0.01, 10_000))
    none = {name: np.zeros(0) for name in (*MONEY_METRICS, "return", "mfe", "bars_held")}
    return 1e3 * best(lambda: performance(equity, 1e5, none, 252, held_bars=0, traded_notional=0.0))


@dataclass(frozen=True)
class Speed:
    """Seconds on one length of bars; the kernel's hold the signal too, as the floor's do."""

    floor: float
    kernel: float
    kernel_with_exits: float
    whole: float


def speed(length: int, rounds: int = 5) -> Speed:
    """Return the least seconds of each over ``rounds`` in turn, so that a busy minute meets all of them."""
    bars = drawn_bars(length)
    targets = crossing(bars.close, FAST, SLOW) * 10_000
    floor_loop(bars.open, bars.close, FAST, SLOW, 1e4, 2e-4)
    found = [
        (
            best(lambda: floor_loop(bars.open, bars.close, FAST, SLOW, 1e4, 2e-4)),
            best(lambda: crossing(bars.close, FAST, SLOW)),
            kernel_seconds(bars, targets, Protection()),
            kernel_seconds(bars, targets, EXITS),
            best(lambda: whole(bars, targets, Protection()).metrics),
        )
        for _ in range(rounds)
    ]
    floor, signal, kernel, with_exits, complete = (min(seconds) for seconds in zip(*found, strict=True))
    return Speed(floor, signal + kernel, signal + with_exits, signal + complete)


def measure() -> list[Figure]:
    """Return every figure of the engine on this machine."""
    short, long = speed(100_000), speed(1_000_000)
    found = [
        seen("engine: hand-written loop, 1,000,000 bars", long.floor * 1e3, "ns/bar"),
        seen("engine: kernel with equity, fills and trades", long.kernel * 1e3, "ns/bar"),
        below("engine: kernel / hand-written loop", long.kernel / long.floor, "times", 3.0),
        below("engine: the same with stop, target and trailing", long.kernel_with_exits / long.floor, "times", 4.0),
        seen("engine: whole backtest with metrics, 1,000,000 bars", long.whole * 1e3, "ms"),
        below("engine: whole backtest, 1,000,000 / 100,000 bars", long.whole / short.whole, "times", 12.0),
        below("engine: all metrics of 10,000 returns", metrics_milliseconds(), "ms", 5.0),
    ]
    peer = backtesting_seconds(drawn_bars(100_000), crossing(drawn_bars(100_000).close, FAST, SLOW))
    if peer is not None:
        found.append(above("engine: faster than backtesting.py, 100,000 bars", peer / short.whole, "times", 100.0))
    return found
