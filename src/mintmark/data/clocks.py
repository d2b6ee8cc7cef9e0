"""Stamps as files write them, to UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from mintmark.domain import Refused

UTC_STAMPS = pl.Datetime("us", "UTC")

_DATE = re.compile(r"\d{4}([-./])\d{2}\1\d{2}")
_TIME = re.compile(r"\d{4}([-./])\d{2}\1\d{2}([T ])\d{2}:\d{2}(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
_EPOCH = re.compile(r"\d{9,19}")
_NEW_YORK_CLOCK = re.compile(r"NY([+-]\d{1,2})")

# The year 5138 in seconds is the year 1973 in milliseconds, and so on: magnitudes do not overlap.
_EPOCH_UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))


@dataclass(frozen=True, eq=False)
class Stamps:
    """What a time column says, row by row; null where the text is no time.

    ``basis`` is ``utc`` where an offset or an epoch fixes the moment, ``local``
    where only a clock was written, ``date`` where only a day was.
    """

    values: pl.Series
    basis: Literal["utc", "local", "date"]


def read_stamps(column: pl.Series) -> Stamps:
    """Return the stamps of ``column``: text, numbers since 1970, dates or times."""
    if isinstance(column.dtype, pl.Datetime):
        zoned = column.dtype.time_zone is not None
        return Stamps(column.cast(UTC_STAMPS if zoned else pl.Datetime("us")), "utc" if zoned else "local")
    if column.dtype == pl.Date:
        return Stamps(column.cast(pl.Datetime("us")), "date")
    if column.dtype.is_numeric():
        return _from_epoch(column)
    return _from_text(column.cast(pl.String).str.strip_chars())


def to_utc(stamps: Stamps, zone: str | None, *, daily: bool) -> pl.Series:
    """Return the moments in UTC; null where a change of the clock makes a stamp ambiguous or impossible.

    ``zone`` is an IANA name or New York's clock moved by hours (``NY+7``). A day without a
    clock, and midnight of a bar of a day or longer, stay the calendar date at 00:00.

    Raises:
        Refused: ``timezone_required`` for a clock without offset and no zone; ``invalid_request`` for an unknown one.
    """
    if stamps.basis == "utc":
        return stamps.values
    as_utc = stamps.values.dt.replace_time_zone("UTC")
    if stamps.basis == "date":
        return as_utc
    if zone is None:
        raise Refused(
            "the stamps have no offset: say which clock they follow with --timezone (such as Europe/Berlin or NY+7)",
            code="timezone_required",
        )
    moved = _moved(stamps.values, zone)
    return as_utc if daily and _all_midnight(stamps.values) else moved


def _all_midnight(values: pl.Series) -> bool:
    return bool((values.dt.truncate("1d") == values).all())


def _moved(values: pl.Series, zone: str) -> pl.Series:
    shifted = _NEW_YORK_CLOCK.fullmatch(zone)
    if shifted:
        values, zone = values.dt.offset_by(f"{-int(shifted.group(1))}h"), "America/New_York"
    try:
        local = values.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    except pl.exceptions.ComputeError as error:
        raise Refused(f"expected an IANA time zone or NY+7, found {zone!r}", path="timezone") from error
    return local.dt.convert_time_zone("UTC")


def _from_epoch(column: pl.Series) -> Stamps:
    whole = column.cast(pl.Int64, strict=False)
    largest = int(whole.abs().max() or 0)  # type: ignore[arg-type]
    multiply = next((factor for bound, factor in _EPOCH_UNITS if largest < bound), None)
    micros = whole // 1_000 if multiply is None else whole * multiply
    return Stamps(micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), "utc")


def _from_text(column: pl.Series) -> Stamps:
    first = next((text for text in column.head(1_000) if text), "")
    if _EPOCH.fullmatch(first):
        return _from_epoch(column.cast(pl.Int64, strict=False))
    if found := _DATE.fullmatch(first):
        mark = found.group(1)
        return Stamps(column.str.to_datetime(f"%Y{mark}%m{mark}%d", strict=False, time_unit="us"), "date")
    if found := _TIME.fullmatch(first):
        mark, between, seconds, offset = found.groups()
        layout = f"%Y{mark}%m{mark}%d{between}%H:%M{'' if seconds is None else ':%S%.f'}"
        if offset is None:
            return Stamps(column.str.to_datetime(layout, strict=False, time_unit="us"), "local")
        return Stamps(column.str.to_datetime(layout + "%#z", strict=False, time_unit="us").cast(UTC_STAMPS), "utc")
    return Stamps(pl.Series(column.name, [None] * len(column), dtype=UTC_STAMPS), "utc")
