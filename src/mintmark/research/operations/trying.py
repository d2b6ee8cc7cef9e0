"""A backtest tried in the caller's own process: run at once, and counted like any other try."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from mintmark.domain import Mark
from mintmark.research.deflation import deflated
from mintmark.research.operations.asking import pack_for
from mintmark.research.operations.library import Library
from mintmark.research.operations.simulation_ground import Ground, ground_in, prepare_ground, told_of
from mintmark.research.operations.simulation_order import read_simulation
from mintmark.research.operations.trials import Trial, add_trials, data_keys, sharpes_tried
from mintmark.research.operations.trying_here import Simulated, compute_in
from mintmark.research.tables import strategies
from mintmark.runtime import Run

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.domain import Bars
    from mintmark.research.operations.context import Context
    from mintmark.research.operations.simulation_order import SimulationOrder
    from mintmark.simulation import BacktestResult

# The number of this run's draws in a backtest too.
_RUN = 32


@dataclass(frozen=True)
class Tried:
    """What a trained strategy, or the rule, came to on the bars of its window, and buy and hold on the same."""

    order: SimulationOrder
    result: BacktestResult
    held: BacktestResult
    bars: list[Bars]


class Tries:
    """Backtests run in the caller's own process; whatever is shown of one must be counted."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._library = Library(context.home, context.database, context.blobs)

    def pack(self, pack_id: str | None, symbols: Sequence[str], timeframe: str | None) -> Pack:
        """Return the pack named, else the newest live one that holds ``symbols``; raises as ``pack_for``."""
        return pack_for(self._context, pack_id, symbols, timeframe)

    def require_no_split(self, bars: Bars, calendar: str) -> None:
        """Raise ``unadjusted_split`` where ``bars`` that were handed in still move by a split the house knows."""
        from mintmark.data import require_adjusted

        require_adjusted(bars, self._context.data.known_actions(bars.symbol), calendar)

    def run(self, *, strategy: str, pack_id: str | None = None, **options: Any) -> Tried:
        """Return what a trained strategy, or the built-in rule, comes to: the figures ``mintmark backtest`` gives.

        Raises:
            Refused: those of ``read_simulation`` and ``prepare_ground``; ``not_enough_bars``.
        """
        order = read_simulation(self._context, self._library, self._row(strategy), strategy, pack_id, options)
        order.require_warm_up()
        with tempfile.TemporaryDirectory() as folder:
            run = Run("notebook", "backtesting", 1, order.metadata(), Path(folder), None, "notebook")
            ground = ground_in(run.folder, prepare_ground(self._context, self._library, run))
        return _traded(order, ground)

    def count(
        self, data: str, run: str, strategy_hash: str, symbols: Iterable[str], partitions: Iterable[str],
        result: BacktestResult,
    ) -> dict[str, Any]:  # fmt: skip
        """Note a try and return ``psr``, ``dsr``, ``dsr_trials``, and under ``undefined`` why one is None.

        ``data`` and ``run`` are hashes of what was handed in: the very same try again is no new one.
        """
        # The doors load this file too, and need no compiler.
        from mintmark.measures import probabilistic_sharpe

        metrics, bars = result.metrics, len(result.stamps)
        moments = {name: metrics[name] for name in ("sharpe_per_bar", "skewness", "excess_kurtosis")}
        sharpe, skew, excess = (None if value is None else float(value) for value in moments.values())
        judged = {**moments, "n": bars}
        noted = self.count_all(
            data, strategy_hash, {run: sharpe}, symbols=symbols, partitions=partitions, moments=judged
        )
        dsr, tries, undefined = noted["dsr"], noted["dsr_trials"], noted["undefined"]
        psr = None
        if sharpe is None or skew is None or excess is None:
            undefined["psr"] = "no_variation"
        else:
            psr = probabilistic_sharpe(sharpe, 0.0, bars, skew, excess + 3.0)
        return {"psr": psr, "dsr": dsr, "dsr_trials": tries, "undefined": undefined}

    def count_all(
        self, data: str, strategy_hash: str, runs: Mapping[str, float | None], *, symbols: Iterable[str],
        partitions: Iterable[str], moments: Mapping[str, Any],
    ) -> dict[str, Any]:  # fmt: skip
        """Note the Sharpe ratio per bar of each of ``runs``, by its hash; return as ``count``, without ``psr``.

        ``moments``: of the one to be deflated, with its number of bars ``n``.
        """
        keys = sorted(data_keys(symbols, partitions))
        trials = [Trial(run, "notebook", sharpe) for run, sharpe in runs.items()]
        with self._context.database.write() as connection:
            add_trials(connection, _identity(data), strategy_hash, keys, trials, self._context.clock.now())
            found = sharpes_tried(connection, keys)
        dsr, tries, why = deflated(found, moments)
        return {"dsr": dsr, "dsr_trials": tries, "undefined": {} if why is None else {"dsr": why}}

    def simulate(
        self, kind: str, own: Mapping[str, Any], *, strategy: str, pack_id: str | None = None, **options: Any
    ) -> Simulated:
        """Return what the operation ``kind`` of a trained strategy, or of the rule, comes to, done here and now.

        ``own``: what the operation is asked beyond a backtest.
        """
        order = read_simulation(self._context, self._library, self._row(strategy), strategy, pack_id, options)
        with tempfile.TemporaryDirectory() as folder:
            run = Run("notebook", kind, 1, order.metadata(**own), Path(folder), None, "notebook")
            inputs = {**prepare_ground(self._context, self._library, run), **own}
            told = told_of(self._context, order.pack, run)
            asked = {"initial_capital": order.parameters["initial_capital"], "out_of_sample": inputs["out_of_sample"]}
            return compute_in(kind, run.folder, inputs, {**told, **asked}, order)

    def mark(self, data: str, pack: Pack | None) -> dict[str, Any]:
        """Return the mark of a try; bars that were handed in are named by their hash ``data``."""
        if pack is not None:
            return self._context.mark(pack, _identity(data))
        source, version = f"bars handed in, sha256 {data}", self._context.code_version
        return Mark(None, None, version, _identity(data), (source,), None, self._context.clock.now()).as_json()

    def _row(self, strategy: str) -> dict[str, Any] | None:
        with self._context.database.read() as connection:
            found = connection.execute(select(strategies).where(strategies.c.name == strategy)).mappings().first()
        return None if found is None else dict(found)


def _traded(order: SimulationOrder, ground: Ground) -> Tried:
    from mintmark.simulation import buy_and_hold

    market = ground.market
    bars = market.window(ground.start, ground.stop)
    result = ground.decider().run(market, ground.slippage(_RUN))
    held = buy_and_hold(
        bars, market.instruments, market.account, bars_per_year=market.bars_per_year,
        rates=market.window_rates(result.stamps), slippage=ground.slippage(_RUN + 1),
    )  # fmt: skip
    return Tried(order, result, held, bars)


def _identity(data: str) -> str:
    return f"notebook_{data[:16]}"
