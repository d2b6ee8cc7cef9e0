"""Sweeps of the built-in rule ``sma_cross``: all pairs of averages on the same bars, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from mintmark.domain import Bars, Instrument, Refused
from mintmark.measures import METRICS, named_rows
from mintmark.simulation.batch import Money, Signals, Tables, play_crosses
from mintmark.simulation.engine import Account, Protection, Setup, draws_of, new_book, prepare, rules_of, run_targets
from mintmark.simulation.grid import Grid
from mintmark.simulation.reconcile import units_of
from mintmark.simulation.records import BY_WEIGHT, Book, FloatArray, Market
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.sweep import Combination, SweepRow, averages_of, crossing, lengths_of, sweep
from mintmark.simulation.threads import each_of

BLOCKS = 16
_CHUNK = 25
_MOST_CHANGES = 50_000


class _Own(NamedTuple):
    """What one thread plays with from chunk to chunk: the averages, which all share, its targets and its book."""

    signals: Signals
    market: Market
    book: Book


@dataclass(frozen=True, eq=False)
class CrossSweep:
    """Every combination of ``grid`` on the same bars, to be run a part at a time.

    ``close``: of the bars the averages are made of, the last of which are ``bars``. ``lots``: held either way; without
    them, all of the equity. ``slippage``: gives the generator that every combination draws from anew.
    """

    bars: Bars
    grid: Grid | Sequence[Combination]
    instrument: Instrument
    account: Account
    bars_per_year: float
    close: FloatArray
    lots: float | None = None
    rates: FloatArray | None = None
    slippage: Callable[[], np.random.Generator] | None = None

    def run(self, given: Combination) -> BacktestResult:
        """Return the backtest of one combination.

        Raises:
            Refused: as ``sma_cross`` and ``run_targets``.
        """
        found = crossing(self._averages, self.close, given, short=self.instrument.shortable)
        return run_targets(
            [self.bars], found[self.first :] * (self.lots or 1.0), [self.instrument], self.account,
            bars_per_year=self.bars_per_year, sizing=self._sizing, rates=self.rates, slippage=self._generator(),
        )  # fmt: skip

    def rows(
        self, start: int = 0, stop: int | None = None, *, threads: int = 1, returns: bool = False
    ) -> list[SweepRow]:
        """Return a row for each combination from number ``start`` to before ``stop``, as ``sweep`` does."""
        numbers = range(start, len(self.grid) if stop is None else stop)
        if self.setup is None:
            return sweep(self.grid, self.run, threads=threads, returns=returns, start=start, stop=numbers.stop)
        size = max(1, min(_CHUNK, -(-len(numbers) // threads)))
        turns, found = iter(range(0, len(numbers), size)), {}

        def take_turns(own: _Own) -> None:
            # All threads share the turns: whoever is done takes the next one.
            for place in turns:
                found[place] = self._rows(numbers[place : place + size], returns, own)

        each_of(take_turns, [self._own() for _ in range(threads)], threads)
        return [row for place in sorted(found) for row in found[place]]

    def _rows(self, chunk: range, returns: bool, own: _Own) -> list[SweepRow]:
        combinations = [(number, self.grid[number]) for number in chunk]
        together = [each for each in combinations if self._can_be(each[1])]
        tables = self._play([given for _, given in together], returns, own)
        metrics = named_rows(tables.values, tables.reasons)
        found = {}
        for place, (number, given) in enumerate(together):
            if tables.stands[place]:
                gained = tables.returns[place] if returns else None
                found[number] = SweepRow(number, given, metrics[place], None, tables.sums[place], gained)
        # What a batch leaves out is run alone: it fails with its code, or had more to do than there was room for.
        return [
            found.get(number) or replace(sweep([given], self.run, returns=returns)[0], number=number)
            for number, given in combinations
        ]

    def _play(self, combinations: Sequence[Combination], returns: bool, own: _Own) -> Tables:
        setup, count, bars = self.setup, len(combinations), len(self.bars)
        assert setup is not None
        tables = Tables(
            np.zeros((count, len(METRICS))), np.zeros((count, len(METRICS)), np.uint8),
            np.empty((count, 2, BLOCKS)), np.empty((count if returns else 1, bars)), np.zeros(count, np.uint8),
        )  # fmt: skip
        places = {length: place for place, length in enumerate(self._averages)}
        pairs = [
            (places[given["fast"]], places[given["slow"]], max(int(given["slow"]) - self.first, 0))  # type: ignore[index]
            for given in combinations
        ]
        play_crosses(
            own.signals._replace(pairs=np.array(pairs, np.int64).reshape(-1, 3)), own.market, setup.terms, setup.rules,
            own.book, setup.book, self.money, tables,
        )  # fmt: skip
        return tables

    def _own(self) -> _Own:
        assert self.setup is not None
        no_pairs = np.empty((0, 3), np.int64)
        return _Own(
            Signals(self._table, no_pairs, self.lots or 1.0, self.instrument.shortable),
            self.setup.market._replace(targets=np.empty((1, len(self.bars)))), self.book(),
        )  # fmt: skip

    @property
    def _sizing(self) -> Literal["weight", "size"]:
        return "size" if self.lots else "weight"

    @property
    def first(self) -> int:
        """How many bars the averages know before the first that is traded."""
        return len(self.close) - len(self.bars)

    @cached_property
    def _averages(self) -> dict[int, FloatArray]:
        return averages_of(self.close, self.grid)

    @cached_property
    def _table(self) -> FloatArray:
        rows = [average[self.first :] for average in self._averages.values()]
        return np.array(rows).reshape(-1, len(self.bars))

    @cached_property
    def setup(self) -> Setup | None:
        """What all combinations have in common; None where each of them must be told what is wrong by itself."""
        rules, silent = rules_of(Protection(), self._sizing, "decision", 0.0), np.full(len(self.bars), np.nan)
        try:
            setup = prepare(
                [self.bars], silent, [self.instrument], self.account, rules, self.rates, self._generator()
            )  # fmt: skip
        except Refused:
            return None
        too_much = rules.sizing == BY_WEIGHT and setup.terms["inverse_leverage"][0] > 1.0
        return None if too_much or self.account.max_bar_participation is not None else setup

    @cached_property
    def _draws(self) -> FloatArray:
        return self.draws(self._generator())

    def draws(self, slippage: np.random.Generator | None) -> FloatArray:
        """Return what a run may draw of random slippage; none where the instrument does not slip at random."""
        assert self.setup is not None
        return draws_of(self.setup.terms, slippage, 3 * self._room + 1)

    @property
    def _room(self) -> int:
        return min(len(self.bars), _MOST_CHANGES)

    def book(self) -> Book:
        """Return an empty book with room for what a combination of the batch may do."""
        return new_book(1, len(self.bars), self._room, float(self.account.capital), self._draws)

    @cached_property
    def money(self) -> Money:
        """The units in which a result is added up again."""
        steps, ticks = units_of(self.instrument)
        return Money(float(self.account.capital), float(self.bars_per_year), steps, ticks)

    def _generator(self) -> np.random.Generator | None:
        return None if self.slippage is None else self.slippage()

    def _can_be(self, given: Combination) -> bool:
        try:
            return len(self.close) >= lengths_of(given)[1] + 2
        except Refused:
            return False


def sweep_crosses(
    bars: Bars,
    grid: Grid | Sequence[Combination],
    instrument: Instrument,
    account: Account | None = None,
    *,
    bars_per_year: float,
    size: float | None = None,
    threads: int = 1,
    returns: bool = False,
) -> list[SweepRow]:
    """Return a row for each pair of averages of the rule ``sma_cross``, over all ``bars``.

    Each average is computed once. ``size``: lots held either way; without one, all of the equity.
    """
    every = CrossSweep(bars, grid, instrument, account or Account(), bars_per_year, bars.close, size)
    return every.rows(threads=threads, returns=returns)
