"""An opened pack: arrays, instruments, rates and facts, nothing later than its as-of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.data.actions import Action, action_from, adjusted, unexplained_jumps
from mintmark.data.calendars import bars_per_year, expected
from mintmark.data.currencies import Quotes, Rates, convert
from mintmark.data.documents import Fundamental, NewsItem, fundamental_from, news_from
from mintmark.data.macro import Macro, as_macro
from mintmark.data.partitions import Partition, joined
from mintmark.data.quality import completeness, stamps_of
from mintmark.data.series import Series, known_timeframe, series_from
from mintmark.data.valuation import Valuation
from mintmark.domain import Bars, Instrument, Refused, Timeframe, from_iso, stamp_of
from mintmark.strategy import PackFacts, SymbolFacts, resample

DOCUMENT_KINDS = ("fundamentals", "news")

StampArray = NDArray[np.int64]


class Pack:
    """One sealed cut of the market. What is asked for is read when it is first asked for, then kept.

    ``read`` gives the frame of a partition or a macro series by its content's sha256, ``read_document`` the bytes of
    fundamentals or news.

    Raises: every reading method ``pack_damaged`` when stored bytes are not what their name says.
    """

    def __init__(
        self,
        pack_id: str,
        sha256: str,
        manifest: Mapping[str, Any],
        read: Callable[[str], pl.DataFrame],
        read_document: Callable[[str], bytes],
    ) -> None:
        self.id = pack_id
        self.sha256 = sha256
        self.manifest = manifest
        self.as_of = date.fromisoformat(manifest["as_of"])
        self._read = read
        self._read_document = read_document
        self._figures: dict[str, tuple[Fundamental, ...]] = {}
        self._bars: dict[tuple[str, Timeframe], Bars] = {}
        self._macro: dict[str, Macro] = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources its series, macro values and actions come from."""
        return tuple(source["name"] for source in self.manifest["sources"])

    @property
    def currencies_taken_as(self) -> Mapping[str, str]:
        """Currencies that were read as another one when the pack was sealed, such as USDT as USD."""
        taken: Mapping[str, str] = self.manifest["currencies_taken_as"]
        return taken

    def symbols(self) -> list[str]:
        """Return the symbols that hold bars, in order."""
        return sorted(self._series)

    def series(self, symbol: str, timeframe: Timeframe | str | None = None) -> Series:
        """Return what is known of the series bars of ``timeframe`` come from; without one, the finest.

        That is the series of exactly this timeframe, else the coarsest that ``timeframe`` is a whole multiple of.

        Raises:
            Refused: ``symbol_unknown`` or ``timeframe_unknown``, naming what the pack holds.
        """
        held = self._series.get(symbol)
        if held is None:
            listed = ", ".join(self.symbols()[:20])
            raise Refused(f"{self.id} holds no {symbol}; it holds {listed}", code="symbol_unknown", symbol=symbol)
        if timeframe is None:
            return held[0]
        wanted = known_timeframe(str(timeframe))
        fitting = [one for one in held if one.timeframe is wanted or wanted.is_multiple_of(one.timeframe)]
        if not fitting:
            finest = held[0].timeframe.value
            message = f"{self.id} holds {symbol} from {finest} on, {wanted.value} cannot be built from it"
            raise Refused(message, code="timeframe_unknown", symbol=symbol, timeframe=wanted.value, base=finest)
        return fitting[-1]

    def bars(self, symbol: str, timeframe: Timeframe | str | None = None) -> Bars:
        """Return the bars of ``symbol``: adjusted where the series is raw, built from the base where coarser."""
        base = self.series(symbol, timeframe)
        wanted = base.timeframe if timeframe is None else known_timeframe(str(timeframe))
        key = (symbol, wanted)
        if key not in self._bars:
            self._bars[key] = self._opened(base) if wanted is base.timeframe else resample(self._base(base), wanted)
        return self._bars[key]

    def instrument(self, symbol: str) -> Instrument:
        """Return how ``symbol`` trades and what that costs."""
        return self.series(symbol).instrument

    def cost_profile(self, symbol: str) -> str:
        """Return the name of what trading ``symbol`` costs."""
        return self.series(symbol).cost_profile

    def base_timeframe(self, symbol: str) -> Timeframe:
        """Return the timeframe of the finest series of ``symbol``."""
        return self.series(symbol).timeframe

    def bars_per_year(self, symbol: str, timeframe: Timeframe | str) -> int:
        """Return the bars of a year by the calendar of ``symbol``."""
        return bars_per_year(self.series(symbol).calendar, timeframe)

    def volume_known(self, symbol: str) -> bool:
        """Return whether the source of the finest series supplies a volume."""
        return self.series(symbol).volume_kind != "unknown"

    def partition_hashes(self, symbol: str) -> set[str]:
        """Return the names of all partitions that hold bars of ``symbol``."""
        self.series(symbol)
        return {partition.name for one in self._series[symbol] for partition in one.partitions}

    def actions(self, symbol: str) -> list[Action]:
        """Return the splits and dividends of ``symbol`` up to the as-of, oldest first."""
        return [action for action in self._actions.get(symbol, []) if action.ex_date <= self.as_of]

    def upcoming_actions(self, symbol: str) -> list[Action]:
        """Return the splits and dividends of ``symbol`` known at the as-of whose ex day lies after it."""
        return [action for action in self._actions.get(symbol, []) if action.ex_date > self.as_of]

    def macro_names(self) -> list[str]:
        """Return the names of the macro series, in order."""
        return [one["name"] for one in self.manifest["macro"]]

    def macro(self, name: str) -> Macro:
        """Return period, value and moment of release of a macro series, each (n_values,).

        Raises:
            Refused: ``macro_unknown``, naming what the pack holds.
        """
        found = next((one for one in self.manifest["macro"] if one["name"] == name), None)
        if found is None:
            listed = ", ".join(self.macro_names())
            raise Refused(f"{self.id} holds no macro series {name}; it holds {listed}", code="macro_unknown")
        if name not in self._macro:
            self._macro[name] = as_macro(self._read(found["sha256"]))
        return self._macro[name]

    def documents(self, kind: str | None = None) -> list[Mapping[str, Any]]:
        """Return how the fundamentals and news are declared; with ``kind``, those of it."""
        kinds = DOCUMENT_KINDS if kind is None else (kind,)
        return [one for name in kinds for one in self.manifest.get(name, ())]

    def fundamentals(self, symbol: str) -> tuple[Fundamental, ...]:
        """Return the reported figures of ``symbol`` that were released by the as-of, oldest period first."""
        if symbol not in self._figures:
            held = [one for one in self.documents("fundamentals") if one["name"] == symbol]
            rows = [row for one in held for row in json.loads(self._read_document(one["sha256"]))]
            self._figures[symbol] = tuple(fundamental_from(row) for row in rows)
        return self._figures[symbol]

    @cached_property
    def news(self) -> tuple[tuple[str, NewsItem], ...]:
        """The headlines published by the as-of with the source of each, oldest first."""
        found = [
            (one["source"], news_from(row))
            for one in self.documents("news")
            for row in json.loads(self._read_document(one["sha256"]))
        ]
        return tuple(sorted(found, key=lambda one: (one[1].published, one[1].url)))

    def rates(self, currency: str, account_currency: str, moments: StampArray) -> NDArray[np.float64]:
        """Return what one unit of ``currency`` is worth at each of ``moments`` (ns); raises ``missing_rate``."""
        return self.rate_paths(currency, account_currency, moments).values

    def rate_paths(self, currency: str, account_currency: str, moments: StampArray) -> Rates:
        """Return the rates with the path and age of each; raises ``missing_rate``."""
        taken = self.currencies_taken_as
        source, target = taken.get(currency, currency), taken.get(account_currency, account_currency)
        return convert(self._quotes, source, target, moments)

    def facts(self, timeframe: Timeframe | str | None = None) -> PackFacts:
        """Return what the validator must know; with ``timeframe``, of the series its bars come from."""
        found = {}
        for symbol in self.symbols():
            fitting = [one for one in self._series[symbol] if timeframe is None or self._gives(one, timeframe)]
            base = self.series(symbol, timeframe) if fitting else self.series(symbol)
            found[symbol] = self._facts(base)
        return PackFacts(self.id, found)

    def _facts(self, base: Series) -> SymbolFacts:
        first, last = _ends(base)
        return SymbolFacts(
            base_timeframe=base.timeframe,
            bars=base.quality["rows"],
            first=first,
            last=last,
            completeness=base.quality["completeness"] or 0.0,
            volume_known=base.volume_kind != "unknown",
            shortable=base.instrument.shortable,
            tradable=base.instrument.trade_mode != "disabled",
            leverage=float(base.instrument.leverage),
            jump_unexplained=self._jumps(base),
            within=lambda frame, start, stop: self._within(base.symbol, frame, start, stop),
        )

    def _within(self, symbol: str, timeframe: Timeframe, start: int, stop: int) -> tuple[int, float]:
        base = self.series(symbol, timeframe)
        earliest, latest = _ends(base)
        if timeframe is base.timeframe and start <= earliest and latest < stop:
            # The whole series was counted when it was sealed; reading it to count again would only cost.
            return base.quality["rows"], base.quality["completeness"] or 0.0
        stamps = self.bars(symbol, timeframe).stamps
        inside = stamps[np.searchsorted(stamps, start) : np.searchsorted(stamps, stop)]
        if not len(inside):
            return 0, 0.0
        first, last = int(inside[0]), int(inside[-1])
        share = completeness(inside, expected(base.calendar, timeframe, first, last))["completeness"]
        return len(inside), share or 0.0

    def _jumps(self, base: Series) -> tuple[int, ...]:
        if all(warning["code"] != "jump_unexplained" for warning in base.quality["warnings"]):
            return ()
        bars = self._base(base)
        return unexplained_jumps(bars.stamps, bars.close, base.timeframe, [], base.calendar)

    @staticmethod
    def _gives(one: Series, timeframe: Timeframe | str) -> bool:
        wanted = known_timeframe(str(timeframe))
        return one.timeframe is wanted or wanted.is_multiple_of(one.timeframe)

    def _base(self, series: Series) -> Bars:
        return self.bars(series.symbol, series.timeframe)

    def valuation(self) -> Valuation:
        """Return what things are worth on the day of the pack; refuses ``not_a_valuation_policy``."""
        return self._valuation

    @cached_property
    def _valuation(self) -> Valuation:
        return Valuation(self)

    def frame(self, series: Series) -> pl.DataFrame:
        """Return the rows of ``series`` as they were sealed."""
        return joined([self._read(partition.name) for partition in series.partitions])

    def _opened(self, series: Series) -> Bars:
        frame = self.frame(series)
        columns = {name: frame[name].to_numpy() for name in frame.columns if name != "timestamp"}
        bars = Bars(series.symbol, series.timeframe, stamps_of(frame), **columns)
        if series.volume_kind == "unknown":
            bars = replace(bars, volume=None)
        if series.price_basis == "raw":
            return adjusted(bars, self.actions(series.symbol), series.calendar)
        return bars

    @cached_property
    def _series(self) -> dict[str, list[Series]]:
        found: dict[str, list[Series]] = {}
        for given in self.manifest["series"]:
            found.setdefault(given["symbol"], []).append(series_from(given))
        return {symbol: sorted(held, key=lambda one: one.timeframe.seconds) for symbol, held in found.items()}

    @cached_property
    def _actions(self) -> dict[str, list[Action]]:
        found: dict[str, list[Action]] = {}
        for given in self.manifest["actions"]:
            found.setdefault(given["symbol"], []).append(action_from(given))
        return found

    @cached_property
    def _quotes(self) -> list[Quotes]:
        found = []
        for pair in self.manifest["fx"]:
            bars = self.bars(pair["symbol"], pair["timeframe"])
            name = f"{pair['base']}{pair['quote']}"
            found.append(Quotes(name, pair["base"], pair["quote"], bars.closes_at, bars.close))
        return found

    def partitions(self) -> list[Partition]:
        """Return every partition of every series."""
        return [partition for held in self._series.values() for one in held for partition in one.partitions]


def _ends(base: Series) -> tuple[int, int]:
    """Return the stamps of the first and the last bar of a series."""
    return stamp_of(from_iso(base.quality["first"])), stamp_of(from_iso(base.quality["last"]))
