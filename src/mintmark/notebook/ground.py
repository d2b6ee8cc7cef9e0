"""What a notebook tries things on: bars, what they are of, and where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mintmark.domain import (
    ASSET_CLASSES,
    Bars,
    CostProfile,
    Instrument,
    Refused,
    day_end,
    day_start,
    default_instrument,
    stamp_of,
    with_changes,
)
from mintmark.notebook.frames import FloatArray, bars_of
from mintmark.research import Tries

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.simulation import Account

_SLIPPAGE_STREAM = 2


@dataclass(frozen=True)
class TriedOn:
    """What a try runs on: bars, what they are of, and the pack they come from, None for bars handed in."""

    bars: Bars
    instrument: Instrument
    pack: Pack | None

    @property
    def digest(self) -> str:
        """The hash of the bars."""
        one = self.bars
        return hashed(one.symbol, str(one.timeframe), one.stamps, one.open, one.high, one.low, one.close)

    def rates(self, currency: str) -> FloatArray | None:
        """Return ``currency`` for one of the instrument's at each bar, None where it is the same or unknown."""
        if self.pack is None or self.instrument.currency == currency:
            return None
        return self.pack.rates(self.instrument.currency, currency, self.bars.stamps)


def tried_on(
    tries: Tries, bars: Any, symbol: str | None, timeframe: str | None, pack_id: str | None,
    instrument: Instrument | str | None,
) -> TriedOn:  # fmt: skip
    if isinstance(bars, str):
        pack = tries.pack(pack_id, [bars], timeframe)
        return TriedOn(pack.bars(bars, timeframe), _declared(bars, instrument or pack.instrument(bars)), pack)
    if not isinstance(bars, Bars | pl.DataFrame):
        raise Refused("expected bars, a polars frame, or the symbol of a pack", code="wrong_type", field="bars")
    found = bars if isinstance(bars, Bars) else bars_of(bars, symbol, timeframe)
    declared = _declared(found.symbol, instrument)
    tries.require_no_split(found, declared.calendar)
    return TriedOn(found, declared, None)


def _declared(symbol: str, instrument: Instrument | str | None) -> Instrument:
    if isinstance(instrument, Instrument):
        return replace(instrument, symbol=symbol)
    if instrument is None:
        message = f"say what {symbol} is: an Instrument, or one of {', '.join(ASSET_CLASSES)}"
        raise Refused(message, code="instrument_incomplete", field="instrument")
    currency = symbol[3:6] if instrument == "fx" and len(symbol) == 6 else "USD"
    return default_instrument(symbol, instrument, currency)


def costing(instrument: Instrument, costs: CostProfile | Mapping[str, Any] | None) -> Instrument:
    if isinstance(costs, CostProfile):
        return replace(instrument, costs=costs)
    return instrument if costs is None else with_changes(instrument, {"costs": costs})


def days_of(bars: Bars, start: str | None, end: str | None) -> Bars:
    first = 0 if start is None else np.searchsorted(bars.stamps, stamp_of(day_start(date.fromisoformat(start))))
    last = len(bars) if end is None else np.searchsorted(bars.stamps, stamp_of(day_end(date.fromisoformat(end))))
    return bars.part(int(first), int(last))


def symbol_named(bars: Any, symbol: str | None) -> str | None:
    if bars is not None and not isinstance(bars, str):
        raise Refused("a strategy runs on the bars of a pack: name a symbol, or None", code="wrong_type", field="bars")
    return bars or symbol


def account_asked(account: Account | None) -> dict[str, str]:
    """Return what a strategy or the rule is asked of ``account``."""
    if account is None:
        return {}
    share = account.max_bar_participation
    return {"initial_capital": str(account.capital)} | ({} if share is None else {"max_bar_participation": str(share)})


def draws(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_SLIPPAGE_STREAM, number)))


def hashed(*parts: str | np.ndarray[Any, Any]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
        made.update(b"\0")
    return made.hexdigest()


def refuse_own(**given: Any) -> None:
    fields = [name for name, value in given.items() if value is not None]
    if fields:
        message = f"a strategy has its own {', '.join(fields)}; hand in its targets to change them"
        raise Refused(message, code="conflicting_fields", fields=["targets", *fields])


def values_text(values: str | Mapping[str, int | float | bool] | None) -> str | None:
    """Return values by name as the text of ``--set``."""
    if values is None or isinstance(values, str):
        return values
    return ",".join(f"{name}={value}" for name, value in values.items())


def refuse_values(values: object) -> None:
    """Refuse values for what has no name to set them of."""
    if values is not None:
        message = "values are set of a strategy or the rule by name; a function takes its own"
        raise Refused(message, code="conflicting_fields", fields=["targets", "values"])
