"""What of a series was known at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from mintmark.data.actions import Action, unexplained_jumps
from mintmark.data.partitions import Partition, describe, joined, series_hash
from mintmark.data.quality import Measured, quality_report, stamps_of
from mintmark.data.rules import Problem
from mintmark.data.series import Series
from mintmark.domain import from_iso

Read = Callable[[str], pl.DataFrame]


def known_part(
    series: Series, cutoff: datetime, actions: Sequence[Action], read: Read
) -> tuple[Series | None, pl.DataFrame | None]:
    """Return ``series`` with the bars that had closed by ``cutoff``, and the rows of a year that had to be cut.

    None for a series without such a bar. A bar is known at its stamp plus its timeframe.
    """
    length = timedelta(seconds=series.timeframe.seconds)
    whole = [part for part in series.partitions if from_iso(part.last) + length <= cutoff]
    crossing = [part for part in series.partitions[len(whole) :] if from_iso(part.first) + length <= cutoff]
    parts, rows = list(whole), None
    if crossing:
        rows = read(crossing[0].name).filter(pl.col("timestamp") <= cutoff - length)
        parts.append(describe(rows))
    if not parts:
        return None, None
    if len(parts) == len(series.partitions) and rows is None:
        return _with_actions(series, actions, read), None
    frames = [read(part.name) for part in whole] + ([] if rows is None else [rows])
    kept = replace(series, partitions=tuple(parts))
    return replace(kept, quality=measured(kept, joined(frames), actions)), rows


def measured(
    series: Series, frame: pl.DataFrame, actions: Sequence[Action], dropped: Sequence[Problem] | None = None
) -> dict[str, object]:
    """Return the quality report of ``series`` with the bars in ``frame``, its jumps explained by ``actions``."""
    jumps = ()
    if series.price_basis == "raw":
        own = [action for action in actions if action.symbol == series.symbol]
        jumps = unexplained_jumps(stamps_of(frame), frame["close"].to_numpy(), series.timeframe, own, series.calendar)  # type: ignore[assignment]
    report = quality_report(
        frame,
        Measured(
            symbol=series.symbol,
            timeframe=series.timeframe,
            calendar=series.calendar,
            volume_kind=series.volume_kind,
            sha256=series_hash(series.partitions),
            dropped=dropped or (),
            jumps=jumps,
        ),
    )
    return report if dropped is not None else {**report, "dropped": series.quality["dropped"]}


def _with_actions(series: Series, actions: Sequence[Action], read: Read) -> Series:
    """Return ``series`` with jumps judged by the actions of the pack, not by those known when it was imported."""
    said = any(warning["code"] == "jump_unexplained" for warning in series.quality["warnings"])
    largest = series.quality["max_abs_log_return"] or 0.0
    if series.price_basis != "raw" or (largest <= 0.5 and not said and not _own(series, actions)):
        return series
    frame = joined([read(part.name) for part in series.partitions])
    return replace(series, quality=measured(series, frame, actions))


def _own(series: Series, actions: Iterable[Action]) -> bool:
    return any(action.symbol == series.symbol for action in actions)


def taken_as(series: Sequence[Series], mapping: Mapping[str, str]) -> tuple[list[Series], dict[str, str]]:
    """Return ``series`` with their quote currencies read as ``mapping`` says, and which of it was used."""
    used = {one.currency: mapping[one.currency] for one in series if one.currency in mapping}
    read = []
    for one in series:
        if one.currency in used:
            currency = used[one.currency]
            one = replace(one, currency=currency, instrument=replace(one.instrument, currency=currency))
        read.append(one)
    return read, dict(sorted(used.items()))


def names_of(partitions: Iterable[Partition]) -> list[str]:
    """Return the names of ``partitions``, each once, in order."""
    return list(dict.fromkeys(partition.name for partition in partitions))
