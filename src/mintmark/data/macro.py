"""Macro series: when each value was known, in which unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.data.clocks import UTC_STAMPS
from mintmark.domain import iso

Frequency = Literal["daily", "monthly", "quarterly"]


@dataclass(frozen=True)
class MacroDeclared:
    """What a macro series is.

    ``release_days`` lie between the end of a period and its release. ``scale``
    turns a number as printed into ``unit``: percent become fractions by 0.01. ``average`` says that a value is the
    mean over its period, no fixing; ``vintages`` that each value stands under the day it was released, revisions too.
    """

    name: str
    unit: str
    frequency: Frequency
    release_days: int
    source: str
    rights: str
    origin: str
    scale: Decimal = Decimal(1)
    average: bool = False
    vintages: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "frequency": self.frequency,
            "release_days": self.release_days,
            "source": self.source,
            "rights": self.rights,
            "origin": self.origin,
            "revised": not self.vintages,
            **({"average": True} if self.average else {}),
        }


class Macro(NamedTuple):
    """Values of a macro series: the period each is about, the value, and the moment it became known (ns)."""

    stamps: NDArray[np.int64]
    values: NDArray[np.float64]
    known_at: NDArray[np.int64]


def release_date(period: date, frequency: Frequency, days: int) -> date:
    """Return the day a value about the period that begins on ``period`` is released.

    >>> release_date(date(2018, 11, 1), "monthly", 15)
    datetime.date(2018, 12, 15)
    >>> release_date(date(2018, 12, 28), "daily", 1)
    datetime.date(2018, 12, 29)
    """
    if frequency == "daily":
        return period + timedelta(days=days)
    months = 1 if frequency == "monthly" else 3
    first_after = date(period.year + (period.month - 1 + months) // 12, (period.month - 1 + months) % 12 + 1, 1)
    return first_after - timedelta(days=1) + timedelta(days=days)


def macro_frame(
    declared: MacroDeclared, rows: Iterable[tuple[date, str]], released: Sequence[date] | None = None
) -> tuple[pl.DataFrame, int]:
    """Return the series as a frame (timestamp, known_at, value) and how many rows had no value.

    ``released`` are the days of release where the data gives them, one for each row; they win over the rule.
    """
    kept, empty = [], 0
    for place, (period, text) in enumerate(rows):
        if text in ("", "."):
            empty += 1
            continue
        rule = release_date(period, declared.frequency, declared.release_days)
        known = rule if released is None else released[place]
        kept.append((_start(period), _start(known), float(Decimal(text) * declared.scale)))
    schema = {"timestamp": UTC_STAMPS, "known_at": UTC_STAMPS, "value": pl.Float64()}
    return pl.DataFrame(kept, schema=schema, orient="row"), empty


def known_by(frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the values released on or before ``as_of``; of several about one period the last released."""
    known = frame.filter(pl.col("known_at") <= _start(as_of))
    if known["timestamp"].is_duplicated().any():
        return known.sort("timestamp", "known_at").unique("timestamp", keep="last", maintain_order=True)
    return known


def macro_span(frame: pl.DataFrame) -> dict[str, Any]:
    """Return rows, first and last period of ``frame``."""
    stamps: Sequence[datetime] = frame["timestamp"].to_list()
    return {
        "rows": len(stamps),
        "first": iso(stamps[0]) if stamps else None,
        "last": iso(stamps[-1]) if stamps else None,
    }


def as_macro(frame: pl.DataFrame) -> Macro:
    """Return the columns of ``frame`` as arrays."""
    periods, known = (frame[name].to_physical().to_numpy() * 1_000 for name in ("timestamp", "known_at"))
    return Macro(periods, frame["value"].to_numpy(), known)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
