"""Which series of a pack may fill which slot, the first that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mintmark.portfolio.macro import Frequency, MacroSeries, difference, yearly_change

Find = Callable[[str], MacroSeries | None]

TEN_YEARS_DAILY, TWO_YEARS_DAILY = ("DGS10", "treasury_10y"), ("DGS2", "treasury_2y")
TEN_YEARS_MONTHLY = ("GS10", "us_10y_yield")
UNEMPLOYMENT = ("UNRATE", "unemployment", "unemp")
PRICES, CORE_PRICES = ("CPIAUCNS", "CPIAUCSL", "us_cpi"), ("CPILFESL", "us_core_cpi", "CORE_CPI")
BAA, AAA = ("BAA",), ("AAA",)
DEBT, CAPE = ("GFDEGDQ188S", "debt_to_gdp"), ("PE10", "CAPE", "cape")


def short_term_slots(find: Find) -> dict[str, MacroSeries]:
    """Return the series of each slot of the regime that can be made of what ``find`` finds by name."""
    slots = {
        "curve": spread(find, TEN_YEARS_DAILY, TWO_YEARS_DAILY),
        "unemployment": first_of(find, UNEMPLOYMENT),
        "inflation": inflation(find),
        "credit": credit(find),
    }
    return {slot: series for slot, series in slots.items() if series is not None}


def long_term_slots(find: Find) -> dict[str, MacroSeries]:
    """Return the series of each slot of the long-term cycle that can be made of what ``find`` finds by name."""
    yields, prices, cape = first_of(find, TEN_YEARS_MONTHLY), inflation(find), first_of(find, CAPE)
    slots = {
        "debt": first_of(find, DEBT),
        "real_rate": difference(yields, prices) if yields is not None and prices is not None else None,
        "credit": credit(find),
        "cape": logged(cape) if cape is not None else None,
    }
    return {slot: series for slot, series in slots.items() if series is not None}


def first_of(find: Find, names: Sequence[str]) -> MacroSeries | None:
    """Return the first series of ``names`` that there is."""
    return next((found for name in names if (found := find(name)) is not None), None)


def spread(find: Find, first: Sequence[str], second: Sequence[str]) -> MacroSeries | None:
    """Return one series less another, where there are both."""
    here, there = first_of(find, first), first_of(find, second)
    return difference(here, there) if here is not None and there is not None else None


def inflation(find: Find) -> MacroSeries | None:
    """Return the change of consumer prices over twelve months, of core prices where there are no others."""
    prices = first_of(find, (*PRICES, *CORE_PRICES))
    return yearly_change(known_only(prices)) if prices is not None else None


def credit(find: Find) -> MacroSeries | None:
    """Return what BAA companies pay over the Treasury, over AAA companies where there is no such yield."""
    over_treasury = spread(find, BAA, TEN_YEARS_MONTHLY)
    return over_treasury if over_treasury is not None else spread(find, BAA, AAA)


def logged(series: MacroSeries) -> MacroSeries:
    """Return the logarithm of ``series``, without the zeros that stand for months not yet known."""
    kept = known_only(series)
    return MacroSeries(f"log {kept.name}", kept.frequency, kept.ends, np.log(kept.values), kept.known)


def known_only(series: MacroSeries) -> MacroSeries:
    """Return ``series`` of a positive quantity without the zeros that stand for values not yet known."""
    return series.where(series.values > 0.0)


def period_ends(
    stamps: np.ndarray[tuple[int], np.dtype[np.int64]], frequency: Frequency
) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Return the last day of the period that begins at each of ``stamps`` (ns).

    >>> period_ends(np.array(["2007-10-01"], "datetime64[ns]").astype(np.int64), "quarterly").astype(str).tolist()
    ['2007-12-31']
    """
    begins = stamps.astype("datetime64[ns]")
    if frequency == "daily":
        return begins.astype("datetime64[D]")
    months: Mapping[Frequency, int] = {"monthly": 1, "quarterly": 3}
    return (begins.astype("datetime64[M]") + months[frequency]).astype("datetime64[D]") - 1
