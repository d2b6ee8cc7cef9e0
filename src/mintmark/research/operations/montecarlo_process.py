"""The runs of a Monte Carlo test, in their own process, kept chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Bars, iso, moment_of
from mintmark.measures import bar_returns, exceedance_p, fan, mean_block
from mintmark.research.combining import rule_sweep
from mintmark.research.operations.checkpoints import Continued, threads_of
from mintmark.research.operations.simulation_ground import Ground, read_ground
from mintmark.research.operations.table_file import parquet_of, table_of
from mintmark.research.redrawing import Decider, at_costs, with_path
from mintmark.simulation import (
    RETURN_METRICS,
    RUN,
    TABLE,
    BacktestResult,
    block_bootstrap,
    bootstrap_paths,
    cost_stress,
    path_permutation,
    permute_crosses,
    shuffled_paths,
    spread_of,
    trade_shuffle,
)
from mintmark.store import write_atomic

if TYPE_CHECKING:
    from mintmark.runtime import Task
    from mintmark.simulation.records import Records

_CHUNKS = 40
_SMALLEST_CHUNK = 25
_QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
_INTERVAL = (0.025, 0.975)
_FAN = ("p05", "p25", "p50", "p75", "p95")
_FAN_RUNS = 2_000
_FAN_POINTS = 400
_OF_A_METHOD = ("metric", "p_value", "quantiles", "intervals", "mean_block", "stress", "break_even")


def compute(task: Task) -> dict[str, Any]:
    """Run the strategy as it was, then as chance would have had it; leave the table of runs."""
    ground = read_ground(task)
    return redraw_on(task, ground, ground.decider())


def redraw_on(task: Task, ground: Ground, decider: Decider) -> dict[str, Any]:
    """Return what ``decider`` comes to on ``ground`` as it was, and as chance would have had it."""
    return _MonteCarlo(task, ground, decider).run()


class _MonteCarlo:
    def __init__(self, task: Task, ground: Ground, decider: Decider) -> None:
        given = task.inputs
        self.task, self.given, self.kept = task, given, Continued(task)
        self.ground, self.decider = ground, decider
        self.drawn: Records = np.frombuffer(self.kept.stage.state, RUN)
        self.restored = len(self.drawn)
        self.fan_runs: int | None = None

    def run(self) -> dict[str, Any]:
        self.task.progress(0.0, "Running the strategy")
        made = self.decider.decide(self.ground.market)
        real = self.decider.trade(self.ground.market, made, self.ground.slippage(0))
        methods = {
            "trade_shuffle": self._trade_shuffle,
            "block_bootstrap": self._block_bootstrap,
            "path_permutation": self._path_permutation,
        }
        method = self.given["method"]
        found = self._cost_stress(made) if method == "cost_stress" else methods[method](real)
        write_atomic(self.task.folder / "runs.parquet", _parquet(self.drawn))
        return self._result(real, found)

    def _trade_shuffle(self, real: BacktestResult) -> dict[str, Any]:
        self._draw(lambda **how: trade_shuffle(real, **how))
        kept = _kept(len(real.trades))
        equity = float(real.capital) + np.cumsum(real.trades["net_profit"])[kept]
        paths = shuffled_paths(real, self.ground.random_state, self._fan_runs(), kept)
        self._write_fan(real.trades["exit_stamp"][kept], equity, paths)
        return self._spread(("max_drawdown", "max_drawdown_bars"))

    def _block_bootstrap(self, real: BacktestResult) -> dict[str, Any]:
        returns = bar_returns(real.equity, float(real.capital))
        block, mean = mean_block(returns), float(returns.mean())
        self._draw(lambda **how: block_bootstrap(real, block=block, **how))
        kept = _kept(len(real.stamps))
        paths = bootstrap_paths(real, self.ground.random_state, self._fan_runs(), kept, block=block)
        self._write_fan(real.stamps[kept], real.equity[kept], paths)
        return {
            **self._spread(("net_profit", *RETURN_METRICS)),
            "intervals": spread_of(self.drawn, RETURN_METRICS, _INTERVAL),
            # On returns less their mean: what chance draws where there is nothing to gain.
            "p_value": exceedance_p(mean, self.drawn["mean_return"] - mean),
            "mean_block": block,
        }

    def _path_permutation(self, real: BacktestResult) -> dict[str, Any]:
        metric = self.given["metric"]
        self._draw(self._permuted_rule if self.decider.is_rule else self._permuted_decider)
        found, value = self._spread(TABLE), real.metrics[metric]
        if value is None:
            return {**found, "metric": metric, "undefined": {"p_value": real.undefined[metric]}}
        return {**found, "metric": metric, "p_value": exceedance_p(float(value), self.drawn[metric])}

    def _permuted_rule(self, **how: Any) -> Records:
        ground, values = self.ground, self.decider.values
        every = rule_sweep(ground.market, ground.start, ground.stop, [values], lambda: ground.slippage(0))
        return permute_crosses(every, values, **how)

    def _permuted_decider(self, **how: Any) -> Records:
        market = self.ground.market

        def trade(path: Sequence[Bars], slippage: np.random.Generator) -> BacktestResult:
            return self.decider.run(with_path(market, {bars.symbol: bars for bars in path}), slippage)

        return path_permutation(market.window(self.ground.start, self.ground.stop), trade, **how)

    def _cost_stress(self, made: Any) -> dict[str, Any]:
        market = self.ground.market
        found = cost_stress(lambda factor: self.decider.trade(at_costs(market, factor), made, self.ground.slippage(0)))
        self.drawn = found.table
        rows = zip(found.factors, found.table, strict=True)
        undefined = {} if found.undefined is None else {"break_even": found.undefined}
        return {
            "stress": [{"factor": factor, **_figures(row)} for factor, row in rows],
            "break_even": found.break_even,
            "undefined": undefined,
        }

    def _draw(self, method: Callable[..., Records]) -> None:
        """Draw the runs that are still missing, a chunk at a time."""
        runs, workers = int(self.given["runs"]), threads_of(self.given)
        chunk = max(_SMALLEST_CHUNK, -(-runs // _CHUNKS))
        while (done := len(self.drawn)) < runs:
            part = range(done, min(done + chunk, runs))
            found = method(master=self.ground.random_state, runs=runs, part=part, workers=workers)
            self.drawn = np.concatenate((self.drawn, found))
            done = len(self.drawn)
            self.task.progress(100.0 * done / runs, f"Run {done}/{runs}", items_processed=done, items_total=runs)
            self.kept.keep(done, {}, self.drawn.tobytes())

    def _fan_runs(self) -> int:
        return min(int(self.given["runs"]), _FAN_RUNS)

    def _write_fan(self, stamps: Any, equity: Any, paths: Any) -> None:
        self.fan_runs = len(paths)
        columns = {"stamp": stamps, "real": equity, **dict(zip(_FAN, fan(paths), strict=True))}
        table = table_of({name: np.ascontiguousarray(values) for name, values in columns.items()})
        write_atomic(self.task.folder / "fan.parquet", table)

    def _spread(self, names: Sequence[str]) -> dict[str, Any]:
        return {"quantiles": spread_of(self.drawn, names, _QUANTILES)}

    def _result(self, real: BacktestResult, found: dict[str, Any]) -> dict[str, Any]:
        # Shuffled trades have no bars: a length counted in bars is none to compare theirs with.
        whole = () if self.given["method"] == "trade_shuffle" else RETURN_METRICS
        shown = tuple(dict.fromkeys((*TABLE, *whole)))
        undefined = {name: why for name, why in real.undefined.items() if name in shown}
        tried = {"run": "real", "kind": "montecarlo", "sharpe_per_bar": real.metrics["sharpe_per_bar"]}
        return {
            **dict.fromkeys(_OF_A_METHOD),
            **found,
            "method": self.given["method"],
            "runs": len(self.drawn),
            "real": {name: real.metrics[name] for name in shown},
            "start": iso(moment_of(int(real.stamps[0]))),
            "end": iso(moment_of(int(real.stamps[-1]))),
            "out_of_sample": self.given["out_of_sample"],
            "bars": len(real.stamps),
            "bars_per_year": real.bars_per_year,
            "random_state": self.ground.random_state,
            "currency": real.currency,
            "fan_runs": self.fan_runs,
            "runs_restored": self.restored,
            "runs_computed": len(self.drawn) - self.restored,
            "montecarlo_seconds": round(self.kept.seconds(), 3),
            "undefined": {**undefined, **found.get("undefined", {})},
            "trials": [tried],
        }


def _kept(count: int) -> Any:
    return np.unique(np.linspace(0, count - 1, _FAN_POINTS).astype(np.int64))


def _figures(row: Any) -> dict[str, float | None]:
    return {name: None if np.isnan(row[name]) else float(row[name]) for name in TABLE}


def _parquet(drawn: Records) -> bytes:
    """Return the table of runs: ``run`` and the columns of ``TABLE``, null where a metric has no value."""
    import polars as pl

    frame = pl.DataFrame({name: np.ascontiguousarray(drawn[name]) for name in ("run", *TABLE)})
    return parquet_of(frame.with_columns(pl.col(TABLE).fill_nan(None)))
