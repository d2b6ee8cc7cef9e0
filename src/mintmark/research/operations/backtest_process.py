"""The backtest, in its own process: the walk-forward on the training span, then the holdout run."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Bars, Money, Refused, iso, moment_of
from mintmark.measures import probabilistic_sharpe
from mintmark.research.operations.bars_file import before
from mintmark.research.operations.checkpoints import Stage, read_stage, write_stage
from mintmark.research.operations.market_file import read_market, read_model
from mintmark.research.operations.table_file import table_of
from mintmark.research.redrawing import Decider
from mintmark.research.walking import (
    FloatArray,
    configurations,
    overfitting,
    returns_of,
    run_configurations,
    summed_up,
)
from mintmark.simulation import BacktestResult, buy_and_hold
from mintmark.store import write_atomic
from mintmark.strategy import (
    Fold,
    Model,
    StrategySpec,
    Targets,
    build_training_set,
    fit_whole,
    load_indicators,
    load_trees,
    read_spec,
)

if TYPE_CHECKING:
    from mintmark.runtime import Task
    from mintmark.strategy import TrainingSet

_SLIPPAGE_STREAM = 2
_FOLD_SHARE = 20.0
_PRICED = ("average_win", "average_loss", "largest_win", "largest_loss")
_PLAIN = (
    "total_trades", "winning_trades", "losing_trades", "win_rate", "total_return", "annual_return",
    "annual_volatility", "sharpe_ratio", "sharpe_per_bar", "sortino_ratio", "calmar_ratio", "max_drawdown",
    "max_drawdown_bars", "profit_factor", "average_holding_bars", "exposure", "turnover",
)  # fmt: skip


def compute(task: Task) -> dict[str, Any]:
    """Run the walk-forward where one is asked for, then the strategy as written; return figures and trials."""
    return _Backtest(task).run()


class _Backtest:
    def __init__(self, task: Task) -> None:
        given = task.inputs
        self.task, self.given = task, given
        text = given["text"]
        self.spec: StrategySpec | None = None if text is None else read_spec(text).require()
        self.state: int = given["random_state"]
        self.folds = [Fold(**fold) for fold in given["folds"]]
        self.market = read_market(task.folder, given["market"])
        self.begun = time.perf_counter()
        restored = task.restored()
        stage = Stage() if restored is None else read_stage(restored[1], given["identity"])
        self.done: list[dict[str, Any]] = list(stage.values.get("folds", []))
        self.spent = float(stage.values.get("seconds", 0.0))
        self.returns = _arrays(stage.state)

    def run(self) -> dict[str, Any]:
        if self.spec is not None:
            load_indicators()
            if self.spec.model.kind == "gbdt":
                load_trees()
        for number in range(len(self.done), len(self.folds)):
            self.task.progress(_FOLD_SHARE * number, f"Walk-forward fold {number + 1}/{len(self.folds)}")
            self._fold(number)
            self._keep()
        self.task.progress(_FOLD_SHARE * len(self.folds), "Running the strategy")
        return self._result(None if self.spec is None else read_model(self.task.folder))

    def _fold(self, number: int) -> None:
        """Train before the fold's border, then run every configuration on the bars it is tested on."""
        fold = self.folds[number]
        known = {symbol: before(bars, self.given["holdout_start"]) for symbol, bars in self.market.bars.items()}
        lessons = self._lessons(number, known, fold)
        fitted = fit_whole(self._strategy, lessons, self.state, f"fold_{number + 1}")
        seeds = [self._seed(number * 8 + at) for at in range(len(self._configurations))]
        market = replace(self.market, bars=known)
        runs = run_configurations(self._strategy, fitted.model, market, fold.test_from, fold.test_stop, seeds)
        self.returns.append(np.column_stack([returns_of(run) for run in runs]))
        own = next(at for at, configuration in enumerate(self._configurations) if configuration.own)
        figures = summed_up(self.returns[-1][:, own], self.market.bars_per_year)
        self.done.append(
            {
                "train_end": _time(lessons.end),
                "test_start": _time(int(runs[own].stamps[0])),
                "test_end": _time(int(runs[own].stamps[-1])),
                "train_rows": len(lessons.train),
                "bars": len(runs[own].stamps),
                "total_trades": len(runs[own].trades),
                **figures,
                "trades": [len(run.trades) for run in runs],
            }
        )

    def _lessons(self, number: int, known: Mapping[str, Bars], fold: Fold) -> TrainingSet:
        try:
            return build_training_set(self._strategy, known, start=self.given["start"], stop=fold.border, tested=False)
        except Refused as refused:
            raise Refused(f"fold {number + 1}: {refused.message}", code=refused.code, **refused.details) from refused

    @property
    def _strategy(self) -> StrategySpec:
        """The strategy whose folds are walked; the rule has none."""
        assert self.spec is not None
        return self.spec

    @property
    def _configurations(self) -> Any:
        return configurations(self._strategy, self.market.shortable)

    def _seed(self, run: int) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.state, spawn_key=(_SLIPPAGE_STREAM, run))

    def _keep(self) -> None:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{str(at): found for at, found in enumerate(self.returns)})
        stage = Stage({"folds": self.done, "seconds": self._seconds()}, buffer.getvalue())
        self.task.checkpoint(len(self.done), write_stage(stage, self.given["identity"]))

    def _seconds(self) -> float:
        return self.spent + time.perf_counter() - self.begun

    def _walk_forward(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return what is shown of the walk-forward, with its PBO, and its trials."""
        if not self.folds:
            return {"walk_forward": {"folds": [], "configurations": []}, "pbo": None, "pbo_splits": None}, []
        returns = np.concatenate(self.returns)
        shown, trials = [], []
        for at, configuration in enumerate(self._configurations):
            figures = summed_up(returns[:, at], self.market.bars_per_year)
            trades = sum(fold["trades"][at] for fold in self.done)
            shown.append({**configuration.values, "own": configuration.own, **figures, "total_trades": trades})
            trials.append(_trial(f"configuration_{at + 1}", "walk_forward", figures["sharpe_per_bar"]))
        pbo, splits = overfitting(returns)
        folds = [{name: value for name, value in fold.items() if name != "trades"} for fold in self.done]
        return {"walk_forward": {"folds": folds, "configurations": shown}, "pbo": pbo, "pbo_splits": splits}, trials

    def _result(self, model: Model | None) -> dict[str, Any]:
        start, stop = self.given["window_start"], self.given["window_stop"]
        market = self.market
        decider = Decider(self.spec, model, start, stop, self.given["values"])
        made = decider.decide(market)
        run = decider.trade(market, made, np.random.default_rng(self._seed(32)))
        held = buy_and_hold(
            market.window(start, stop),
            market.instruments,
            market.account,
            bars_per_year=market.bars_per_year,
            rates=market.window_rates(run.stamps),
            slippage=np.random.default_rng(self._seed(33)),
        )
        self._write_tables(run, held)
        walked, trials = self._walk_forward()
        undefined = dict(run.undefined)
        if walked["pbo"] is None:
            undefined |= dict.fromkeys(("pbo", "pbo_splits"), "too_few_returns" if self.folds else "no_walk_forward")
        figures = {**_figures(run), **_against(held, undefined), **walked, **_signalled(made, run)}
        figures["psr"] = _psr(run)
        if figures["psr"] is None:
            undefined["psr"] = "no_variation"
        metrics = run.metrics
        moments = {name: metrics[name] for name in ("sharpe_per_bar", "skewness", "excess_kurtosis")}
        return {
            **figures,
            "start": _time(int(run.stamps[0])),
            "end": _time(int(run.stamps[-1])),
            "bars": len(run.stamps),
            "bars_per_year": market.bars_per_year,
            "feature_hash": None if model is None else model.feature_hash,
            "model_hash": None if model is None else model.model_hash,
            "backtest_seconds": round(self._seconds(), 3),
            "undefined": {name: why for name, why in undefined.items() if figures.get(name, 0) is None},
            "trials": [*trials, _trial("holdout", self.given["kind"], metrics["sharpe_per_bar"])],
            "moments": {**moments, "n": len(run.stamps)},
            "measured": {"metrics": metrics, "undefined": run.undefined, "rejections": run.rejections},
        }

    def _write_tables(self, run: BacktestResult, held: BacktestResult) -> None:
        equity = {"stamp": run.stamps, "equity": run.equity, "benchmark": held.equity}
        write_atomic(self.task.folder / "equity.parquet", table_of(equity))
        write_atomic(self.task.folder / "trades.parquet", table_of(run.trade_columns()))


def _figures(run: BacktestResult) -> dict[str, Any]:
    metrics, currency = run.metrics, run.currency
    money: dict[str, Any] = {name: found.as_json() for name, found in run.money().items()}
    for name in _PRICED:
        value = metrics[name]
        money[name] = None if value is None else Money(Decimal(str(round(value, 8))), currency).as_json()
    return {
        **{name: metrics[name] for name in _PLAIN},
        **money,
        "initial_capital": Money(run.capital, currency).as_json(),
    }


def _against(held: BacktestResult, undefined: dict[str, str]) -> dict[str, Any]:
    if held.metrics["sharpe_ratio"] is None:
        undefined["benchmark_sharpe"] = held.undefined["sharpe_ratio"]
    return {"benchmark_return": held.metrics["total_return"], "benchmark_sharpe": held.metrics["sharpe_ratio"]}


def _signalled(made: Targets | FloatArray, run: BacktestResult) -> dict[str, Any]:
    if not isinstance(made, Targets):
        counts = {"long": made > 0.0, "short": made < 0.0, "flat": made == 0.0, "below_threshold": np.isnan(made)}
        signals = {name: int(found.sum()) for name, found in counts.items()}
        return {"signals": {**signals, "highest_probability": None}, "no_trade_reason": None}
    counts = {**made.counts, "highest_probability": made.highest_probability}
    return {"signals": counts, "no_trade_reason": made.no_trade_reason if len(run.trades) == 0 else None}


def _psr(run: BacktestResult) -> float | None:
    found = [run.metrics[name] for name in ("sharpe_per_bar", "skewness", "excess_kurtosis")]
    if any(value is None for value in found):
        return None
    sharpe, skew, excess = (float(value) for value in found if value is not None)
    return probabilistic_sharpe(sharpe, 0.0, len(run.stamps), skew, excess + 3.0)


def _trial(run: str, kind: str, sharpe: float | int | None) -> dict[str, Any]:
    return {"run": run, "kind": kind, "sharpe_per_bar": sharpe}


def _arrays(content: bytes) -> list[Any]:
    if not content:
        return []
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return [held[str(at)] for at in range(len(held.files))]


def _time(stamp: int) -> str:
    return iso(moment_of(stamp))
