"""Bars and targets as a notebook has them, made what the engine takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.domain import Bars, Refused, Timeframe

FloatArray = NDArray[np.float64]
Decides = Callable[[pl.DataFrame], Any]

TIMES = ("timestamp", "time", "datetime", "date", "stamp")
_PRICES = ("open", "high", "low", "close")


def bars_of(frame: pl.DataFrame, symbol: str | None, timeframe: str | None) -> Bars:
    """Return the rows of ``frame`` as bars of ``symbol``.

    Its columns: a time of the open (one of ``TIMES``; without a zone it is UTC, whole numbers are ns), open, high,
    low, close, and if there are any volume and spread (in ticks). Without ``timeframe`` it is the smallest step.

    Raises:
        Refused: ``symbol_required``; ``unknown_name`` for a column that is not there; ``wrong_type`` where one holds
            no numbers or times; ``timeframe_unknown``.
    """
    if not symbol:
        raise Refused("name the symbol of these bars: tries are counted by it", code="symbol_required", field="symbol")
    time = next((name for name in TIMES if name in frame.columns), None)
    missing = [name for name in _PRICES if name not in frame.columns]
    if time is None or missing:
        wanted = missing if time is not None else [f"one of {', '.join(TIMES)}", *missing]
        message = f"expected the columns {', '.join(wanted)}, found {', '.join(frame.columns)}"
        raise Refused(message, code="unknown_name", missing=wanted, found=frame.columns)
    names = [*_PRICES, *(name for name in ("volume", "spread") if name in frame.columns)]
    columns = {name: _numbers(frame, name) for name in names}
    stamps = _stamps(frame[time])
    return Bars(symbol, _timeframe(stamps, timeframe), stamps, **columns)


def frame_of(bars: Bars) -> pl.DataFrame:
    """Return ``bars`` as a frame: time, open, high, low, close, and volume where it is known."""
    columns: dict[str, Any] = {"time": times(bars.stamps), **{name: getattr(bars, name) for name in _PRICES}}
    if bars.volume is not None:
        columns["volume"] = bars.volume
    return pl.DataFrame(columns)


def times(stamps: NDArray[np.int64]) -> pl.Series:
    """Return stamps (ns) as times, UTC."""
    return pl.Series(stamps, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))


def weights_of(targets: FloatArray | Sequence[float] | pl.Series | Decides, bars: Bars) -> FloatArray:
    """Return ``targets`` as numbers, a null as NaN; a function is called once with the frame of ``bars``.

    Raises:
        Refused: ``wrong_type`` where they are no numbers.
    """
    found = targets(frame_of(bars)) if callable(targets) else targets
    values = found if isinstance(found, np.ndarray | pl.Series) else list(found)
    series = pl.Series("targets", values, strict=False)
    return _numbers(pl.DataFrame({"targets": series}), "targets")


def _numbers(frame: pl.DataFrame, name: str) -> FloatArray:
    column = frame[name]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise Refused(f"expected numbers in {name}, found {column.dtype}", code="wrong_type", field=name)
    found: FloatArray = np.ascontiguousarray(column.cast(pl.Float64).fill_null(np.nan).to_numpy())
    return found


def _stamps(column: pl.Series) -> NDArray[np.int64]:
    if column.null_count():
        raise Refused(f"{column.name} is null in {column.null_count()} rows", code="wrong_type", field=column.name)
    if column.dtype.is_integer():
        return np.ascontiguousarray(column.cast(pl.Int64).to_numpy())
    if not column.dtype.is_temporal() or column.dtype in (pl.Time, pl.Duration):
        raise Refused(f"expected times in {column.name}, found {column.dtype}", code="wrong_type", field=column.name)
    return np.ascontiguousarray(column.cast(pl.Datetime("ns")).cast(pl.Int64).to_numpy())


def _timeframe(stamps: NDArray[np.int64], named: str | None) -> Timeframe:
    steps = np.diff(stamps)
    smallest = int(steps[steps > 0].min()) if (steps > 0).any() else 0
    fitting = [one for one in Timeframe if (one.value == named if named else one.nanoseconds == smallest)]
    if not fitting:
        found = named or f"a smallest step of {smallest / 1e9:g} s"
        message = f"expected a timeframe of {', '.join(Timeframe)}, found {found}"
        raise Refused(message, code="timeframe_unknown", found=found)
    return fitting[0]
