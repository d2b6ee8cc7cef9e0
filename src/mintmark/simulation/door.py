"""What may enter a simulation: inputs checked, aligned on the union of stamps, as the kernel's arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Bars, Instrument, Refused, iso, moment_of
from mintmark.measures import compiled
from mintmark.simulation.records import ABSENT, CLOSED, TRADING, FloatArray, IntArray

_PRICES = ("open", "high", "low", "close")


def union_stamps(bars: Sequence[Bars]) -> IntArray:
    """Return every stamp any of ``bars`` has, once, in order."""
    if len(bars) == 1:
        return bars[0].stamps
    return np.unique(np.concatenate([one.stamps for one in bars]))


def check_bars(bars: Bars) -> None:
    """Raise where ``bars`` are not what bars must be.

    Raises:
        Refused: ``not_enough_bars``, ``wrong_type``, ``duplicate_bar``, ``not_monotonic``, ``price_not_positive``,
            ``bad_value`` (no finite number) or ``ohlc_inconsistent``, with row, stamp and values.
    """
    if len(bars) < 2:
        raise Refused(
            f"{bars.symbol}: expected at least 2 bars, found {len(bars)}", code="not_enough_bars", needed=2,
            found=len(bars),
        )  # fmt: skip
    columns = [np.asarray(getattr(bars, name)) for name in _PRICES]
    if bars.stamps.dtype != np.int64 or any(column.dtype != np.float64 for column in columns):
        raise Refused(f"{bars.symbol}: expected int64 stamps and float64 prices", code="wrong_type")
    if any(len(column) != len(bars) for column in columns):
        raise Refused(f"{bars.symbol}: columns of different length", code="wrong_type")
    if all(column.flags.carray for column in (bars.stamps, *columns)) and are_sound(bars.stamps, *columns):
        return
    steps = np.diff(bars.stamps)
    _complain(bars, np.flatnonzero(steps == 0) + 1, "duplicate_bar")
    _complain(bars, np.flatnonzero(steps < 0) + 1, "not_monotonic")
    opened, high, low, close = columns
    for column in columns:
        _complain(bars, np.flatnonzero(~np.isfinite(column)), "bad_value")
    _complain(bars, np.flatnonzero(low <= 0.0), "price_not_positive")
    wrong = (low > opened) | (low > close) | (high < opened) | (high < close)
    _complain(bars, np.flatnonzero(wrong), "ohlc_inconsistent")


@compiled
def are_sound(stamps: IntArray, opened: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray) -> bool:
    """Return whether stamps rise, prices are finite and above 0, and no bar's open or close lies outside of it."""
    wrong = 0
    # No question waits for the answer to another: many bars are asked at once.
    for t in range(len(stamps)):
        inside = (low[t] <= opened[t]) & (low[t] <= close[t]) & (opened[t] <= high[t]) & (close[t] <= high[t])
        wrong += 1 - int(inside & (low[t] > 0.0) & (high[t] < math.inf))
    for t in range(1, len(stamps)):
        wrong += stamps[t] <= stamps[t - 1]
    return wrong == 0


def _complain(bars: Bars, rows: NDArray[np.intp], code: str) -> None:
    if len(rows) == 0:
        return
    row = int(rows[0])
    stamp = iso(moment_of(int(bars.stamps[row])))
    values = {name: float(getattr(bars, name)[row]) for name in _PRICES}
    shown = {name: value if np.isfinite(value) else None for name, value in values.items()}
    raise Refused(f"{bars.symbol}: {code} at row {row}, {stamp}", code=code, row=row, stamp=stamp, **shown)


@dataclass(frozen=True)
class Columns:
    """The bars of every instrument on the union of stamps, (n_columns, n_bars); a missing bar is NaN."""

    stamps: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    half_spread: FloatArray
    status: NDArray[np.uint8]


def align(bars: Sequence[Bars], instruments: Sequence[Instrument], closed: NDArray[np.bool_] | None) -> Columns:
    """Return ``bars`` as rows of tables over the union of their stamps; one instrument is not copied."""
    stamps = union_stamps(bars)
    places = [np.searchsorted(stamps, one.stamps) for one in bars] if len(bars) > 1 else []
    prices = [_table(bars, places, [getattr(one, name) for one in bars], len(stamps)) for name in _PRICES]
    halves = [half_spreads(one, instrument) for one, instrument in zip(bars, instruments, strict=True)]
    if all(len(half) == 1 for half in halves):
        half_spread = np.concatenate(halves).reshape(-1, 1)
    else:
        full = [np.broadcast_to(half, len(one)) for half, one in zip(halves, bars, strict=True)]
        half_spread = _table(bars, places, full, len(stamps))
    opened, high, low, close = prices
    return Columns(plain(stamps), opened, high, low, close, plain(half_spread), _status(opened, closed))


def plain(array: NDArray[Any]) -> NDArray[Any]:
    """Return ``array`` as the kernel was compiled for: in one piece and writeable; copied only where it is not."""
    return array if array.flags.carray else np.require(array, requirements=["C", "W"])


def _table(bars: Sequence[Bars], places: list[Any], columns: list[FloatArray], length: int) -> FloatArray:
    if len(bars) == 1:
        return plain(columns[0]).reshape(1, -1)
    table = np.full((len(bars), length), np.nan)
    for row, place, column in zip(table, places, columns, strict=True):
        row[place] = column
    return table


def half_spreads(bars: Bars, instrument: Instrument) -> FloatArray:
    """Return half the spread in price, a value a bar or one for all: the bars' own goes before the instrument's.

    Raises:
        Refused: ``bad_value`` for a spread that is negative, no number, or leaves no bid a tick above 0.
    """
    tick = float(instrument.tick)
    if bars.spread is None:
        half = float(instrument.spread_ticks) * (tick / 2.0)
        halves, fits = np.array([half]), bool(half >= 0.0 and half + tick < bars.low.min())
    else:
        halves = bars.spread * (tick / 2.0)
        fits = bool(np.all(halves >= 0.0) and np.all(halves + tick < bars.low))
    if not fits:
        raise Refused(
            f"{bars.symbol}: a spread is negative, missing, or leaves no price a tick above 0", code="bad_value",
            field="spread",
        )  # fmt: skip
    return halves


def _status(opens: FloatArray, closed: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
    if closed is None and len(opens) == 1:
        return np.full((1, 1), TRADING, np.uint8)
    status = np.where(np.isnan(opens), ABSENT, TRADING).astype(np.uint8)
    if closed is not None:
        shut = np.ascontiguousarray(np.asarray(closed).reshape(opens.shape[1], -1).T)
        status[(status == TRADING) & shut] = CLOSED
    return status


def check_targets(targets: FloatArray, bars: int, columns: int, by_weight: bool) -> tuple[FloatArray, int]:
    """Return ``targets`` as (n_columns, n_bars), and how often one differs from the one before it of its instrument.

    That is the most orders there can be.

    Raises:
        Refused: ``bad_value`` for another shape, an infinite number, or a weight outside [-1, 1].
    """
    table = np.asarray(targets, dtype=np.float64)
    table = table.reshape(-1, 1) if table.ndim == 1 else table
    if table.shape != (bars, columns):
        raise Refused(
            f"expected targets of {bars} bars x {columns} instruments, found {table.shape}", code="bad_value",
            field="targets",
        )  # fmt: skip
    limit = 1.0 if by_weight else np.finfo(np.float64).max
    rows = plain(table.reshape(1, -1) if columns == 1 else table.T)
    widest, changes = scan_targets(rows)
    if widest > limit:
        row, column = (int(place[0]) for place in np.nonzero(np.abs(table) > limit))
        raise Refused(
            f"expected a target within {limit:g}, found {table[row, column]} at bar {row}", code="bad_value",
            field="targets", value=str(table[row, column]),
        )  # fmt: skip
    return rows, changes


@compiled
def scan_targets(targets: FloatArray) -> tuple[float, int]:
    """Return the largest size of a target, and how often one differs from the one before it in its row."""
    widest, changes = 0.0, 0
    for m in range(len(targets)):
        last = 0.0
        for t in range(targets.shape[1]):
            now = targets[m, t] if targets[m, t] == targets[m, t] else last
            changes += now != last
            widest = max(widest, abs(now))
            last = now
    return widest, changes


def check_gross(targets: FloatArray, inverse_leverage: FloatArray) -> None:
    """Raise where the weights in force together need more than the account's leverage.

    Raises:
        Refused: ``gross_over_leverage`` with the bar.
    """
    if len(targets) == 1 and inverse_leverage[0] <= 1.0:
        return
    rows = np.arange(targets.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(targets), -1, rows), axis=1)
    held = np.where(last >= 0, np.take_along_axis(targets, np.maximum(last, 0), axis=1), 0.0)
    used = np.abs(held).T @ inverse_leverage
    worst = int(used.argmax())
    if used[worst] > 1.0 + 1e-9:
        raise Refused(
            f"the weights at bar {worst} use {used[worst]:.6g} of the margin there is", code="gross_over_leverage",
            bar=worst, observed=float(used[worst]), limit=1.0,
        )  # fmt: skip


def conversion(
    rates: FloatArray | None, columns: Columns, instruments: Sequence[Instrument], currency: str
) -> FloatArray:
    """Return the account's currency for one of the quote, (n_columns, n_bars), or (n_columns, 1) where all are 1.

    Raises:
        Refused: ``missing_rate`` with pair and time, wherever an instrument has bars and no rate.
    """
    foreign = [instrument for instrument in instruments if instrument.currency != currency]
    if rates is None:
        if foreign:
            pair = f"{foreign[0].currency}{currency}"
            raise Refused(f"no rate for {pair}", code="missing_rate", pair=pair)
        return np.ones((len(instruments), 1))
    table = np.asarray(rates, dtype=np.float64).reshape(len(columns.stamps), -1).T
    begun = np.maximum.accumulate(columns.status != ABSENT, axis=1)
    wrong = begun & ~((table > 0.0) & np.isfinite(table))
    if wrong.any():
        column, row = (int(place[0]) for place in np.nonzero(wrong))
        pair, time = f"{instruments[column].currency}{currency}", iso(moment_of(int(columns.stamps[row])))
        raise Refused(f"no rate for {pair} at {time}", code="missing_rate", pair=pair, time=time)
    return plain(np.where(begun, table, 1.0))
