"""The rule ``sma_cross`` for many pairs of averages in one go: signal, play, settle and measure, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import compiled, inlined, put_block_sums, put_table
from mintmark.simulation.fills import play
from mintmark.simulation.reconcile import count_result, other_sum
from mintmark.simulation.records import Book, FloatArray, IntArray, Market, Record, Records, Rules

_EQUAL = 1e-12
_PART = 1_024


class Signals(NamedTuple):
    """The averages (n_lengths, n_bars), and for each combination its two rows in them and its silent bars.

    ``pairs``: (n_combinations, 3): row of the fast one, row of the slow one, bars from the first that say nothing.
    """

    averages: FloatArray
    pairs: IntArray
    lots: float
    short: bool


class Tables(NamedTuple):
    """What is written, a row for each combination: metrics, their reasons, block sums, and whether it stands.

    ``returns``: (n_combinations, n_bars), or one row that is written over. ``stands`` is 0 where the combination is
    to be run alone, which tells what is wrong with it.
    """

    values: FloatArray
    reasons: NDArray[np.uint8]
    sums: FloatArray
    returns: FloatArray
    stands: NDArray[np.uint8]


class Money(NamedTuple):
    """The account's capital, the year of its bars, and the units in which a result is added up again."""

    capital: float
    bars_per_year: float
    steps: tuple[float, float]
    ticks: tuple[float, float]


@compiled
def put_average(values: FloatArray, length: int, average: FloatArray) -> None:
    """Write the mean of the last ``length`` values at each bar, the difference of two sums from the first bar on."""
    early = late = 0.0
    for t in range(len(values)):
        late += values[t]
        if t >= length:
            early += values[t - length]
        average[t] = (late - early) / length if t >= length - 1 else math.nan


@compiled
def put_cross(fast: FloatArray, slow: FloatArray, warmup: int, short: bool, lots: float, targets: FloatArray) -> int:
    """Write the targets of the rule into the one row of ``targets`` and return how often they change.

    ``lots`` where ``fast`` is above ``slow``, less ``lots`` (without ``short``: 0) where it is below; NaN where they
    are at most 1e-12 apart, and for the first ``warmup`` bars.
    """
    below = -lots if short else 0.0
    last, changes = 0.0, 0
    for t in range(len(fast)):
        target = math.nan if t < warmup else side_of(fast[t] - slow[t], lots, below)
        now = target if target == target else last
        changes += now != last
        last = now
        targets[0, t] = target
    return changes


@compiled
def put_sma_cross(closes: FloatArray, fast: int, slow: int, short: bool, targets: FloatArray) -> None:
    """Write 1, -1 (without ``short``: 0) or NaN into ``targets``: what ``put_average`` and ``put_cross`` come to.

    An average is the difference of two sums from the first bar on, and those of both lengths are the same sums. They
    are made part by part, each time after the last ``slow`` of the part before.
    """
    part = max(_PART, slow)
    sums, total = np.zeros(slow + part), 0.0
    late, quick, slower = sums[slow:], sums[slow - fast :], sums
    below = -1.0 if short else 0.0
    for start in range(0, len(closes), part):
        values, found = closes[start : start + part], targets[start : start + part]
        sums[:slow] = sums[part:]
        for t in range(len(values)):
            total += values[t]
            late[t] = total
        for t in range(len(values)):
            found[t] = side_of((late[t] - quick[t]) / fast - (late[t] - slower[t]) / slow, 1.0, below)
    targets[:slow] = math.nan


@inlined
def side_of(apart: float, above: float, below: float) -> float:
    """Return ``above`` or ``below`` by the sign of ``apart``, NaN where that is next to nothing."""
    side = above if apart > 0.0 else below
    return side if abs(apart) > _EQUAL else math.nan


@compiled
def play_crosses(
    signals: Signals, market: Market, terms: Record, rules: Rules, book: Book, fresh: Book, money: Money, tables: Tables
) -> None:
    """Run every combination through the kernel and write its row; ``book`` is written over, ``fresh`` begins it."""
    room = len(book.entries) - 1
    for number in range(len(signals.pairs)):
        fast, slow, warmup = signals.pairs[number]
        changes = put_cross(
            signals.averages[fast], signals.averages[slow], warmup, signals.short, signals.lots, market.targets
        )
        if changes > room:
            tables.stands[number] = 0
            continue
        book.account[0] = fresh.account[0]
        book.positions[0] = fresh.positions[0]
        play(market, terms, rules, book)
        account = book.account[0]
        trades = book.trades[: account.trades]
        tables.stands[number] = account.stale_column < 0 and is_settled(trades, account, terms, money)
        put_table(
            book.equity, money.capital, money.bars_per_year, 0.0, trades, account.held_bars, account.traded,
            tables.returns[number % len(tables.returns)], tables.values[number], tables.reasons[number],
        )  # fmt: skip
        put_block_sums(tables.returns[number % len(tables.returns)], tables.sums[number])


@compiled
def is_settled(trades: Records, account: Record, terms: Record, money: Money) -> bool:
    """Return whether whole ticks and steps surely add up to the account's cash; see ``reconcile.settle``."""
    moved = 0.0
    if len(trades) > 0:
        counted = count_result(trades, money.steps, money.ticks)
        if not counted.exact:
            return False
        step = money.steps[0] if counted.on_step else money.steps[1]
        tick = money.ticks[0] if counted.on_tick else money.ticks[1]
        moved = float(counted.total) * (tick * step * terms[0].contract * counted.rate)
    exact = money.capital + moved + other_sum(trades)
    return bool(abs(exact - account.cash) <= max(1e-6, 1e-9 * account.traded))
