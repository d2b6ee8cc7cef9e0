"""``mintmark.backtest``: bars and targets in, a result out; each try is counted in the house."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mintmark.app import open_app
from mintmark.domain import (
    ASSET_CLASSES,
    Bars,
    CostProfile,
    Instrument,
    Refused,
    day_end,
    day_start,
    default_instrument,
    instrument_json,
    stamp_of,
    with_changes,
)
from mintmark.notebook.frames import Decides, FloatArray, bars_of, weights_of
from mintmark.notebook.result import Backtest
from mintmark.research import Tries
from mintmark.simulation import Account, Protection, buy_and_hold, run_targets

if TYPE_CHECKING:
    from mintmark.data import Pack

Targets = FloatArray | Sequence[float] | pl.Series | Decides | str

_SLIPPAGE_STREAM = 2


def backtest(
    bars: pl.DataFrame | Bars | str | None,
    targets: Targets,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    pack: str | None = None,
    instrument: Instrument | str | None = None,
    costs: CostProfile | Mapping[str, Any] | None = None,
    account: Account | None = None,
    protection: Protection | None = None,
    bars_per_year: float | None = None,
    start: str | None = None,
    end: str | None = None,
    seed: int | None = None,
    home: Path | None = None,
) -> Backtest:
    """Return what trading ``targets`` on ``bars`` comes to, all costs paid, and count the try.

    ``bars``: a symbol of a pack (``pack``, else the newest that holds it); a polars frame (see ``frames.bars_of``) or
    ``Bars``, of an ``instrument`` or the asset class it is of, such as ``"fx"``; None with a strategy's own.
    ``targets``: one weight in [-1, 1] a bar, NaN or null for no change, that acts at the next open; or a function of
    the frame of bars that returns them; or the name of a trained strategy, run on its holdout unless ``start`` and
    ``end`` (days) say otherwise. ``costs``: a profile, or the fields to change. ``home``: of the house whose tries
    are counted.

    >>> import mintmark, polars as pl
    >>> prices = pl.DataFrame({"date": pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 5), eager=True),
    ...     "open": [100.0, 100.0, 110.0, 120.0, 120.0], "high": [100.0, 110.0, 120.0, 120.0, 120.0],
    ...     "low": [100.0, 100.0, 110.0, 120.0, 120.0], "close": [100.0, 110.0, 120.0, 120.0, 120.0]})
    >>> tried = mintmark.backtest(prices, [1, None, 0, None, None], symbol="ACME", instrument="equity",
    ...     costs={"fee_bps": 0})
    >>> tried.trades.select("side", "entry_price", "exit_price", "net_profit").row(0)
    ('long', 100.0, 120.0, 20000.0)

    Raises:
        Refused: what the engine, the pack and ``frames`` refuse; ``instrument_incomplete`` for bars of nothing
            declared.
    """
    app = open_app(home=home)
    try:
        tries = Tries(app.research_context)
        state = app.settings.research.random_state if seed is None else seed
        if isinstance(targets, str):
            _refuse_own(instrument=instrument, costs=costs, protection=protection, bars_per_year=bars_per_year)
            capital = None if account is None else str(account.capital)
            asked = {"symbol": _named(bars, symbol), "timeframe": timeframe, "start": start, "end": end}
            return _of_strategy(tries, targets, pack, {**asked, "initial_capital": capital, "random_state": state})
        ground = _ground(tries, bars, symbol, timeframe, pack, instrument)
        ground = replace(ground, instrument=_costing(ground.instrument, costs), bars=_days(ground.bars, start, end))
        terms = (account or Account(), protection or Protection())
        return _of_targets(tries, ground, targets, *terms, bars_per_year, state)
    finally:
        app.close()


@dataclass(frozen=True)
class _Ground:
    """What a try runs on: bars, what they are of, and the pack they come from, None for bars handed in."""

    bars: Bars
    instrument: Instrument
    pack: Pack | None

    @property
    def digest(self) -> str:
        """The hash of the bars."""
        one = self.bars
        return _hashed(one.symbol, str(one.timeframe), one.stamps, one.open, one.high, one.low, one.close)

    def rates(self, currency: str) -> FloatArray | None:
        """Return ``currency`` for one of the instrument's at each bar, None where it is the same or unknown."""
        if self.pack is None or self.instrument.currency == currency:
            return None
        return self.pack.rates(self.instrument.currency, currency, self.bars.stamps)


def _ground(
    tries: Tries, bars: Any, symbol: str | None, timeframe: str | None, pack_id: str | None,
    instrument: Instrument | str | None,
) -> _Ground:  # fmt: skip
    if isinstance(bars, str):
        pack = tries.pack(pack_id, [bars], timeframe)
        return _Ground(pack.bars(bars, timeframe), _declared(bars, instrument or pack.instrument(bars)), pack)
    if not isinstance(bars, Bars | pl.DataFrame):
        raise Refused("expected bars, a polars frame, or the symbol of a pack", code="wrong_type", field="bars")
    found = bars if isinstance(bars, Bars) else bars_of(bars, symbol, timeframe)
    return _Ground(found, _declared(found.symbol, instrument), None)


def _declared(symbol: str, instrument: Instrument | str | None) -> Instrument:
    if isinstance(instrument, Instrument):
        return replace(instrument, symbol=symbol)
    if instrument is None:
        message = f"say what {symbol} is: an Instrument, or one of {', '.join(ASSET_CLASSES)}"
        raise Refused(message, code="instrument_incomplete", field="instrument")
    currency = symbol[3:6] if instrument == "fx" and len(symbol) == 6 else "USD"
    return default_instrument(symbol, instrument, currency)


def _costing(instrument: Instrument, costs: CostProfile | Mapping[str, Any] | None) -> Instrument:
    if isinstance(costs, CostProfile):
        return replace(instrument, costs=costs)
    return instrument if costs is None else with_changes(instrument, {"costs": costs})


def _days(bars: Bars, start: str | None, end: str | None) -> Bars:
    first = 0 if start is None else np.searchsorted(bars.stamps, stamp_of(day_start(date.fromisoformat(start))))
    last = len(bars) if end is None else np.searchsorted(bars.stamps, stamp_of(day_end(date.fromisoformat(end))))
    return bars.part(int(first), int(last))


def _of_targets(
    tries: Tries, ground: _Ground, targets: Any, account: Account, protection: Protection, bars_per_year: float | None,
    seed: int,
) -> Backtest:  # fmt: skip
    from mintmark.data import bars_per_year as of_calendar

    bars, instrument = ground.bars, ground.instrument
    weights = weights_of(targets, bars)
    years = bars_per_year or of_calendar(instrument.calendar, bars.timeframe)
    rates = ground.rates(account.currency)
    result = run_targets(
        [bars], weights, [instrument], account, bars_per_year=years, protection=protection, rates=rates,
        slippage=_draws(seed, 0),
    )  # fmt: skip
    held = buy_and_hold([bars], [instrument], account, bars_per_year=years, rates=rates, slippage=_draws(seed, 1))
    data = ground.digest
    run = _hashed(data, weights, repr(instrument_json(instrument)), repr(account), repr(protection), str(seed))
    pack = ground.pack
    evidence = tries.count(
        data=data, run=run, strategy_hash=_hashed(weights), symbols=[bars.symbol], result=result,
        partitions=[data] if pack is None else sorted(pack.partition_hashes(bars.symbol)),
    )  # fmt: skip
    mark = tries.mark(data, pack)
    return Backtest(f"targets on {bars.symbol}", result, [bars], held.equity, evidence, mark)


def _of_strategy(tries: Tries, name: str, pack_id: str | None, options: Mapping[str, Any]) -> Backtest:
    tried = tries.run(strategy=name, pack_id=pack_id, **options)
    order, pack, given = tried.order, tried.order.pack, tried.order.parameters
    run = _hashed(*(str(given[one]) for one in sorted(given)))
    evidence = tries.count(
        data=pack.sha256, run=run, strategy_hash=given["strategy_hash"], symbols=order.symbols, result=tried.result,
        partitions=[digest for symbol in order.symbols for digest in sorted(pack.partition_hashes(symbol))],
    )  # fmt: skip
    mark = tries.mark(pack.sha256, pack)
    title = f"{name} on {', '.join(order.symbols)}"
    return Backtest(title, tried.result, tried.bars, tried.held.equity, evidence, mark)


def _named(bars: Any, symbol: str | None) -> str | None:
    if bars is not None and not isinstance(bars, str):
        raise Refused("a strategy runs on the bars of a pack: name a symbol, or None", code="wrong_type", field="bars")
    return bars or symbol


def _refuse_own(**given: Any) -> None:
    fields = [name for name, value in given.items() if value is not None]
    if fields:
        message = f"a strategy has its own {', '.join(fields)}; hand in its targets to change them"
        raise Refused(message, code="conflicting_fields", fields=["targets", *fields])


def _draws(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_SLIPPAGE_STREAM, number)))


def _hashed(*parts: str | np.ndarray[Any, Any]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
        made.update(b"\0")
    return made.hexdigest()
