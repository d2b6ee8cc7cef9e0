"""The sets of factors a pack can fill, and what an instrument makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal
from mintmark.measures import Exposures, Undefined, factor_exposures
from mintmark.portfolio.macro import MacroSeries, difference
from mintmark.portfolio.macro_sources import AAA, BAA, TEN_YEARS_MONTHLY, Find, first_of, inflation, spread

FloatArray = NDArray[np.float64]
Days = NDArray[np.datetime64]
Riskless = Callable[[Days], FloatArray]
SetName = Literal["macro5_daily", "macro5_monthly", "macro3_monthly", "ff3_monthly", "style5_daily"]

AUTO: tuple[SetName, ...] = ("macro5_daily", "macro5_monthly", "macro3_monthly", "ff3_monthly")
"""The sets tried in this order; the first that the pack fills is taken."""
LEAST_PERIODS: Mapping[str, int] = {"daily": 60, "monthly": 36}
DOLLAR_AGAINST = ("EUR", "GBP", "JPY", "CAD", "CHF", "AUD")
STYLES = ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")
INDEX = ("SP500",)
MARKET, SMALL, VALUE = ("MKT_RF", "Mkt-RF"), ("SMB",), ("HML",)


@dataclass(frozen=True, eq=False)
class Factors:
    """A filled set: one row for each period, one column for each factor; changes and returns as fractions.

    Shape: ``opens`` and ``ends`` (n_periods,), the day a period begins at the close of, and its last; ``values``
    (n_periods, n_factors).
    """

    name: SetName
    frequency: Literal["daily", "monthly"]
    columns: tuple[str, ...]
    opens: Days
    ends: Days
    values: FloatArray

    @property
    def least(self) -> int:
        """How many periods an estimate needs."""
        return LEAST_PERIODS[self.frequency]


@dataclass(frozen=True)
class Sources:
    """Where a set looks: macro series and levels by name, the value of a dollar by currency, a bill by its days.

    ``dollar`` gives units of a currency per dollar, monthly. ``riskless`` gives the return of a bill over each day and
    raises ``Undefined`` where the pack has none.
    """

    find: Find
    dollar: Callable[[str], MacroSeries | None]
    riskless: Riskless


def fill_factors(sources: Sources, name: SetName | Literal["auto"] = "auto") -> Factors | Refusal:
    """Return the set ``name``, by default the first of ``AUTO`` the pack can fill, or refuse ``factors_missing``."""
    for one in AUTO if name == "auto" else (name,):
        found = _BUILDERS[one](sources)
        if found is not None and len(found.ends) >= found.least:
            return found
    wanted = "one of " + ", ".join(AUTO) if name == "auto" else name
    return Refusal("factors_missing", f"expected the series of {wanted} over enough periods", observed=name)


def expose(factors: Factors, days: Days, returns: FloatArray, periods_per_year: float) -> Exposures:
    """Return how daily ``returns`` of ``days`` move with ``factors``, over the periods of these.

    Shape: (n_days,) each; NaN is a day without a return, and takes its period out.

    Raises:
        Undefined: ``too_few_returns``, under 60 days or 36 months in common; ``no_variation``.
    """
    own = over_periods(factors, days, returns)
    kept = np.isfinite(own)
    if int(kept.sum()) < factors.least:
        raise Undefined("too_few_returns", observed=int(kept.sum()), limit=factors.least)
    per_year = periods_per_year if factors.frequency == "daily" else 12.0
    return factor_exposures(own[kept], factors.values[kept], per_year)


def over_periods(factors: Factors, days: Days, returns: FloatArray) -> FloatArray:
    """Return what daily ``returns`` compound to over each period of ``factors``; NaN where a day of it is missing.

    Shape: (n_days,) each in, (n_periods,) out.
    """
    begins, ends = _places(factors.opens, days, factors.frequency), _places(factors.ends, days, factors.frequency)
    gaps = np.cumsum(np.isnan(returns))
    grown = np.cumsum(np.log1p(np.nan_to_num(returns)))
    whole = (begins >= 0) & (ends >= 0) & (gaps[ends] == gaps[begins])
    found: FloatArray = np.where(whole, np.expm1(grown[ends] - grown[begins]), np.nan)
    return found


def _places(ends: Days, days: Days, frequency: str) -> NDArray[np.int64]:
    """Return the place of the last of ``days`` in each period that ends on ``ends``, -1 where there is none."""
    places = np.searchsorted(days, ends, side="right") - 1
    there = (places >= 0) & (_keyed(days[places], frequency) == _keyed(ends, frequency))
    return np.where(there, places, -1)


def _keyed(ends: Days, frequency: str) -> Days:
    return ends.astype("datetime64[M]") if frequency == "monthly" else ends


class _Column(NamedTuple):
    """A factor: its series, and whether it goes in as its ``change``, its ``growth`` or as it ``is``."""

    name: str
    series: MacroSeries | None
    how: Literal["change", "growth", "is"]


def _joined(name: SetName, frequency: Literal["daily", "monthly"], columns: Sequence[_Column]) -> Factors | None:
    """Return the set over the periods between the ends all its columns have; None where one of them is not there."""
    there = [one.series for one in columns if one.series is not None]
    if len(there) < len(columns):
        return None
    keys = [_keyed(series.ends, frequency) for series in there]
    shared = keys[0]
    for key in keys[1:]:
        shared = np.intersect1d(shared, key)
    rows = [np.searchsorted(key, shared) for key in keys]
    made = [_moved(series.values[row], one.how) for series, row, one in zip(there, rows, columns, strict=True)]
    ends = there[0].ends[rows[0]]
    return Factors(name, frequency, tuple(one.name for one in columns), ends[:-1], ends[1:], np.column_stack(made))


def _moved(values: FloatArray, how: str) -> FloatArray:
    if how == "change":
        return np.diff(values)
    return values[1:] / values[:-1] - 1.0 if how == "growth" else values[1:]


def _macro5_daily(sources: Sources) -> Factors | None:
    find = sources.find
    found = _joined(
        "macro5_daily", "daily",
        (
            _Column("real_rate", find("DFII10"), "change"), _Column("inflation", find("T10YIE"), "change"),
            _Column("credit", find("BAMLC0A0CM"), "change"), _Column("usd", find("DTWEXBGS"), "growth"),
            _Column("equity", first_of(find, INDEX), "growth"),
        ),
    )  # fmt: skip
    if found is None:
        return None
    try:
        bills = sources.riskless(found.ends)
    except Undefined:
        return None
    return replace(found, values=np.column_stack([found.values[:, :-1], found.values[:, -1] - bills]))


def _macro5_monthly(sources: Sources) -> Factors | None:
    find = sources.find
    yields, prices = first_of(find, TEN_YEARS_MONTHLY), inflation(find)
    real = difference(yields, prices) if yields is not None and prices is not None else None
    dollars = [_Column(one, sources.dollar(one), "growth") for one in DOLLAR_AGAINST]
    found = _joined(
        "macro5_monthly", "monthly",
        (
            _Column("real_rate", real, "change"), _Column("inflation", prices, "change"),
            _Column("credit", spread(find, BAA, TEN_YEARS_MONTHLY), "change"), *dollars,
            _Column("equity", first_of(find, MARKET), "is"),
        ),
    )  # fmt: skip
    if found is None:
        return None
    dollar = found.values[:, 3:-1].mean(axis=1)
    values = np.column_stack([found.values[:, :3], dollar, found.values[:, -1]])
    return replace(found, columns=("real_rate", "inflation", "credit", "usd", "equity"), values=values)


def _macro3_monthly(sources: Sources) -> Factors | None:
    return _joined(
        "macro3_monthly", "monthly",
        (
            _Column("inflation", inflation(sources.find), "change"),
            _Column("credit", spread(sources.find, BAA, AAA), "change"),
            _Column("equity", first_of(sources.find, MARKET), "is"),
        ),
    )  # fmt: skip


def _ff3_monthly(sources: Sources) -> Factors | None:
    named = (("equity", MARKET), ("small", SMALL), ("value", VALUE))
    return _joined("ff3_monthly", "monthly", [_Column(name, first_of(sources.find, one), "is") for name, one in named])


def _style5_daily(sources: Sources) -> Factors | None:
    styles = [_Column(name.lower(), sources.find(name), "growth") for name in STYLES]
    index = _Column("index", first_of(sources.find, INDEX), "growth")
    found = _joined("style5_daily", "daily", [*styles, index])
    if found is None:
        return None
    return replace(found, columns=found.columns[:-1], values=found.values[:, :-1] - found.values[:, -1:])


_BUILDERS: Mapping[SetName, Callable[[Sources], Factors | None]] = {
    "macro5_daily": _macro5_daily,
    "macro5_monthly": _macro5_monthly,
    "macro3_monthly": _macro3_monthly,
    "ff3_monthly": _ff3_monthly,
    "style5_daily": _style5_daily,
}
