"""Rates between currencies, from the closes of a pack's pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import NANOSECONDS, Refused, iso, moment_of

STABLECOINS: Mapping[str, str] = {"USDT": "USD", "USDC": "USD"}
OLDEST_HOURS = 96
_HOUR = 3_600 * NANOSECONDS
_NEVER = -(2**62)

FloatArray = NDArray[np.float64]
StampArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Quotes:
    """Closes of one pair: units of ``quote`` for one ``base``, each known from ``known_at`` (ns) on."""

    name: str
    base: str
    quote: str
    known_at: StampArray
    closes: FloatArray


@dataclass(frozen=True, eq=False)
class Rates:
    """What one unit of a currency is worth at each moment, by which path, from how old a close.

    Shape: ``values``, ``path`` (position in ``paths``) and ``age_hours``: (n_moments,).
    """

    values: FloatArray
    paths: tuple[str, ...]
    path: NDArray[np.int64]
    age_hours: FloatArray


def pair_of(symbol: str, asset_class: str, currency: str) -> tuple[str, str] | None:
    """Return base and quote of a symbol that is a rate between two currencies, else None.

    >>> pair_of("EURUSD", "fx", "USD"), pair_of("BTC/USDT", "crypto", "USD"), pair_of("SP500", "index", "USD")
    (('EUR', 'USD'), ('BTC', 'USD'), None)
    """
    if asset_class not in ("fx", "crypto"):
        return None
    if "/" in symbol:
        return symbol.split("/", 1)[0], currency
    return (symbol[:3], currency) if asset_class == "fx" and len(symbol) == 6 else None


def quote_currency(symbol: str, asset_class: str) -> str:
    """Return the currency prices of ``symbol`` are in when nobody said.

    >>> quote_currency("USDJPY", "fx"), quote_currency("BTC/EUR", "crypto"), quote_currency("AAPL", "equity")
    ('JPY', 'EUR', 'USD')
    """
    if "/" in symbol:
        return symbol.split("/", 1)[1].split(":", 1)[0]
    return symbol[-3:] if asset_class == "fx" and len(symbol) >= 6 else "USD"


def convert(quotes: Sequence[Quotes], source: str, target: str, moments: StampArray) -> Rates:
    """Return what one unit of ``source`` is worth in ``target`` at each of ``moments`` (ns).

    The last close known at or before the moment counts: of the pair itself, else of its inverse, else
    through one currency in between, the dollar first. A path whose close is older than 96 hours gives way to the next.

    Raises:
        Refused: ``missing_rate`` with pair and time where no path has a close young enough.
    """
    if source == target:
        return Rates(np.ones(len(moments)), ("same",), np.zeros(len(moments), np.int64), np.zeros(len(moments)))
    values = np.full(len(moments), np.nan)
    chosen = np.full(len(moments), -1, dtype=np.int64)
    ages = np.full(len(moments), np.inf)
    paths: list[str] = []
    for legs in _paths(quotes, source, target):
        open_places = np.flatnonzero(chosen < 0)
        if not len(open_places):
            break
        rate, age = _through(legs, moments[open_places])
        young = age <= OLDEST_HOURS * _HOUR
        places = open_places[young]
        values[places], ages[places], chosen[places] = rate[young], age[young] / _HOUR, len(paths)
        paths.append(" * ".join(f"1/{leg.name}" if turned else leg.name for leg, turned in legs))
    if (chosen < 0).any():
        raise _missing(source, target, int(moments[chosen < 0][0]))
    return Rates(values, tuple(paths), chosen, ages)


_Leg = tuple[Quotes, bool]


def _paths(quotes: Sequence[Quotes], source: str, target: str) -> Iterator[tuple[_Leg, ...]]:
    straight = list(_legs(quotes, source, target))
    yield from ((leg,) for leg in straight)
    between = {q.base for q in quotes} | {q.quote for q in quotes}
    for middle in sorted(between - {source, target}, key=lambda currency: (currency != "USD", currency)):
        for first in _legs(quotes, source, middle):
            yield from ((first, second) for second in _legs(quotes, middle, target))


def _legs(quotes: Sequence[Quotes], source: str, target: str) -> Iterator[_Leg]:
    yield from ((quote, False) for quote in quotes if (quote.base, quote.quote) == (source, target))
    yield from ((quote, True) for quote in quotes if (quote.quote, quote.base) == (source, target))


def _through(legs: Sequence[_Leg], moments: StampArray) -> tuple[FloatArray, StampArray]:
    rate, age = np.ones(len(moments)), np.zeros(len(moments), dtype=np.int64)
    for quotes, turned in legs:
        place = np.searchsorted(quotes.known_at, moments, side="right") - 1
        at = np.maximum(place, 0)
        close = quotes.closes[at]
        rate = rate / close if turned else rate * close
        age = np.maximum(age, moments - np.where(place < 0, _NEVER, quotes.known_at[at]))
    return rate, age


def _missing(source: str, target: str, stamp: int) -> Refused:
    moment = iso(moment_of(stamp))
    message = (
        f"no rate from {source} to {target} at {moment} is {OLDEST_HOURS} hours old or less: import {source}{target}"
    )
    return Refused(message, code="missing_rate", pair=f"{source}/{target}", time=moment, limit_hours=OLDEST_HOURS)
