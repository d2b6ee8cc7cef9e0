"""What the house knows of one series beside its bars."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mintmark.data.partitions import Partition, partition_from
from mintmark.domain import Instrument, Refused, Timeframe, instrument_from_json, instrument_json

PRICE_BASES = ("raw", "adjusted")
VOLUME_KINDS = ("shares", "base", "quote", "ticks", "unknown")
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:^=-]{0,31}")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WORDS = {
    "price_basis": ("mid", "bid", "last"),
    "trade_mode": ("full", "long_only", "short_only", "close_only", "disabled"),
}
_COST_WORDS = {
    "slippage": ("none", "fixed_bps", "random"),
    "financing": ("none", "points", "money", "percent", "interval", "funding"),
}
_VOLUME_OF = {"index": "shares", "equity": "shares", "etf": "shares", "crypto": "base", "fx": "ticks"}


@dataclass(frozen=True)
class Series:
    """One (symbol, timeframe): how it is declared, where its years lie, what it is worth.

    ``instrument_from`` says whether the instrument came from a file or from its asset class.
    """

    symbol: str
    timeframe: Timeframe
    asset_class: str
    calendar: str
    currency: str
    price_basis: str
    volume_kind: str
    source: str
    rights: str
    instrument: Instrument
    instrument_from: str
    partitions: tuple[Partition, ...]
    quality: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "symbol": self.symbol,
            "timeframe": self.timeframe.value,
            "asset_class": self.asset_class,
            "calendar": self.calendar,
            "currency": self.currency,
            "price_basis": self.price_basis,
            "volume_kind": self.volume_kind,
            "source": self.source,
            "rights": self.rights,
            "instrument": instrument_json(self.instrument),
            "instrument_from": self.instrument_from,
            "cost_profile": self.cost_profile,
            "partitions": [partition.as_json() for partition in self.partitions],
            "quality": dict(self.quality),
        }

    @property
    def cost_profile(self) -> str:
        """The name of what trading it costs: that of its instrument file, or of its asset class."""
        return self.instrument_from


def series_from(given: Mapping[str, Any]) -> Series:
    """Return the series ``as_json`` wrote."""
    same = ("symbol", "asset_class", "calendar", "currency", "price_basis", "volume_kind", "source", "rights")
    return Series(
        timeframe=Timeframe(given["timeframe"]),
        instrument=instrument_from_json(given["instrument"]),
        instrument_from=given["instrument_from"],
        partitions=tuple(partition_from(part) for part in given["partitions"]),
        quality=given["quality"],
        **{name: given[name] for name in same},
    )


def known_timeframe(text: str) -> Timeframe:
    """Return the timeframe written in ``text``; raises ``invalid_request``."""
    try:
        return Timeframe(text)
    except ValueError as error:
        allowed = ", ".join(frame.value for frame in Timeframe)
        raise Refused(f"expected a timeframe of {allowed}, found {text!r}", path="timeframe") from error


def known_symbol(text: str) -> str:
    """Return ``text`` when it can name a series; raises ``invalid_request``."""
    if not _SYMBOL.fullmatch(text):
        raise Refused(f"expected a symbol such as EURUSD or BTC/USD, found {text!r}", path="symbol")
    return text


def known_source(text: str) -> str:
    """Return ``text`` when it can name a source; raises ``invalid_request``."""
    if not _SOURCE.fullmatch(text):
        raise Refused(f"expected a source such as kraken or file:broker, found {text!r}", path="source")
    return text


def one_of(text: str, allowed: Sequence[str], path: str) -> str:
    """Return ``text`` when it is allowed; raises ``invalid_request`` naming ``path``."""
    if text not in allowed:
        raise Refused(f"expected {path} of {', '.join(allowed)}, found {text!r}", path=path)
    return text


def checked_instrument(instrument: Instrument) -> Instrument:
    """Return ``instrument`` when an order could be priced by it; raises ``invalid_request`` naming the field."""
    for name, allowed in _WORDS.items():
        one_of(str(getattr(instrument, name)), allowed, name)
    for name, allowed in _COST_WORDS.items():
        one_of(str(getattr(instrument.costs, name)), allowed, f"costs.{name}")
    for name in ("contract_size", "size_min", "size_step", "size_max", "leverage"):
        _number(getattr(instrument, name), name, positive=True)
    for name in ("tick", "spread_ticks"):
        _number(getattr(instrument, name), name)
    for name in ("fee_bps", "per_lot", "per_deal", "per_unit", "minimum", "slippage_size", "borrow_bps_per_year"):
        _number(getattr(instrument.costs, name), f"costs.{name}")
    if instrument.size_max < instrument.size_min:
        raise Refused(f"size_max {instrument.size_max} is below size_min {instrument.size_min}", path="size_max")
    for name in ("stops_level", "freeze_level"):
        if not isinstance(getattr(instrument, name), int) or getattr(instrument, name) < 0:
            raise Refused(f"expected whole ticks at {name}, found {getattr(instrument, name)!r}", path=name)
    if not isinstance(instrument.shortable, bool):
        raise Refused(f"expected true or false at shortable, found {instrument.shortable!r}", path="shortable")
    _rollover(instrument)
    return instrument


def _number(value: Any, path: str, *, positive: bool = False) -> None:
    if not isinstance(value, Decimal) or not value.is_finite() or value < 0 or (positive and value == 0):
        least = "above" if positive else "of at least"
        raise Refused(f"expected a number {least} zero at {path}, found {value}", path=path)


def _rollover(instrument: Instrument) -> None:
    if not isinstance(instrument.rollover_time, str) or not _TIME.fullmatch(instrument.rollover_time):
        raise Refused(f'expected "HH:MM" at rollover_time, found {instrument.rollover_time!r}', path="rollover_time")
    try:
        ZoneInfo(str(instrument.rollover_zone))
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise Refused(f"expected an IANA zone, found {instrument.rollover_zone!r}", path="rollover_zone") from error


def volume_kind_of(asset_class: str, said: str | None, *, counted: bool) -> str:
    """Return what a volume counts: what the layout says, else what the class implies; nothing when none was counted."""
    if not counted:
        return "unknown"
    return said or _VOLUME_OF.get(asset_class, "ticks")
