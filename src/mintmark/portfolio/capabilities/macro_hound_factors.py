"""How a portfolio moves with the factors a pack holds, now and month by month."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal, Refused
from mintmark.measures import Exposures, Undefined
from mintmark.portfolio.capabilities.financial_analyst_performance import tell_left_out
from mintmark.portfolio.capabilities.macro_hound_series import LookBackWeeks, day_of, finder, wrong_weeks
from mintmark.portfolio.capability import Arguments, Capability, Notes, Reading
from mintmark.portfolio.exposed_holdings import FIVE_YEARS, as_held, held_of, last_days
from mintmark.portfolio.factors import Factors, SetName, Sources, expose, fill_factors
from mintmark.portfolio.history import open_history
from mintmark.portfolio.macro import MacroSeries, month_ends
from mintmark.portfolio.macro_shapes import (
    ExposureHistory,
    ExposureMonth,
    FactorBeta,
    FactorExposures,
    Fit,
    PositionFit,
)
from mintmark.portfolio.macro_sources import Find
from mintmark.portfolio.risk_free import risk_free
from mintmark.portfolio.shapes import GivenValued

FloatArray = NDArray[np.float64]
Days = NDArray[np.datetime64]
# A yearly change looks twelve months back, and a month is known up to 45 days late.
_BEFORE = np.timedelta64(420, "D")
_FIVE_YEARS = np.timedelta64(60, "M")


class ExposedGiven(Arguments):
    """A valued portfolio, and the set of factors; ``auto`` takes the first that the pack can fill."""

    valued: GivenValued
    factor_set: SetName | Literal["auto"] = "auto"


def sources_of(reading: Reading, since: np.datetime64, known: np.datetime64, find: Find | None = None) -> Sources:
    """Return where factors are looked for: values of periods from ``since`` on that were ``known`` by a day."""
    looked = find or functools.cache(finder(reading))

    def within(name: str) -> MacroSeries | None:
        found = looked(name)
        return None if found is None else found.where((found.ends >= since) & (found.known <= known))

    def riskless(days: Days) -> FloatArray:
        return risk_free(reading.pack, days.astype("datetime64[D]").tolist())[1]

    return Sources(within, _dollars(reading, since, known), riskless)


def _dollars(reading: Reading, since: np.datetime64, known: np.datetime64) -> Callable[[str], MacroSeries | None]:
    def found(currency: str) -> MacroSeries | None:
        days = np.array(reading.pack.trading_days(since.tolist(), known.tolist()), "datetime64[D]")
        months = days.astype("datetime64[M]")
        ends = (months + 1).astype("datetime64[D]") - 1
        last = np.append(months[1:] != months[:-1], True) & (ends <= known)
        try:
            rates = reading.pack.rate_array("USD", currency, days[last].tolist())
        except Refused:
            return None
        there = np.isfinite(rates)
        return MacroSeries(f"USD/{currency}", "monthly", ends[last][there], rates[there], ends[last][there])

    return found


def present_factors(reading: Reading, days: Sequence[date], name: SetName | Literal["auto"]) -> Factors | Refusal:
    """Return the set ``name`` over ``days``; refuses ``factors_missing``."""
    since = np.datetime64(days[0], "D") - _BEFORE
    return fill_factors(sources_of(reading, since, day_of(reading)), name)


def compute(reading: Reading, given: ExposedGiven) -> FactorExposures | Refusal:
    """Return how the portfolio as it stands and each holding moved with the factors over five years.

    A holding is estimated on its returns in its own currency, the portfolio on those in base with its weights of today.
    Refuses ``factors_missing``.
    """
    days = last_days(reading.pack, reading.ctx.asof_date, FIVE_YEARS + 1)
    factors = present_factors(reading, days, given.factor_set)
    if isinstance(factors, Refusal):
        return factors
    pack, valued = reading.pack, given.valued
    fitted = Fitting(reading, factors, days)
    positions = [
        PositionFit(symbol=one.symbol, fit=fitted(f"positions.{place}.fit", pack.total_returns(one.symbol, days)))
        for place, one in enumerate(held_of(valued))
    ]
    whole = None
    if valued.nav.amount > 0:
        whole = fitted("portfolio", as_held(pack, valued, days))
    else:
        reading.notes.undefined("portfolio", "no_equity")
    reading.notes.inputs(sum(one.fit is not None for one in positions), len(positions))
    return FactorExposures(
        set=factors.name, frequency=factors.frequency, factors=list(factors.columns), first=days[0], last=days[-1],
        portfolio=whole, positions=positions,
    )  # fmt: skip


class Fitting:
    """Fits returns of ``days`` on ``factors``; what cannot be estimated is None, and why is noted at its path."""

    def __init__(self, reading: Reading, factors: Factors, days: Sequence[date]) -> None:
        self._notes = reading.notes
        self._per_year = reading.pack.days_per_year
        self._factors, self._days = factors, np.array(days, "datetime64[D]")

    def __call__(self, path: str, returns: FloatArray) -> Fit | None:
        try:
            found = expose(self._factors, self._days, returns, self._per_year)
        except Undefined as why:
            self._notes.undefined(path, why.reason)
            return None
        fit = _fit(self._factors, found)
        _tell_t(self._notes, path, fit)
        return fit


def _tell_t(notes: Notes, path: str, fit: Fit) -> None:
    for place, one in enumerate(fit.betas):
        if one.t is None:
            notes.undefined(f"{path}.betas.{place}.t", "no_variation")


def _fit(factors: Factors, found: Exposures) -> Fit:
    rows = zip(factors.columns, found.betas.tolist(), found.errors.tolist(), found.t.tolist(), strict=True)
    return Fit(
        betas=[
            FactorBeta(factor=name, beta=beta, error=error, t=t if np.isfinite(t) else None)
            for name, beta, error, t in rows
        ],
        intercept=found.intercept,
        r2=found.r2,
        residual_volatility=found.residual_volatility,
        n=found.n,
    )


def history(reading: Reading, given: LookBackWeeks) -> ExposureHistory | Refusal:
    """Return how the returns of the portfolio moved with the factors over five years up to each month end.

    The returns are those it had, the factors those known then. Refuses ``factors_missing`` and ``history_empty``.
    """
    wrong = wrong_weeks(given)
    if wrong is not None:
        return wrong
    last, owned = day_of(reading), reading.owned
    ends = month_ends(last - np.timedelta64(7 * given.lookback_weeks, "D"), last)
    since = (last.astype("datetime64[M]") - _FIVE_YEARS).astype("datetime64[D]")
    find = functools.cache(finder(reading))
    chosen = fill_factors(sources_of(reading, since - _BEFORE, last, find))
    if isinstance(chosen, Refusal):
        return chosen
    had = open_history(reading.pack, reading.ledger, owned.code, owned.base_currency, reading.ctx.asof_date)
    tell_left_out(had, reading.notes)
    months = []
    for place, end in enumerate(ends):
        first = (end.astype("datetime64[M]") - _FIVE_YEARS).astype("datetime64[D]")
        returns = np.where((had.dates >= first) & (had.dates <= end), had.returns, np.nan)
        if np.isnan(returns).all():
            found: Fit | Refusal = Refusal("too_few_returns", "the portfolio had no return yet", observed=0)
        else:
            factors = fill_factors(sources_of(reading, first - _BEFORE, end, find), chosen.name)
            found = factors if isinstance(factors, Refusal) else _month(reading, factors, had.days, returns)
        if isinstance(found, Fit):
            _tell_t(reading.notes, f"months.{place}.fit", found)
            months.append(ExposureMonth(day=end.astype(object), fit=found, reason=None))
            continue
        reading.notes.undefined(f"months.{place}.fit", found.code)
        months.append(ExposureMonth(day=end.astype(object), fit=None, reason=found.code))
    return ExposureHistory(set=chosen.name, frequency=chosen.frequency, months=months)


def _month(reading: Reading, factors: Factors, days: Sequence[date], returns: FloatArray) -> Fit | Refusal:
    try:
        return _fit(factors, expose(factors, np.array(days, "datetime64[D]"), returns, reading.pack.days_per_year))
    except Undefined as why:
        return Refusal(why.reason, "the exposures of a month", observed=why.observed, limit=why.limit)


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("risk.compute_factor_exposures", ExposedGiven, FactorExposures, compute,
         "How what is held moves with the factors."),
        ("risk.get_factor_exposure_history", LookBackWeeks, ExposureHistory, history,
         "How the portfolio moved with the factors, at month ends."),
    )  # fmt: skip
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
