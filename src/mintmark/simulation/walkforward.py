"""Walk forward: choose on one window, trade the next with what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from mintmark.domain import Refused
from mintmark.measures import Undefined, degradation, performance, rank_correlation
from mintmark.simulation.course import (
    MORE_IS_BETTER,
    MORE_OF_TRADES_IS_BETTER,
    Course,
    Part,
    best_of,
    require_metric,
    require_numbers,
)
from mintmark.simulation.records import TRADE, FloatArray, IntArray, Records
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.threads import each_of

CHOOSE_BY = MORE_IS_BETTER + MORE_OF_TRADES_IS_BETTER
_INSIDE, _OUTSIDE = 31, 32
Metrics = dict[str, float | int | None]


@dataclass(frozen=True)
class WalkPlan:
    """How a walk is cut. Unit: bars. Between what is chosen on and what is traded, ``purge`` bars are left out.

    ``rolling`` windows all have ``is_bars``; ``anchored`` ones all start at the first bar. Each trades the
    ``oos_bars`` that follow those of the window before it.
    """

    mode: Literal["rolling", "anchored"] = "rolling"
    is_bars: int = 500
    oos_bars: int = 100
    purge: int = 0
    metric: str = "sharpe_ratio"

    def __post_init__(self) -> None:
        """Raise ``unknown_name`` or ``bad_value`` for what no walk can be cut by."""
        if self.mode not in ("rolling", "anchored"):
            message = f"expected a mode of rolling, anchored, found {self.mode!r}"
            raise Refused(message, code="unknown_name", found=self.mode, allowed=["rolling", "anchored"])
        require_metric(self.metric, CHOOSE_BY)
        require_numbers({"is_bars": (self.is_bars, 2), "oos_bars": (self.oos_bars, 2), "purge": (self.purge, 0)})

    def windows(self, n: int) -> tuple[WalkWindow, ...]:
        """Return the windows over ``n`` bars.

        Raises:
            Refused: ``not_enough_bars`` with needed and found where there is not one.

        >>> [(w.inside.start, w.inside.stop, w.outside.start, w.outside.stop) for w in WalkPlan(purge=10).windows(710)]
        [(0, 500, 510, 610), (100, 600, 610, 710)]
        """
        needed = self.is_bars + self.purge + self.oos_bars
        if n < needed:
            raise Refused(f"expected at least {needed} bars, found {n}", code="not_enough_bars", needed=needed, found=n)
        return tuple(self._window(number) for number in range((n - needed) // self.oos_bars + 1))

    def _window(self, number: int) -> WalkWindow:
        moved = number * self.oos_bars
        stop = moved + self.is_bars
        traded = stop + self.purge
        inside = Part(0 if self.mode == "anchored" else moved, stop)
        return WalkWindow(number, inside, Part(traded, traded + self.oos_bars))


@dataclass(frozen=True)
class WalkWindow:
    """One window: the part that is chosen on, and the part that is traded."""

    number: int
    inside: Part
    outside: Part


@dataclass(frozen=True, eq=False)
class Walked:
    """What one window came to.

    ``chosen``: the candidate's number; None where no candidate had the metric, and nothing was traded. ``inside``
    and ``outside``: its metrics; ``undefined`` says of each part why one is None. ``sharpes``: per bar, of every
    candidate inside.
    """

    window: WalkWindow
    chosen: int | None
    inside: Metrics
    outside: Metrics
    undefined: dict[str, dict[str, str]]
    sharpes: tuple[float | None, ...]
    equity: FloatArray
    trades: Records
    held_bars: int
    traded_notional: float
    final_equity: Decimal
    ruined: bool


@dataclass(frozen=True, eq=False)
class WalkForward:
    """A whole walk: one account, traded from window to window with what each had chosen.

    ``equity``: (n_bars,) over ``stamps``, out of sample only. ``profitable_windows``: a share. ``rank_correlation``:
    over the windows, of the metric chosen by inside and outside. ``degradation``: mean Sharpe ratio outside over that
    inside. None where ``undefined`` says why. ``sharpes``: of each candidate, per bar, the mean over the windows; None
    where it never had one. A walk that was ruined ends there.
    """

    windows: tuple[Walked, ...]
    stamps: IntArray
    equity: FloatArray
    trades: Records
    final_equity: Decimal
    metrics: Metrics
    undefined: dict[str, str]
    profitable_windows: float
    rank_correlation: float | None
    degradation: float | None
    sharpes: tuple[float | None, ...]
    ruined: bool


def walk_forward(course: Course, plan: WalkPlan, *, threads: int = 1) -> WalkForward:
    """Return what choosing on each window and trading the next comes to; any number of ``threads`` gives the same.

    Raises:
        Refused: ``not_enough_bars``, and as ``run_targets``.
    """
    walked: list[Walked] = []
    for window in plan.windows(len(course.stamps)):
        walked.append(walk_window(course, plan, window, walked[-1] if walked else None, threads))
        if walked[-1].ruined:
            break
    return sum_up(course, plan, walked)


def walk_window(course: Course, plan: WalkPlan, window: WalkWindow, before: Walked | None, threads: int = 1) -> Walked:
    """Choose the best candidate inside ``window``, then trade it outside with what ``before`` left in the account."""
    made = course.open(window.inside)

    def tried(number: int) -> BacktestResult:
        run = course.run(number, window.inside, made(number), (_INSIDE, window.number, number))
        # What is made of a run when it is asked for is made by its own thread.
        _ = run.metrics
        return run

    runs = each_of(tried, range(len(course.candidates)), threads)
    chosen = best_of([run.metrics[plan.metric] for run in runs])
    outside = _trade(course, window, chosen, before)
    offset = window.outside.start - plan.is_bars - plan.purge
    return Walked(
        window=window,
        chosen=chosen,
        inside={} if chosen is None else dict(runs[chosen].metrics),
        outside=dict(outside.metrics),
        undefined={
            "inside": {} if chosen is None else dict(runs[chosen].undefined),
            "outside": dict(outside.undefined),
        },
        sharpes=tuple(run.metrics["sharpe_per_bar"] for run in runs),
        equity=outside.equity,
        trades=_moved(outside.trades, offset),
        held_bars=outside.held_bars,
        traded_notional=outside.traded_notional,
        final_equity=outside.final_equity,
        ruined=outside.ruined,
    )


def sum_up(course: Course, plan: WalkPlan, walked: Sequence[Walked]) -> WalkForward:
    """Return the walk made of ``walked``, one or more windows in order."""
    equity = np.concatenate([one.equity for one in walked])
    trades = np.concatenate([one.trades for one in walked])
    metrics, undefined = performance(
        equity, float(course.account.capital), trades, course.bars_per_year,
        held_bars=sum(one.held_bars for one in walked), traded_notional=sum(one.traded_notional for one in walked),
    )  # fmt: skip
    figures = {
        "rank_correlation": _or_why(
            lambda: rank_correlation(*_both(walked, plan.metric)), undefined, "rank_correlation"
        ),
        "degradation": _or_why(lambda: degradation(*_both(walked, "sharpe_ratio")), undefined, "degradation"),
    }
    first = walked[0].window.outside.start
    return WalkForward(
        windows=tuple(walked),
        stamps=course.stamps[first : first + len(equity)],
        equity=equity,
        trades=trades,
        final_equity=walked[-1].final_equity,
        metrics=metrics,
        undefined=undefined,
        profitable_windows=sum((one.outside["total_return"] or 0.0) > 0.0 for one in walked) / len(walked),
        sharpes=tuple(_mean(column) for column in zip(*(one.sharpes for one in walked), strict=True)),
        ruined=walked[-1].ruined,
        **figures,
    )


def _trade(course: Course, window: WalkWindow, chosen: int | None, before: Walked | None) -> BacktestResult:
    capital = course.account.capital if before is None else before.final_equity
    stream = (_OUTSIDE, window.number)
    if chosen is None:
        silent = np.full((len(window.outside), len(course.bars)), np.nan)
        return course.run(0, window.outside, silent, stream, capital)
    return course.run(chosen, window.outside, course.open(window.outside)(chosen), stream, capital)


def _moved(trades: Records, offset: int) -> Records:
    """Return ``trades`` with their bars counted from the first bar traded of the whole walk."""
    moved = np.array(trades, dtype=TRADE)
    moved["entry_bar"] += offset
    moved["exit_bar"] += offset
    return moved


def _both(walked: Iterable[Walked], metric: str) -> tuple[FloatArray, FloatArray]:
    found = [(one.inside.get(metric), one.outside[metric]) for one in walked]
    known = np.array([pair for pair in found if None not in pair], dtype=np.float64).reshape(-1, 2)
    return known[:, 0], known[:, 1]


def _or_why(formula: Callable[[], float], undefined: dict[str, str], name: str) -> float | None:
    try:
        return formula()
    except Undefined as why:
        undefined[name] = why.reason
        return None


def _mean(sharpes: Sequence[float | None]) -> float | None:
    """Return the mean over the windows; one without trades earned nothing there, and counts as 0."""
    if all(value is None for value in sharpes):
        return None
    return float(np.mean([value or 0.0 for value in sharpes]))
