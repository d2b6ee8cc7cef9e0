"""The rule ``sma_cross`` on permuted paths: each is signalled, played and measured in the passes of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mintmark.domain import Bars
from mintmark.measures import METRICS
from mintmark.simulation.batch import Signals, Tables, play_crosses, put_average
from mintmark.simulation.cross_sweep import BLOCKS, CrossSweep
from mintmark.simulation.crossing import sma_cross
from mintmark.simulation.door import half_spreads
from mintmark.simulation.engine import Setup
from mintmark.simulation.montecarlo import Moves, moves_of, path_permutation, permutation_seed, redraw, slippage_of
from mintmark.simulation.records import FloatArray, Records
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.runs import RUN, blank, check_runs
from mintmark.simulation.sweep import Combination, lengths_of
from mintmark.simulation.threads import each_of

_CHUNK = 50


def permute_crosses(
    every: CrossSweep,
    given: Combination,
    master: int,
    runs: int = 1_000,
    *,
    part: range | None = None,
    workers: int = 1,
) -> Records:
    """Return what the combination ``given`` of ``every`` comes to on ``runs`` permuted paths of its bars.

    The rows are those of ``path_permutation`` with the rule made anew on every path, after the bars before it.

    Raises:
        Refused: ``bad_value`` for too few runs; as ``sma_cross`` and ``run_targets``.
    """
    setup, lengths = every.setup, lengths_of(given)
    if setup is None or every.bars.spread is not None:
        return path_permutation(
            [every.bars], lambda path, slippage: _alone(every, given, path, slippage), master, runs, part=part,
            workers=workers,
        )  # fmt: skip
    check_runs(runs)
    sma_cross(every.close, *lengths)
    numbers = range(runs) if part is None else part
    paths = _Paths(every, setup, given, moves_of(every.bars), master)
    chunks = [numbers[place : place + _CHUNK] for place in range(0, len(numbers), _CHUNK)]
    found = each_of(lambda place: paths.metrics(chunks[place]), range(len(chunks)), workers)
    return _rows(numbers, np.concatenate([np.empty((0, len(METRICS))), *found]))


@dataclass(frozen=True, eq=False)
class _Paths:
    every: CrossSweep
    setup: Setup
    given: Combination
    moves: Moves
    master: int

    @property
    def lengths(self) -> tuple[int, int]:
        """The fast and the slow one."""
        return lengths_of(self.given)

    def metrics(self, chunk: range) -> FloatArray:
        """Return the metrics of the runs of ``chunk``, (n_runs, n_metrics), NaN where there is none."""
        every, bars = self.every, len(self.every.bars)
        pairs = np.array([(0, 1, max(self.lengths[1] - every.first, 0))], np.int64)
        signals = Signals(np.empty((2, bars)), pairs, every.lots or 1.0, every.instrument.shortable)
        market, book = self.setup.market._replace(targets=np.empty((1, bars))), every.book()
        tables = Tables(
            np.zeros((1, len(METRICS))), np.zeros((1, len(METRICS)), np.uint8), np.empty((1, 2, BLOCKS)),
            np.empty((1, bars)), np.zeros(1, np.uint8),
        )  # fmt: skip
        found = np.empty((len(chunk), len(METRICS)))
        for row, run in zip(found, chunk, strict=True):
            seed = permutation_seed(self.master, run)
            path = redraw(every.bars, self.moves, np.random.default_rng(seed))
            half_spreads(path, every.instrument)
            self._put_averages(path, signals.averages)
            prices = {name: getattr(path, name).reshape(1, -1) for name in ("open", "high", "low", "close")}
            drawn = book._replace(draws=every.draws(slippage_of(seed))) if len(book.draws) else book
            play_crosses(
                signals, market._replace(**prices), self.setup.terms, self.setup.rules, drawn, self.setup.book,
                every.money, tables,
            )  # fmt: skip
            if tables.stands[0]:
                row[:] = np.where(tables.reasons[0] > 0, np.nan, tables.values[0])
            else:
                # What a batch leaves out is run alone: it fails with its code, or had too much to do.
                alone = _alone(every, self.given, [path], slippage_of(seed)).metrics
                row[:] = [np.nan if (value := alone[name]) is None else value for name in METRICS]
        return found

    def _put_averages(self, path: Bars, averages: FloatArray) -> None:
        closes = _closes(self.every, path)
        whole = np.empty(len(closes))
        for row, length in zip(averages, self.lengths, strict=True):
            put_average(closes, length, whole)
            row[:] = whole[self.every.first :]


def _rows(numbers: range, metrics: FloatArray) -> Records:
    table = blank(len(numbers))
    table["run"] = numbers
    for place, name in enumerate(METRICS):
        if name in (RUN.names or ()):
            table[name] = metrics[:, place]
    return table


def _alone(
    every: CrossSweep, given: Combination, path: Sequence[Bars], slippage: np.random.Generator
) -> BacktestResult:
    (bars,) = path
    return replace(every, bars=bars, grid=[given], close=_closes(every, bars), slippage=lambda: slippage).run(given)


def _closes(every: CrossSweep, path: Bars) -> FloatArray:
    return np.concatenate((every.close[: every.first], path.close))
