"""Series come in: from a file, from a bundled sample, from an exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from mintmark.data.actions import Action, read_actions
from mintmark.data.calendars import known_calendar
from mintmark.data.clocks import read_stamps, to_utc
from mintmark.data.currencies import quote_currency
from mintmark.data.layouts import Columns, read_columns
from mintmark.data.operations.shelf import Shelf
from mintmark.data.partitions import bar_frame, cut
from mintmark.data.rules import DROPPABLE, Problem, dropped, judge, refused, typed
from mintmark.data.sealing import measured
from mintmark.data.series import (
    PRICE_BASES,
    Series,
    checked_instrument,
    known_source,
    known_symbol,
    known_timeframe,
    one_of,
    volume_kind_of,
)
from mintmark.data.tables import replace_actions, replace_series, stored_actions, stored_series
from mintmark.domain import (
    Clock,
    Instrument,
    Refused,
    Timeframe,
    day_start,
    default_instrument,
    with_changes,
)
from mintmark.store import Database


@dataclass(frozen=True)
class Declared:
    """What the one who brings a series in says about it."""

    symbol: str
    timeframe: Timeframe
    asset_class: str
    source: str
    instrument: Instrument
    instrument_from: str
    currency: str
    calendar: str
    rights: str = "research_only"
    price_basis: str = "raw"


def declare(
    symbol: str,
    timeframe: Timeframe | str,
    asset_class: str,
    source: str,
    *,
    currency: str | None = None,
    calendar: str | None = None,
    rights: str = "research_only",
    price_basis: str = "raw",
    instrument_file: Path | None = None,
) -> Declared:
    """Return the declaration of a series, defaults filled in; raises ``invalid_request`` naming the field."""
    quote = (currency or quote_currency(known_symbol(symbol), asset_class)).upper()
    if not quote.isalnum() or len(quote) > 10:
        raise Refused(f"expected a currency such as USD, found {currency!r}", path="currency")
    base = default_instrument(symbol, asset_class, quote, None if calendar is None else known_calendar(calendar))
    instrument, named = base, f"class:{asset_class}"
    if instrument_file is not None:
        given = _instrument_changes(instrument_file, base)
        instrument, named = checked_instrument(with_changes(base, given)), f"file:{instrument_file.name}"
        known_calendar(instrument.calendar)
    return Declared(
        symbol=symbol,
        timeframe=known_timeframe(str(timeframe)),
        asset_class=asset_class,
        source=known_source(source),
        instrument=instrument,
        instrument_from=named,
        currency=instrument.currency,
        calendar=instrument.calendar,
        rights=known_source(rights),
        price_basis=one_of(price_basis, PRICE_BASES, "price_basis"),
    )


def _instrument_changes(path: Path, base: Instrument) -> Mapping[str, Any]:
    import yaml

    try:
        given = yaml.safe_load(file_bytes(path))
    except yaml.YAMLError as error:
        raise Refused(f"{path} is no YAML: {str(error).splitlines()[0]}", path="instrument") from error
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        raise Refused(f"expected {path} to hold the fields of an instrument", path="instrument")
    for name in ("symbol", "asset_class"):
        if given.pop(name, getattr(base, name)) != getattr(base, name):
            raise Refused(f"{path} is the instrument of another {name}", path=name)
    return given


def file_bytes(path: Path) -> bytes:
    """Return what is in the file at ``path``; raises ``not_found`` naming it."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Refused(f"there is no file {path}", code="not_found", path=str(path)) from error
    except PermissionError as error:
        raise Refused(f"the file {path} may not be read", code="file_unreadable", path=str(path)) from error


class Intake:
    """Judges bars and stores what passes; a refusal leaves nothing behind."""

    def __init__(self, database: Database, shelf: Shelf, clock: Clock) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = clock

    def take_file(
        self,
        content: bytes,
        declared: Declared,
        *,
        layout: str = "auto",
        timezone: str | None = None,
        start: date | None = None,
        drop: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Judge the bars of a file and store them; return the quality report."""
        for code in drop:
            one_of(code, DROPPABLE, "drop")
        columns = read_columns(content, layout)
        if columns.layout == "mt5" and timezone is None:
            message = "an mt5 file follows its broker's clock: say which with --timezone (such as NY+7)"
            raise Refused(message, code="timezone_required")
        frame = _timed(columns, timezone, declared.timeframe)
        if start is not None:
            frame = frame.filter(pl.col("timestamp").is_null() | (pl.col("timestamp") >= day_start(start)))
        return self.take_frame(frame, declared, volume_kind=columns.volume_kind, drop=drop)

    def take_frame(
        self, frame: pl.DataFrame, declared: Declared, *, volume_kind: str | None = None, drop: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Judge the bars in ``frame`` (line, stamp, timestamp, prices, volume?, spread?) and store them."""
        frame, gone = dropped(typed(frame), drop)
        if frame.is_empty():
            raise Refused(f"{declared.symbol} {declared.timeframe.value} has no bars", code="no_bars")
        problems = judge(frame, declared.timeframe, self._clock.now())
        if problems:
            raise refused(problems, declared.symbol, declared.timeframe)
        return self._store(bar_frame(frame), declared, volume_kind, gone)

    def _store(
        self, bars: pl.DataFrame, declared: Declared, volume_kind: str | None, gone: Sequence[Problem]
    ) -> dict[str, Any]:
        counted = "volume" in bars.columns and bool((bars["volume"] > 0).any())
        pieces = list(cut(bars))
        series = Series(
            symbol=declared.symbol,
            timeframe=declared.timeframe,
            asset_class=declared.asset_class,
            calendar=declared.calendar,
            currency=declared.currency,
            price_basis=declared.price_basis,
            volume_kind=volume_kind_of(declared.asset_class, volume_kind, counted=counted),
            source=declared.source,
            rights=declared.rights,
            instrument=declared.instrument,
            instrument_from=declared.instrument_from,
            partitions=tuple(partition for partition, _ in pieces),
            quality={},
        )
        with self._database.read() as connection:
            actions = stored_actions(connection)
        series = replace(series, quality=measured(series, bars, actions, gone))
        self._shelf.keep({partition.name: rows for partition, rows in pieces})
        return {**series.quality, "stored": self._record(series)}

    def _record(self, series: Series) -> str:
        with self._database.write() as connection:
            before = stored_series(connection, series.symbol, series.timeframe.value)
            if before and before[0] == series:
                return "unchanged"
            replace_series(connection, series, self._clock.now())
        return "replaced" if before else "new"

    def take_actions(self, content: bytes, source: str, lead_days: int | None = None) -> dict[str, Any]:
        """Store splits and dividends in the place of all that was held for their symbols.

        Without an announced day an action counts as known on its ex day, or ``lead_days`` before it.
        """
        if lead_days is not None and not 0 <= lead_days <= 365:
            raise Refused(f"expected 0 to 365 days, found {lead_days}", path="announce_lead_days")
        return self.keep_actions(read_actions(content, known_source(source), lead_days))

    def keep_actions(self, actions: Sequence[Action]) -> dict[str, Any]:
        """Store actions in the place of all that was held for their symbols; refuses ``no_actions``."""
        if not actions:
            raise Refused("there are no actions", code="no_actions")
        with self._database.write() as connection:
            replace_actions(connection, actions, self._clock.now())
        return {
            "actions": len(actions),
            "splits": sum(action.kind == "split" for action in actions),
            "dividends": sum(action.kind == "dividend" for action in actions),
            "symbols": sorted({action.symbol for action in actions}),
            "first": min(action.ex_date for action in actions).isoformat(),
            "last": max(action.ex_date for action in actions).isoformat(),
        }


def _timed(columns: Columns, timezone: str | None, timeframe: Timeframe) -> pl.DataFrame:
    stamps = read_stamps(columns.frame["stamp"])
    if stamps.values.null_count():
        unread = columns.frame.filter(stamps.values.is_null())
        line, value = int(unread["line"][0]), str(unread["stamp"][0])
        message = f"expected a time, found {value!r} in line {line}"
        raise Refused(message, code="wrong_type", column="stamp", line=line, value=value[:100])
    moments = to_utc(stamps, timezone, daily=timeframe.seconds >= Timeframe.D1.seconds)
    return columns.frame.with_columns(moments.alias("timestamp"))
