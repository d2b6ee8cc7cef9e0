"""A walk-forward, in its own process: window by window, kept as it goes."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import Money, iso, moment_of
from mintmark.measures import MONEY_METRICS
from mintmark.research.choosing import Choice, choice_of
from mintmark.research.operations.checkpoints import Continued, Stage, threads_of
from mintmark.research.operations.simulation_ground import Ground, read_ground
from mintmark.research.operations.table_file import table_of
from mintmark.research.sweep_keys import grid_keys
from mintmark.simulation import TRADE, Walked, WalkForward, WalkPlan, WalkWindow, read_grid, sum_up, walk_window
from mintmark.store import write_atomic

if TYPE_CHECKING:
    from mintmark.runtime import Task

MOST_SHOWN = 200
_SAVED_SHARE = 0.02
_SAVED_SECONDS = 30.0
_PRICED = ("expectancy", "average_win", "average_loss", "largest_win", "largest_loss")
_MOMENTS = ("sharpe_per_bar", "skewness", "excess_kurtosis")
_SHOWN = ("sharpe_ratio", "total_return", "max_drawdown", "total_trades")
_PLAIN = ("chosen", "inside", "outside", "undefined", "held_bars", "traded_notional", "ruined")


def compute(task: Task) -> dict[str, Any]:
    """Walk every window that is not done yet, write the tables, and return what the walk comes to."""
    ground, plan = read_ground(task), WalkPlan(**task.inputs["plan"])
    grid = read_grid(task.inputs["grid"], grid_keys(ground.spec))
    choice = choice_of(ground.market, ground.spec, ground.model, grid, ground.start, ground.random_state)
    return walk_on(task, ground, plan, choice, len(grid))


def walk_on(task: Task, ground: Ground, plan: WalkPlan, choice: Choice, combinations: int) -> dict[str, Any]:
    """Return what a walk over ``choice`` comes to, made of so many ``combinations``."""
    return _Walk(task, ground, plan, choice, combinations).run()


class _Walk:
    def __init__(self, task: Task, ground: Ground, plan: WalkPlan, choice: Choice, combinations: int) -> None:
        self.task, self.kept, self.threads = task, Continued(task), threads_of(task.inputs)
        self.ground, self.plan, self.choice, self.combinations = ground, plan, choice, combinations
        self.course = choice.course
        self.windows = self.plan.windows(len(self.course.stamps))
        self.done = _read_walked(self.kept.stage, self.windows)
        self.restored = len(self.done)

    def run(self) -> dict[str, Any]:
        saved, saved_at, total = len(self.done), time.perf_counter(), len(self.windows)
        while len(self.done) < total and not (self.done and self.done[-1].ruined):
            at = len(self.done)
            step = f"Window {at + 1:,}/{total:,}"
            self.task.progress(100.0 * at / total, step, items_processed=at, items_total=total)
            before = self.done[-1] if self.done else None
            self.done.append(walk_window(self.course, self.plan, self.windows[at], before, self.threads))
            # Of a long walk more than one window goes into a checkpoint: writing must not cost more than walking.
            grown = len(self.done) - saved >= max(1.0, _SAVED_SHARE * saved)
            if grown or time.perf_counter() - saved_at >= _SAVED_SECONDS:
                self.kept.keep(len(self.done), *_written(self.done))
                saved, saved_at = len(self.done), time.perf_counter()
        return self._result(sum_up(self.course, self.plan, self.done))

    def _result(self, found: WalkForward) -> dict[str, Any]:
        self._write_tables(found)
        market, metrics = self.ground.market, found.metrics
        currency, capital = market.account.currency, market.account.capital
        money = {name: _money(metrics[name], currency) for name in (*MONEY_METRICS, *_PRICED)}
        return {
            **metrics,
            **money,
            "net_profit": Money(found.final_equity - capital, currency).as_json(),
            "initial_capital": Money(capital, currency).as_json(),
            "final_equity": Money(found.final_equity, currency).as_json(),
            "start": _time(int(self.course.stamps[0])),
            "end": _time(int(self.course.stamps[-1])),
            "bars": len(self.course.stamps),
            "traded_from": _time(int(found.stamps[0])),
            "traded_until": _time(int(found.stamps[-1])),
            "traded_bars": len(found.equity),
            "bars_per_year": market.bars_per_year,
            "combinations": self.combinations,
            "failed": sum(self.choice.failures.values()),
            "failures": dict(self.choice.failures),
            "window_count": len(found.windows),
            "windows": [self._shown(one) for one in found.windows[-MOST_SHOWN:]],
            "profitable_windows": found.profitable_windows,
            "rank_correlation": found.rank_correlation,
            "degradation": found.degradation,
            "ruined": found.ruined,
            "windows_restored": self.restored,
            "windows_computed": len(self.done) - self.restored,
            "walk_seconds": round(self.kept.seconds(), 3),
            "undefined": found.undefined,
            "trials": self._trials(found),
            "moments": {**{name: metrics[name] for name in _MOMENTS}, "n": len(found.equity)},
        }

    def _shown(self, one: Walked) -> dict[str, Any]:
        names = dict.fromkeys((self.plan.metric, *_SHOWN))
        return {
            "number": one.window.number,
            **{name: _time(stamp) for name, stamp in self._edges(one.window).items()},
            "parameters": None if one.chosen is None else dict(self.course.candidates[one.chosen].values),
            "inside": {name: one.inside.get(name) for name in names},
            "outside": {name: one.outside[name] for name in names},
        }

    def _edges(self, window: WalkWindow) -> dict[str, int]:
        """Return the stamps of the first and the last bar of both parts."""
        stamps = self.course.stamps
        parts = {"inside": window.inside, "outside": window.outside}
        return {
            f"{name}_{edge}": int(stamps[at])
            for name, part in parts.items()
            for edge, at in (("start", part.start), ("end", part.stop - 1))
        }

    def _trials(self, found: WalkForward) -> list[dict[str, Any]]:
        sharpes = dict(zip(self.choice.numbers, found.sharpes, strict=True))
        tried = [(f"combination_{number}", sharpes.get(number)) for number in range(self.combinations)]
        tried.append(("walk", found.metrics["sharpe_per_bar"]))
        return [{"run": run, "kind": "walkforward", "sharpe_per_bar": sharpe} for run, sharpe in tried]

    def _write_tables(self, found: WalkForward) -> None:
        rows = [self._row(one) for one in found.windows]
        windows = {name: [row[name] for row in rows] for name in rows[0]}
        equity = {"stamp": found.stamps, "equity": found.equity}
        trades = {name: np.ascontiguousarray(found.trades[name]) for name in found.trades.dtype.names or ()}
        for name, columns in (("windows", windows), ("equity", equity), ("trades", trades)):
            write_atomic(self.task.folder / f"{name}.parquet", table_of(columns))

    def _row(self, one: Walked) -> dict[str, Any]:
        values = {} if one.chosen is None else self.course.candidates[one.chosen].values
        return {
            "number": one.window.number,
            **self._edges(one.window),
            **{name: values.get(name) for name in self.course.candidates[0].values},
            **{f"inside.{name}": one.inside.get(name) for name in one.outside},
            **{f"outside.{name}": value for name, value in one.outside.items()},
        }


def _written(done: list[Walked]) -> tuple[dict[str, Any], bytes]:
    """Return what a stage holds of the windows: their figures as JSON, their equity and then their trades as bytes."""
    rows = [
        {
            **{name: getattr(one, name) for name in _PLAIN},
            "sharpes": list(one.sharpes),
            "final_equity": str(one.final_equity),
            "trades": len(one.trades),
        }
        for one in done
    ]
    state = b"".join(one.equity.tobytes() + one.trades.tobytes() for one in done)
    return {"windows": rows}, state


def _read_walked(stage: Stage, windows: tuple[WalkWindow, ...]) -> list[Walked]:
    done, at = [], 0
    for row, window in zip(stage.values.get("windows", []), windows, strict=False):
        equity = np.frombuffer(stage.state, np.float64, len(window.outside), at)
        at += equity.nbytes
        trades = np.frombuffer(stage.state, TRADE, row["trades"], at)
        at += trades.nbytes
        figures = {name: row[name] for name in _PLAIN}
        sharpes, final = tuple(row["sharpes"]), Decimal(row["final_equity"])
        done.append(Walked(window, equity=equity, trades=trades, sharpes=sharpes, final_equity=final, **figures))
    return done


def _money(value: float | int | None, currency: str) -> dict[str, str] | None:
    return None if value is None else Money(Decimal(str(round(value, 8))), currency).as_json()


def _time(stamp: int) -> str:
    return iso(moment_of(stamp))
