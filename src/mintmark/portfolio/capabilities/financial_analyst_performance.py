"""What a portfolio earned: its history of values, and every measure of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal, Refused
from mintmark.measures import (
    WINDOWS,
    Undefined,
    alpha,
    annual_volatility,
    beta,
    deepest_drawdown,
    growth_index,
    information_ratio,
    latest,
    money_weighted,
    sharpe_ratio,
    sortino_ratio,
    time_weighted,
    tracking_error,
)
from mintmark.portfolio.capability import Answer, Arguments, Capability, Notes, Reading
from mintmark.portfolio.history import History, history_of
from mintmark.portfolio.risk_free import risk_free
from mintmark.portfolio.shapes import GivenHistory, NavHistory

FloatArray = NDArray[np.float64]
FEWEST_RETURNS: Final = 30
VOLATILITY_WINDOWS: Final = (30, 90, 252)


class LookBack(Arguments):
    """How many of the last valuation days the question is about."""

    lookback_days: int = 252


class HistoryGiven(Arguments):
    """What ``portfolio.nav_history`` gave."""

    history: GivenHistory


class Window(Answer):
    """A time-weighted return since the close of ``opens``; ``annual`` from 365 days on."""

    twr: float
    annual: float | None
    opens: date
    days: int


class TimeWeightedReturns(Answer):
    twr: dict[str, Window | None]


class MoneyWeightedReturn(Answer):
    """The rate at which all flows come to nothing, a year from 365 days on, and over the period."""

    annual: float | None
    period: float | None
    days: int
    roots: list[float]


class Sharpe(Answer):
    sharpe_ratio: float | None
    risk_free_series: str | None
    bars_per_year: int


class Fall(Answer):
    """The deepest fall of the index of returns: a positive fraction, and the days of its peak, trough and recovery."""

    depth: float
    peak: date | None
    trough: date | None
    recovery: date | None


class Metrics(Answer):
    """Every measure of a history; what cannot be known is None and named."""

    twr: dict[str, Window | None]
    mwr: MoneyWeightedReturn
    annual_volatility: dict[str, float | None]
    sharpe_ratio: float | None
    sortino_ratio: float | None
    max_drawdown: Fall | None
    beta: float | None
    alpha: float | None
    tracking_error: float | None
    information_ratio: float | None
    benchmark: str | None
    risk_free_series: str | None
    bars_per_year: int
    returns_counted: int


def nav_history(reading: Reading, given: LookBack) -> NavHistory | Refusal:
    """Return the value of the portfolio at each close since its first entry; refuses ``history_empty``."""
    if not 1 <= given.lookback_days <= 12_600:
        message = f"lookback_days: expected 1 to 12600, found {given.lookback_days}"
        return Refusal("input_invalid", message, details={"field": "lookback_days"})
    found = history_of(reading)
    tell_left_out(found, reading.notes)
    return NavHistory(
        base_currency=found.base,
        bars_per_year=reading.pack.days_per_year,
        lookback_days=min(given.lookback_days, len(found.days)),
        dates=list(found.days),
        nav=_listed(found.values),
        inflows=_listed(found.inflows),
        outflows=_listed(found.outflows),
        returns=_listed(found.returns),
    )


def compute(reading: Reading, given: HistoryGiven) -> Metrics:
    """Return every measure of return, risk and relation to the benchmark."""
    history, notes = given.history, reading.notes
    returns = _array(history.returns)[1:]
    per_year = history.bars_per_year
    rf = _risk_free(reading, history, notes, ("sharpe_ratio", "sortino_ratio", "beta", "alpha"))
    excess = None if rf is None else returns - rf[1][1:]
    market = benchmark_returns(reading, history, _RELATIVE)
    market_excess = None if market is None or rf is None else market - rf[1][1:]
    measure = _Measure(notes)
    return Metrics(
        twr=_windows(history, notes),
        mwr=_money_weighted(history, notes),
        annual_volatility={
            str(window): measure(
                f"annual_volatility.{window}", lambda window=window: _volatility(returns, window, per_year)
            )
            for window in VOLATILITY_WINDOWS
        },
        sharpe_ratio=measure("sharpe_ratio", lambda one: sharpe_ratio(_enough(one), per_year), excess),
        sortino_ratio=measure("sortino_ratio", lambda one: sortino_ratio(_enough(one), per_year), excess),
        max_drawdown=_fall(history, notes),
        beta=measure("beta", lambda one, two: beta(_enough(one), two), excess, market_excess),
        alpha=measure("alpha", lambda one, two: alpha(_enough(one), two, per_year), excess, market_excess),
        tracking_error=measure("tracking_error", lambda one: tracking_error(_enough(returns), one, per_year), market),
        information_ratio=measure(
            "information_ratio", lambda one: information_ratio(_enough(returns), one, per_year), market
        ),
        benchmark=reading.owned.benchmark,
        risk_free_series=None if rf is None else rf[0],
        bars_per_year=per_year,
        returns_counted=len(returns),
    )


def compute_twr(reading: Reading, given: HistoryGiven) -> TimeWeightedReturns:
    """Return the time-weighted return of every window."""
    return TimeWeightedReturns(twr=_windows(given.history, reading.notes))


def compute_mwr(reading: Reading, given: HistoryGiven) -> MoneyWeightedReturn:
    """Return the money-weighted return since the first entry."""
    return _money_weighted(given.history, reading.notes, "")


def compute_sharpe(reading: Reading, given: HistoryGiven) -> Sharpe:
    """Return the Sharpe ratio over all days."""
    history, notes = given.history, reading.notes
    rf = _risk_free(reading, history, notes, ("sharpe_ratio",))
    excess = None if rf is None else _array(history.returns)[1:] - rf[1][1:]
    per_year = history.bars_per_year
    return Sharpe(
        sharpe_ratio=_Measure(notes)("sharpe_ratio", lambda one: sharpe_ratio(_enough(one), per_year), excess),
        risk_free_series=None if rf is None else rf[0],
        bars_per_year=per_year,
    )


class _Measure:
    """Computes a measure, or leaves None and says why; an input that is None has been explained already."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def __call__(self, path: str, formula: Callable[..., float], *inputs: FloatArray | None) -> float | None:
        self._notes.inputs(int(all(one is not None for one in inputs)), 1)
        if any(one is None for one in inputs):
            return None
        try:
            return formula(*inputs)
        except Undefined as undefined:
            self._notes.undefined(path, undefined.reason)
            return None


def _windows(history: NavHistory, notes: Notes) -> dict[str, Window | None]:
    dates, returns = np.array(history.dates, dtype="datetime64[D]"), _array(history.returns)
    found: dict[str, Window | None] = {}
    for name in WINDOWS:
        try:
            one = time_weighted(dates, returns, name)
            found[name] = Window(twr=one.twr, annual=one.annual, opens=one.opens.astype(date), days=one.days)
        except Undefined as undefined:
            found[name] = None
            notes.undefined(f"twr.{name}", undefined.reason)
    return found


def _money_weighted(history: NavHistory, notes: Notes, below: str = "mwr.") -> MoneyWeightedReturn:
    dates = np.array(history.dates, dtype="datetime64[D]")
    days = (dates - dates[0]).astype(np.int64)
    flows = _array(history.outflows) - _array(history.inflows)
    flows[-1] += _array(history.nav)[-1]
    moved = flows != 0.0
    if np.isnan(flows).any():
        notes.undefined(f"{below}period", "undefined_day")
        notes.undefined(f"{below}annual", "undefined_day")
        return MoneyWeightedReturn(annual=None, period=None, days=int(days[-1]), roots=[])
    found = money_weighted(flows[moved], days[moved])
    for name in ("annual", "period"):
        if getattr(found, name) is None:
            notes.undefined(f"{below}{name}", found.reason or "under_a_year")
    return MoneyWeightedReturn(annual=found.annual, period=found.period, days=found.days, roots=list(found.roots))


def _volatility(returns: FloatArray, window: int, per_year: int) -> float:
    return annual_volatility(latest(returns, window, FEWEST_RETURNS), per_year)


def _fall(history: NavHistory, notes: Notes) -> Fall | None:
    try:
        found = deepest_drawdown(growth_index(_array(history.returns)[1:]))
    except Undefined as undefined:
        notes.undefined("max_drawdown", undefined.reason)
        return None
    if found.depth > 0.0 and found.recovery is None:
        notes.undefined("max_drawdown.recovery", "not_recovered")
    days = history.dates
    peak, trough, recovery = (None if at is None else days[at] for at in (found.peak, found.trough, found.recovery))
    return Fall(depth=found.depth, peak=peak, trough=trough, recovery=recovery)


def _risk_free(
    reading: Reading, history: NavHistory, notes: Notes, needed_by: tuple[str, ...]
) -> tuple[str, FloatArray] | None:
    try:
        return risk_free(reading.pack, history.dates)
    except Undefined as undefined:
        for path in needed_by:
            notes.undefined(path, undefined.reason)
        return None


_RELATIVE: Final = ("beta", "alpha", "tracking_error", "information_ratio")


def benchmark_returns(reading: Reading, history: NavHistory, needed_by: Sequence[str]) -> FloatArray | None:
    """Return the daily returns of the benchmark in base currency, or None with the reason noted for ``needed_by``."""
    symbol, reason = reading.owned.benchmark, "benchmark_not_set"
    if symbol is not None:
        try:
            local = reading.pack.total_returns(symbol, history.dates)[1:]
            rates = reading.pack.rate_array(reading.pack.series(symbol).currency, history.base_currency, history.dates)
            found: FloatArray = (1.0 + local) * rates[1:] / rates[:-1] - 1.0
            if not np.isnan(found).any():
                return found
            reason = "benchmark_incomplete"
        except Refused as refused:
            reason = refused.code
    for path in needed_by:
        reading.notes.undefined(path, reason)
    return None


def _enough(returns: FloatArray) -> FloatArray:
    return latest(returns, len(returns), FEWEST_RETURNS)


def tell_left_out(history: History, notes: Notes) -> None:
    """Warn of the days that could not be valued."""
    if history.left_out:
        first, last, count = history.left_out[0], history.left_out[-1], len(history.left_out)
        message = f"{count} days from {first} to {last} lack a close or rate of what was held and are left out"
        notes.warn("days_left_out", message)


def _listed(values: FloatArray) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]


def _array(values: list[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values])


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("portfolio.nav_history", LookBack, NavHistory, nav_history, "The value of the portfolio at each close."),
        ("metrics.compute", HistoryGiven, Metrics, compute, "Returns, risk and relation to the benchmark."),
        ("metrics.compute_twr", HistoryGiven, TimeWeightedReturns, compute_twr, "Time-weighted return by window."),
        ("metrics.compute_mwr", HistoryGiven, MoneyWeightedReturn, compute_mwr, "Money-weighted return."),
        ("metrics.compute_sharpe", HistoryGiven, Sharpe, compute_sharpe, "Sharpe ratio over all days."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
