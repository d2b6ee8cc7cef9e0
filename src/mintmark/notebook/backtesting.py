"""``mintmark.backtest``: bars and targets in, a result out; each try is counted in the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from mintmark.app import open_app
from mintmark.domain import (
    Bars,
    CostProfile,
    Instrument,
    instrument_json,
    titled,
)
from mintmark.notebook.frames import Decides, FloatArray, weights_of
from mintmark.notebook.ground import (
    TriedOn,
    account_asked,
    costing,
    days_of,
    draws,
    hashed,
    refuse_own,
    refuse_values,
    symbol_named,
    tried_on,
    values_text,
)
from mintmark.notebook.result import Backtest
from mintmark.research import Tries
from mintmark.simulation import Account, Protection, buy_and_hold, run_targets

Values = str | Mapping[str, int | float | bool]
Targets = FloatArray | Sequence[float] | pl.Series | Decides | str


def backtest(
    bars: pl.DataFrame | Bars | str | None,
    targets: Targets,
    *,
    values: Values | None = None,
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
    ``end`` (days) say otherwise, or of the rule ``sma_cross``, run on all bars. ``values``: to be set of what is named,
    ``{"fast": 5, "slow": 40}`` or the text of ``--set``. ``costs``: a profile, or the fields to change. ``home``: of
    the house whose tries are counted.

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
            refuse_own(instrument=instrument, costs=costs, protection=protection, bars_per_year=bars_per_year)
            asked = {"symbol": symbol_named(bars, symbol), "timeframe": timeframe, "start": start, "end": end}
            asked |= {**account_asked(account), "set": values_text(values)}
            return _of_strategy(tries, targets, pack, {**asked, "random_state": state})
        refuse_values(values)
        ground = tried_on(tries, bars, symbol, timeframe, pack, instrument)
        ground = replace(ground, instrument=costing(ground.instrument, costs), bars=days_of(ground.bars, start, end))
        terms = (account or Account(), protection or Protection())
        return _of_targets(tries, ground, targets, *terms, bars_per_year, state)
    finally:
        app.close()


def _of_targets(
    tries: Tries, ground: TriedOn, targets: Any, account: Account, protection: Protection, bars_per_year: float | None,
    seed: int,
) -> Backtest:  # fmt: skip
    from mintmark.data import bars_per_year as of_calendar

    bars, instrument = ground.bars, ground.instrument
    weights = weights_of(targets, bars)
    years = bars_per_year or of_calendar(instrument.calendar, bars.timeframe)
    rates = ground.rates(account.currency)
    result = run_targets(
        [bars], weights, [instrument], account, bars_per_year=years, protection=protection, rates=rates,
        slippage=draws(seed, 0),
    )  # fmt: skip
    held = buy_and_hold([bars], [instrument], account, bars_per_year=years, rates=rates, slippage=draws(seed, 1))
    data = ground.digest
    run = hashed(data, weights, repr(instrument_json(instrument)), repr(account), repr(protection), str(seed))
    pack = ground.pack
    evidence = tries.count(
        data=data, run=run, strategy_hash=hashed(weights), symbols=[bars.symbol], result=result,
        partitions=[data] if pack is None else sorted(pack.partition_hashes(bars.symbol)),
    )  # fmt: skip
    mark = tries.mark(data, pack)
    return Backtest(f"targets on {bars.symbol}", result, [bars], held.equity, evidence, mark)


def _of_strategy(tries: Tries, name: str, pack_id: str | None, options: Mapping[str, Any]) -> Backtest:
    tried = tries.run(strategy=name, pack_id=pack_id, **options)
    order, pack, given = tried.order, tried.order.pack, tried.order.parameters
    run = hashed(*(str(given[one]) for one in sorted(given)))
    evidence = tries.count(
        data=pack.sha256, run=run, strategy_hash=given["strategy_hash"], symbols=order.symbols, result=tried.result,
        partitions=[digest for symbol in order.symbols for digest in sorted(pack.partition_hashes(symbol))],
    )  # fmt: skip
    mark = tries.mark(pack.sha256, pack)
    title = f"{titled(name, given['values'])} on {', '.join(order.symbols)}"
    return Backtest(title, tried.result, tried.bars, tried.held.equity, evidence, mark)
