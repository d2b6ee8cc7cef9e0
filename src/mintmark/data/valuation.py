"""What things are worth on the day of a pack: exact closes and rates, and their history as arrays."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mintmark.data.actions import Action
from mintmark.data.calendars import bars_per_year, trading_days
from mintmark.data.closes import DayCloses, day_closes, day_number, day_of, exact_close, scheduled
from mintmark.data.documents import Fundamental, NewsItem
from mintmark.data.fixings import MIDDLE, Leg, legs_between, through
from mintmark.data.macro import Macro
from mintmark.data.reads import Reads, source_of
from mintmark.data.series import Series
from mintmark.domain import Refused, Timeframe
from mintmark.measures import instrument_returns

if TYPE_CHECKING:
    from mintmark.data.pack import Pack

POLICY_CALENDARS: Mapping[str, str] = {"EOD": "XNYS", "UTC": "24x7"}

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Close:
    """The unadjusted close in force of one instrument, and whose it is.

    ``fixing`` says at which hour the source takes it.
    """

    symbol: str
    amount: Decimal
    currency: str
    day: date
    source: str
    fixing: str


@dataclass(frozen=True)
class Rate:
    """What one unit of a currency is worth in another, and through which closes."""

    value: Decimal
    legs: tuple[Close, ...]


@dataclass(frozen=True)
class Needs:
    """What one portfolio must find in a pack to be valued: its instruments, currencies, benchmark."""

    base: str
    symbols: frozenset[str] = frozenset()
    currencies: frozenset[str] = frozenset()
    benchmark: str | None = None


class Valuation:
    """Prices and rates in force on the day of a pack. What is read notes its source in ``reads``.

    The close in force is that of the last day the instrument's own calendar trades, up to the day of the pack: a
    holiday is no gap, a scheduled day without a close is one. Closes are as the source gave them, unadjusted unless
    the whole series is.
    """

    def __init__(self, pack: Pack, reads: Reads | None = None) -> None:
        self.policy: str = pack.manifest["policy"]
        if self.policy not in POLICY_CALENDARS:
            message = f"{pack.id} follows {self.policy}; valued are packs of {' and '.join(POLICY_CALENDARS)}"
            raise Refused(message, code="not_a_valuation_policy", pack_id=pack.id, policy=self.policy)
        self.pack = pack
        self.day = pack.as_of
        self.reads = Reads() if reads is None else reads
        self._closes: dict[str, DayCloses | None] = {}
        # A sealed pack never changes: what was found once on its day is kept.
        self._found: dict[str, Close] = {}
        self._days: dict[str, date] = {}
        self._ways: dict[tuple[str, str], tuple[tuple[Leg, ...], tuple[str, ...]]] = {}

    def reading(self, reads: Reads) -> Valuation:
        """Return the same view, noting in ``reads``; what was opened is shared."""
        _ = self._pairs
        other = copy.copy(self)
        other.reads = reads
        return other

    @property
    def calendar(self) -> str:
        """The calendar of the policy."""
        return POLICY_CALENDARS[self.policy]

    @property
    def days_per_year(self) -> int:
        """How many trading days of the policy make a year."""
        return bars_per_year(self.calendar, "1d")

    def trading_days(self, start: date, end: date) -> list[date]:
        """Return the days the policy values on from ``start`` to ``end``, both included."""
        return trading_days(self.calendar, start, end) if start <= end else []

    def symbols(self) -> list[str]:
        """Return the symbols that hold bars, in order."""
        return self.pack.symbols()

    def series(self, symbol: str) -> Series:
        """Return how the daily series of ``symbol`` is declared; refuses ``instrument_not_found``."""
        held = self._day_closes(symbol)
        if held is None:
            message = f"{self.pack.id} holds no daily closes of {symbol}"
            raise Refused(message, code="instrument_not_found", symbol=symbol, pack_id=self.pack.id)
        return held.series

    def close(self, symbol: str) -> Close:
        """Return the close of ``symbol`` in force; refuses ``price_missing`` with the day that has none."""
        found = self._found.get(symbol)
        if found is None:
            found = self._found[symbol] = self._sought(symbol)
        self.reads.note(source_of(found.source, symbol))
        return found

    def _sought(self, symbol: str) -> Close:
        held = self._day_closes(symbol)
        day = self._day_in_force(held)
        amount = None if held is None or day is None else held.on(day)
        if held is None or day is None or amount is None:
            last = None if held is None or not len(held.days) else day_of(int(held.days[-1])).isoformat()
            message = (
                f"{self.pack.id} holds no close of {symbol} on {day or self.day}; its last is of {last or 'never'}"
            )
            raise Refused(
                message, code="price_missing", symbol=symbol, day=(day or self.day).isoformat(), last=last,
                pack_id=self.pack.id,
            )  # fmt: skip
        series = held.series
        return Close(symbol, exact_close(amount), series.currency, day, series.source, _fixing(series))

    def convert(self, amount: Decimal, source: str, target: str) -> Decimal:
        """Return what ``amount`` of ``source`` is worth in ``target``, to 10 places, half to even.

        One expression at 50 digits; the inverse divides, a cross goes through the dollar. One currency in itself is
        the amount as it is.

        Raises:
            Refused: ``rate_missing`` naming the pairs, ``rate_is_average`` where only averages of a month are held.
        """
        legs = self._legs(source, target)
        return through(amount, legs, [self.close(leg.symbol).amount for leg in legs])

    def rate(self, source: str, target: str) -> Rate:
        """Return what one unit of ``source`` is worth in ``target`` with the closes it comes from; as ``convert``."""
        legs = self._legs(source, target)
        closes = tuple(self.close(leg.symbol) for leg in legs)
        return Rate(through(Decimal(1), legs, [close.amount for close in closes]), closes)

    def close_array(self, symbol: str, days: Sequence[date]) -> FloatArray:
        """Return the close of ``symbol`` in force on each of ``days``.

        Shape: (n_days,), nan before the first and where a scheduled day has none. Unit: the instrument's currency,
        unadjusted. Refuses: ``price_missing`` without any series.
        """
        held = self._day_closes(symbol)
        if held is None:
            raise Refused(f"{self.pack.id} holds no daily closes of {symbol}", code="price_missing", symbol=symbol)
        self.reads.note(source_of(held.series.source, symbol))
        return held.in_force(_numbers(days))

    def rate_array(self, currency: str, base: str, days: Sequence[date]) -> FloatArray:
        """Return what one unit of ``currency`` is worth in ``base`` on each of ``days``; nan where no rate is in force.

        Shape: (n_days,). Refuses: as ``convert``, for the day of the pack.
        """
        found = np.ones(len(days))
        for leg in self._legs(currency, base):
            closes = self.close_array(leg.symbol, days)
            found = found / closes if leg.inverse else found * closes
        return found

    def total_returns(self, symbol: str, days: Sequence[date]) -> FloatArray:
        """Return what holding ``symbol`` brought from each day before to each of ``days``, in its own currency.

        Shape: (n_days,), nan first and wherever a close is. Unit: fraction. Between two days d and t it is
        (close_t + dividend) split / close_d - 1 on unadjusted closes, the dividend counted on its ex day; a series
        that is adjusted holds both in its closes.
        """
        closes = self.close_array(symbol, days)
        kept, cash = self._kept_and_paid(symbol, days)
        found = np.full(len(days), np.nan)
        found[1:] = instrument_returns(closes, cash / kept, kept)
        return found

    def _kept_and_paid(self, symbol: str, days: Sequence[date]) -> tuple[FloatArray, FloatArray]:
        kept, cash = np.ones(len(days)), np.zeros(len(days))
        numbers = _numbers(days)
        for action in self.actions(symbol):
            place = int(np.searchsorted(numbers, day_number(action.ex_date)))
            if 0 < place < len(days):
                if action.kind == "split":
                    kept[place] *= float(action.value)
                else:
                    cash[place] += kept[place] * float(action.value)
        return kept, cash

    def actions(self, symbol: str) -> list[Action]:
        """Return the splits and dividends of ``symbol`` up to the day, oldest first; none for an adjusted series."""
        held = self._day_closes(symbol)
        if held is not None and held.series.price_basis == "adjusted":
            return []
        # A split comes before the dividend of the same day, which is paid on the new shares.
        found = sorted(self.pack.actions(symbol), key=lambda one: (one.ex_date, one.kind != "split"))
        for action in found:
            self.reads.note(action.source)
        return found

    def macro(self, name: str) -> Macro:
        """Return period, value and release of a macro series; refuses ``macro_unknown``."""
        found = self.pack.macro(name)
        self.reads.note(source_of(self._macro_sources[name], name))
        return found

    def close_before(self, symbol: str) -> tuple[date, Decimal] | None:
        """Return the last close of ``symbol`` before the one in force, with its day; None where there is none."""
        self.series(symbol)
        held, day = self._closes[symbol], self.close(symbol).day
        found = None if held is None else held.before(day)
        return None if found is None else (found[0], exact_close(found[1]))

    def crosses(self) -> list[tuple[str, str, str]]:
        """Return base, quote and symbol of each pair without the dollar whose close is in force."""
        return [(*key, symbol) for key, symbol in self._pairs.items() if MIDDLE not in key and self._in_force(symbol)]

    def needed(self, needs: Iterable[Needs]) -> set[str]:
        """Return the symbols, instruments and pairs, whose closes in force value the portfolios of ``needs``."""
        found: set[str] = set()
        for need in needs:
            symbols = {symbol for symbol in self._symbols(need) if self._in_force(symbol)}
            found |= symbols
            for currency in need.currencies | {self.series(symbol).currency for symbol in symbols}:
                found.update(leg.symbol for leg in self._path(currency, need.base)[0])
        return found

    @staticmethod
    def _symbols(need: Needs) -> set[str]:
        return {*need.symbols, *([need.benchmark] if need.benchmark else [])}

    def fundamentals(self, symbol: str) -> tuple[Fundamental, ...]:
        """Return the reported figures of ``symbol`` released by the day, oldest period first."""
        for one in self.pack.documents("fundamentals"):
            if one["name"] == symbol:
                self.reads.note(one["source"])
        return self.pack.fundamentals(symbol)

    def news(self, symbols: Iterable[str] | None = None) -> tuple[NewsItem, ...]:
        """Return the headlines published by the day, oldest first; with ``symbols``, those about one of them."""
        wanted = None if symbols is None else set(symbols)
        found = [one for one in self.pack.news if wanted is None or wanted & set(one[1].symbols)]
        for source, _ in found:
            self.reads.note(source)
        return tuple(item for _, item in found)

    def upcoming_actions(self, symbol: str) -> list[Action]:
        """Return the splits and dividends of ``symbol`` known at the day that still lie ahead."""
        found = self.pack.upcoming_actions(symbol)
        for action in found:
            self.reads.note(action.source)
        return found

    def revised(self, name: str) -> bool:
        """Return whether a macro series holds later revisions of its values, its vintages unknown."""
        return any(one["name"] == name and one["revised"] for one in self.pack.manifest["macro"])

    def missing(self, needs: Iterable[Needs]) -> tuple[str, ...]:
        """Return the symbols without a close and the pairs without a rate among what portfolios need, in order."""
        found: set[str] = set()
        for need in needs:
            currencies = set(need.currencies)
            for symbol in self._symbols(need):
                held = self._day_closes(symbol)
                if held is None or not self._in_force(symbol):
                    found.add(symbol)
                if held is not None:
                    currencies.add(held.series.currency)
            for currency in currencies:
                found.update(self._path(currency, need.base)[1])
        return tuple(sorted(found))

    def _legs(self, source: str, target: str) -> tuple[Leg, ...]:
        legs, missing = self._path(source, target)
        if not missing:
            return legs
        averages = [name for name in missing if self._is_average(name)]
        named = ", ".join(averages or missing)
        if averages:
            message = f"{self.pack.id} holds only averages of {named}: import daily closes of it"
            raise Refused(message, code="rate_is_average", pairs=averages, source=source, target=target)
        message = f"{self.pack.id} holds no rate of {named} in force on {self.day}: import it"
        raise Refused(message, code="rate_missing", pairs=list(missing), source=source, target=target)

    def _path(self, source: str, target: str) -> tuple[tuple[Leg, ...], tuple[str, ...]]:
        way = self._ways.get((source, target))
        if way is None:
            taken = self.pack.currencies_taken_as
            way = legs_between(self._pairs, taken.get(source, source), taken.get(target, target), self._in_force)
            self._ways[source, target] = way
        return way

    def _is_average(self, pair: str) -> bool:
        names = {pair, pair[3:] + pair[:3]}
        return any(one["name"] in names and "average" in one for one in self.pack.manifest["macro"])

    def _in_force(self, symbol: str) -> bool:
        held = self._day_closes(symbol)
        day = self._day_in_force(held)
        return held is not None and day is not None and held.on(day) is not None

    def _day_in_force(self, held: DayCloses | None) -> date | None:
        if held is None:
            return None
        day = self._days.get(held.calendar)
        if day is None:
            day = day_of(int(scheduled(held.calendar, np.array([day_number(self.day)]))[0]))
            self._days[held.calendar] = day
        return day

    def _day_closes(self, symbol: str) -> DayCloses | None:
        if symbol not in self._closes:
            self._closes[symbol] = self._opened(symbol)
        return self._closes[symbol]

    def _opened(self, symbol: str) -> DayCloses | None:
        try:
            series = self.pack.series(symbol, Timeframe.D1)
        except Refused:
            return None
        return day_closes(series, self.pack.frame(series), self.day)

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for pair in sorted(self.pack.manifest["fx"], key=lambda one: ("/" in one["symbol"], one["symbol"])):
            key = (pair["base"], pair["quote"])
            if key not in found or not self._in_force(found[key]):
                found[key] = pair["symbol"]
        return found

    @cached_property
    def _macro_sources(self) -> dict[str, str]:
        return {one["name"]: one["source"] for one in self.pack.manifest["macro"]}


def _numbers(days: Sequence[date]) -> NDArray[np.int64]:
    return _numbers_of(tuple(days))


@lru_cache(maxsize=32)
def _numbers_of(days: tuple[date, ...]) -> NDArray[np.int64]:
    # One history asks for the same days once an instrument.
    found = np.fromiter((day_number(day) for day in days), np.int64, len(days))
    found.flags.writeable = False
    return found


def _fixing(series: Series) -> str:
    if series.calendar == "XNYS":
        return "close of the session in New York"
    if series.calendar == "24x7":
        return "00:00 UTC of the next day"
    return "end of the source's own day" if series.timeframe is Timeframe.D1 else "17:00 in New York"
