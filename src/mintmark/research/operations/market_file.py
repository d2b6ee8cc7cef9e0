"""The market a computation trades on, handed to its process: bars, rates, account and model as files and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from mintmark.domain import (
    Money,
    Refused,
    day_end,
    day_start,
    from_iso,
    instrument_from_json,
    instrument_json,
    stamp_of,
)
from mintmark.research.operations.bars_file import before, read_bars, write_bars
from mintmark.research.terms import on_terms
from mintmark.store import write_atomic

if TYPE_CHECKING:
    from mintmark.data import Pack
    from mintmark.domain import Bars, Timeframe
    from mintmark.research.operations.library import Library
    from mintmark.research.walking import Market
    from mintmark.strategy import Model

CAPITAL = Money(Decimal("100000.00"), "USD")
_AS_DECLARED: Mapping[str, str] = MappingProxyType({})


def write_market(
    folder: Path,
    pack: Pack,
    bars: Mapping[str, Bars],
    timeframe: Timeframe | str,
    capital: Mapping[str, str],
    *,
    terms: Mapping[str, str] = _AS_DECLARED,
    start: int,
    stop: int,
    priced_before: int,
) -> dict[str, Any]:
    """Write what is known before ``stop`` (ns) into ``folder``; return what ``read_market`` needs, as JSON.

    Rates are written from ``start`` on. The typical price, which costs are judged by, is of the bars before
    ``priced_before``, so that it knows nothing of what is tested.

    ``terms``: those of ``research.terms`` that were asked for.

    Raises:
        Refused: ``missing_rate``.
    """
    known = {symbol: before(found, stop) for symbol, found in bars.items()}
    write_atomic(folder / "bars.npz", write_bars(known))
    _write_rates(folder, pack, known, capital["currency"], start)
    return {
        "instruments": [instrument_json(on_terms(pack.instrument(symbol), terms)) for symbol in known],
        "max_bar_participation": terms.get("max_bar_participation"),
        "years": {symbol: pack.bars_per_year(symbol, timeframe) for symbol in known},
        "typical_prices": {symbol: typical_price(found, priced_before) for symbol, found in known.items()},
        "capital": dict(capital),
    }


def read_market(folder: Path, given: Mapping[str, Any]) -> Market:
    """Return the market ``write_market`` wrote; ``given`` is what it returned."""
    # The doors load this file too, and need no compiler.
    from mintmark.research.walking import Market, round_trip_cost
    from mintmark.simulation import Account

    bars = read_bars((folder / "bars.npz").read_bytes())
    instruments = [instrument_from_json(found) for found in given["instruments"]]
    costs = {one.symbol: round_trip_cost(one, given["typical_prices"][one.symbol]) for one in instruments}
    capital = Money(Decimal(given["capital"]["amount"]), given["capital"]["currency"])
    share = given.get("max_bar_participation")
    account = Account(capital.currency, capital.amount, None, None if share is None else Decimal(share))
    rates_file = folder / "rates.npz"
    rates: dict[str, Any] = {}
    if rates_file.exists():
        with np.load(io.BytesIO(rates_file.read_bytes()), allow_pickle=False) as held:
            rates = {one.symbol: held[str(at)] for at, one in enumerate(instruments)}
    return Market(bars, instruments, account, given["years"], costs, rates)


def write_model(folder: Path, library: Library, path: str) -> dict[str, Any]:
    """Put the files of a model into ``folder``/model; return the note of what it was trained on, empty without one.

    Raises:
        Refused: ``model_missing``.
    """
    note: dict[str, Any] = {}
    for file in library.list_files(path):
        content = library.fetch(file).read_bytes()
        if file.endswith("/training.json"):
            note = json.loads(content)
        else:
            write_atomic(folder / "model" / file.rsplit("/", 1)[-1], content)
    if not (folder / "model").is_dir():
        raise Refused(f"there is no model at {path}", code="model_missing", path=path)
    return note


def read_model(folder: Path) -> Model:
    """Return the model ``write_model`` wrote; raises ``model_damaged``."""
    from mintmark.strategy import Model

    return Model.from_files({path.name: path.read_bytes() for path in (folder / "model").iterdir()})


def window_of(given: Mapping[str, Any], first: int, bars: Mapping[str, Bars]) -> tuple[int, int]:
    """Return the stamps (ns) from day ``start`` to the end of day ``end``; by default ``first`` to the last bar.

    Raises:
        Refused: ``not_enough_bars``, fewer than two.
    """
    start, stop = first, max(int(found.stamps[-1]) for found in bars.values()) + 1
    if given.get("start"):
        start = stamp_of(day_start(date.fromisoformat(given["start"])))
    if given.get("end"):
        stop = min(stop, stamp_of(day_end(date.fromisoformat(given["end"]))))
    found = max(int(np.searchsorted(b.stamps, stop) - np.searchsorted(b.stamps, start)) for b in bars.values())
    if found < 2:
        raise Refused(f"expected at least 2 bars to test, found {found}", code="not_enough_bars", found=found, needed=2)
    return start, stop


def first_unseen(bars: Mapping[str, Bars], note: Mapping[str, Any], embargo_bars: int) -> int:
    """Return the first stamp after the model's training and its embargo; the end of time for an unknown model."""
    if "training_end" not in note:
        return int(np.iinfo(np.int64).max)
    end = stamp_of(from_iso(note["training_end"]))
    later = np.unique(np.concatenate([found.stamps[found.stamps > end] for found in bars.values()]))
    return int(later[embargo_bars]) if len(later) > embargo_bars else int(np.iinfo(np.int64).max)


def _write_rates(folder: Path, pack: Pack, bars: Mapping[str, Bars], currency: str, first: int) -> None:
    """Put the account's currency for one of each symbol's into the folder, for the stamps from ``first`` on."""
    if all(pack.instrument(symbol).currency == currency for symbol in bars):
        return
    found = {}
    for at, (symbol, one) in enumerate(bars.items()):
        begin = int(np.searchsorted(one.stamps, first))
        values = pack.rates(pack.instrument(symbol).currency, currency, one.stamps[begin:])
        found[str(at)] = np.concatenate([np.full(begin, np.nan), values])
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **found)
    write_atomic(folder / "rates.npz", buffer.getvalue())


def typical_price(bars: Bars, start: int) -> float:
    """Return the median close of the 250 bars before ``start`` (ns); of the first bar where there are none."""
    earlier = before(bars, start)
    return float(np.median(earlier.close[-250:] if len(earlier) else bars.close[:1]))
