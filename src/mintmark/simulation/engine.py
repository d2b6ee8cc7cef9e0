"""Run targets over bars: fills, trades, equity, and every number on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Bars, Instrument, Refused, iso, moment_of, require_share
from mintmark.simulation import door
from mintmark.simulation.fills import play
from mintmark.simulation.lending import lend_rows
from mintmark.simulation.order_records import ORDER
from mintmark.simulation.participation import limit_book
from mintmark.simulation.reconcile import settle
from mintmark.simulation.records import (
    ACCOUNT,
    BY_SIZE,
    BY_WEIGHT,
    DIVIDEND,
    ENTRY,
    EVENT,
    FILL,
    NIGHTS,
    POSITION,
    RANDOM_TICKS,
    REFUSED,
    SPLIT,
    TRADE,
    Book,
    FloatArray,
    IntArray,
    Market,
    Records,
    Rules,
)
from mintmark.simulation.result import BacktestResult
from mintmark.simulation.terms import night_events, terms_of

_REAL = np.dtype(np.float64)
_NO_ROOM = np.zeros((1, 1))


@dataclass(frozen=True)
class Account:
    """The one cash account. ``leverage`` None takes each instrument's own; 1 is cash.

    ``max_bar_participation``: the share of a bar's volume it may trade; what exceeds it carries to the next bar.
    """

    currency: str = "USD"
    capital: Decimal = Decimal(100_000)
    leverage: Decimal | None = None
    max_bar_participation: Decimal | None = None


@dataclass(frozen=True)
class Protection:
    """Exits the engine makes by itself; all but the bars are fractions of the entry price, 0 is off.

    ``trailing_stop`` is the distance kept from the best price, once that is ``trailing_activation`` in favour
    of the entry. ``max_holding_bars`` bars after the entry a market close is sent.
    """

    stop_loss: float = 0.0
    take_profit: float = 0.0
    trailing_stop: float = 0.0
    trailing_activation: float = 0.0
    max_holding_bars: int = 0


@dataclass(frozen=True)
class CorporateAction:
    """What happens to ``symbol`` at its ex stamp (ns): ``split`` new shares for one, ``dividend`` per share held."""

    symbol: str
    ex: int
    split: float = 1.0
    dividend: float = 0.0


@dataclass(frozen=True)
class FundingRate:
    """What a position of ``symbol`` is paid at ``stamp`` (ns) for each unit of its notional at the last close.

    A long is credited ``rate``, a short debited it; negative, the long pays and the short is paid. Venues of
    perpetual contracts publish the rate that a long pays: hand it in with the other sign.
    """

    symbol: str
    stamp: int
    rate: float


Action = CorporateAction | FundingRate


def run_targets(
    bars: Sequence[Bars],
    targets: FloatArray,
    instruments: Sequence[Instrument],
    account: Account | None = None,
    *,
    bars_per_year: float,
    protection: Protection | None = None,
    rates: FloatArray | None = None,
    sizing: Literal["weight", "size"] = "weight",
    sizing_price: Literal["decision", "fill"] = "decision",
    min_trade_fraction: float | None = None,
    slippage: np.random.Generator | None = None,
    actions: Sequence[Action] = (),
    closed: NDArray[np.bool_] | None = None,
) -> BacktestResult:
    """Return what trading ``targets`` on ``bars`` comes to.

    ``targets``: (n_stamps, n_instruments) over the union of the bars' stamps (``union_stamps``), or (n_stamps,) for one
    instrument; a weight in [-1, 1] of equity, NaN for no change, or with ``sizing="size"`` signed lots. A target
    acts at the next open, only where it differs from the one before it; after a protective exit the position stays flat
    until the target changes.
    ``rates``: the same shape, the account's currency for one of the instrument's, known at each stamp.
    ``min_trade_fraction``: smaller changes are left out and counted; by default 0.001 of equity with several
    instruments and 0 with one. ``slippage``: the generator of random slippage, whose k-th draw is the k-th fill's.
    ``closed``: bars outside trading hours, shape of ``targets``.

    Nothing handed in is written to. Same inputs, same bytes.

    Raises:
        Refused: bars, weights, rates or costs that cannot be (``door``, ``terms``); ``missing_price`` where a
            position is held on a price older than 96 hours.
        ReconciliationFailed: the trades do not add up to the cash.
    """
    account = account or Account()
    fraction = (0.001 if len(bars) > 1 else 0.0) if min_trade_fraction is None else min_trade_fraction
    rules = rules_of(protection or Protection(), sizing, sizing_price, fraction)
    setup = prepare(bars, targets, list(instruments), account, rules, rates, slippage, actions, closed)
    played = play(*setup)
    return result_of(bars, list(instruments), account, setup, bars_per_year, played)


class Setup(NamedTuple):
    """What the kernel plays: market, terms, rules and an empty book."""

    market: Market
    terms: Records
    rules: Rules
    book: Book


def prepare(
    bars: Sequence[Bars],
    targets: FloatArray,
    instruments: list[Instrument],
    account: Account,
    rules: Rules,
    rates: FloatArray | None = None,
    slippage: np.random.Generator | None = None,
    actions: Sequence[Action] = (),
    closed: NDArray[np.bool_] | None = None,
    orders: int = 0,
) -> Setup:
    """Return the inputs of ``run_targets``, checked and laid out for the kernel, with room for so many ``orders``.

    Raises:
        Refused: as ``run_targets``.
    """
    _check(bars, instruments, account)
    columns = door.align(bars, instruments, closed)
    terms = terms_of(instruments, None if account.leverage is None else float(account.leverage))
    table, changes = door.check_targets(targets, len(columns.stamps), len(bars), rules.sizing == BY_WEIGHT)
    if rules.sizing == BY_WEIGHT:
        door.check_gross(table, terms["inverse_leverage"])
    changes += orders
    market = Market(
        columns.stamps, columns.open, columns.high, columns.low, columns.close, columns.half_spread,
        door.conversion(rates, columns, instruments, account.currency), columns.status, table,
        _events(instruments, columns.stamps, actions),
    )  # fmt: skip
    share = account.max_bar_participation
    if share is not None:
        changes += table.size
    draws = draws_of(terms, slippage, 3 * changes + len(bars))
    book = new_book(len(bars), len(columns.stamps), changes, float(account.capital), draws)
    return Setup(market, terms, rules, limit_book(book, bars, instruments, columns.stamps, share))


def _check(bars: Sequence[Bars], instruments: Sequence[Instrument], account: Account) -> None:
    if not bars or [one.symbol for one in bars] != [instrument.symbol for instrument in instruments]:
        raise Refused("expected the bars and the instruments of the same symbols, in the same order", code="bad_value")
    limits = {"capital": account.capital, "leverage": 1 if account.leverage is None else account.leverage}
    _name_wrong({name: value for name, value in limits.items() if not value > 0})
    if account.max_bar_participation is not None:
        require_share(account.max_bar_participation)
    for one in bars:
        door.check_bars(one)


def _name_wrong(wrong: Mapping[str, object]) -> None:
    for name, value in wrong.items():
        raise Refused(f"{name} is {value}", code="bad_value", field=name, value=str(value))


def rules_of(protection: Protection, sizing: str, sizing_price: str, min_trade_fraction: float) -> Rules:
    """Return the rules as the kernel takes them.

    Raises:
        Refused: ``unknown_name`` with the allowed words, or ``bad_value`` for a negative one.
    """
    _name_wrong({name: value for name, value in vars(protection).items() if not value >= 0})
    for found, allowed in ((sizing, ("weight", "size")), (sizing_price, ("decision", "fill"))):
        if found not in allowed:
            message = f"expected one of {', '.join(allowed)}, found {found!r}"
            raise Refused(message, code="unknown_name", name=found, allowed=list(allowed))
    return Rules(
        float(protection.stop_loss),
        float(protection.take_profit),
        float(protection.trailing_stop),
        float(protection.trailing_activation),
        int(protection.max_holding_bars),
        BY_WEIGHT if sizing == "weight" else BY_SIZE,
        int(sizing_price == "fill"),
        float(min_trade_fraction),
    )


def new_book(columns: int, bars: int, changes: int, capital: float, draws: FloatArray) -> Book:
    """Return an empty book with room for all that ``changes`` of target can cause."""
    account, positions = _ACCOUNT.copy(), np.repeat(_POSITION, columns)
    account["cash"] = account["equity"] = capital
    return Book(
        account,
        positions,
        np.empty(changes + 1, ENTRY),
        lend_rows(3 * changes + columns, FILL),
        lend_rows(2 * changes + columns, TRADE),
        np.empty(5 * changes + columns, REFUSED),
        draws,
        lend_rows(bars, _REAL),
        _NO_ROOM,
        (),
    )


def _begun(of: np.dtype[Any], **values: float) -> Records:
    row = np.zeros(1, of)
    for name, value in values.items():
        row[name] = value
    return row


_ACCOUNT = _begun(ACCOUNT, stale_column=-1, free=-1)
_POSITION = _begun(POSITION, head=-1, tail=-1, highest=-np.inf, lowest=np.inf)


def _events(instruments: list[Instrument], stamps: IntArray, actions: Sequence[Action]) -> Records:
    _check_funding(instruments, actions)
    nights, found = night_events(instruments, stamps), []
    column_of = {instrument.symbol: column for column, instrument in enumerate(instruments)}
    for action in actions:
        at = action.stamp if isinstance(action, FundingRate) else action.ex
        if action.symbol not in column_of or not stamps[0] < at <= stamps[-1]:
            continue
        bar, column = int(np.searchsorted(stamps, at)), column_of[action.symbol]
        if isinstance(action, FundingRate):
            found.append((bar, column, NIGHTS, action.rate))
            continue
        if action.split != 1.0:
            found.append((bar, column, SPLIT, action.split))
        if action.dividend != 0.0:
            found.append((bar, column, DIVIDEND, action.dividend))
    if not found:
        return nights
    events = np.concatenate((nights, np.array(found, dtype=EVENT)))
    return events[np.lexsort((events["kind"], events["bar"]))]


def _check_funding(instruments: list[Instrument], actions: Sequence[Action]) -> None:
    """Refuse funding without its rates, and rates of what pays no funding."""
    rates = [action for action in actions if isinstance(action, FundingRate)]
    funded = {instrument.symbol for instrument in instruments if instrument.costs.financing == "funding"}
    for symbol in sorted(funded - {rate.symbol for rate in rates}):
        message = f"{symbol}: costs.financing is funding, and none of its rates are given"
        raise Refused(message, code="instrument_incomplete", symbol=symbol, field="costs.financing")
    known = {instrument.symbol for instrument in instruments}
    for rate in rates:
        if not math.isfinite(rate.rate) or rate.symbol in known - funded:
            message = f"{rate.symbol}: a rate of funding is {rate.rate}, costs.financing must be funding"
            raise Refused(message, code="bad_value", field="funding", value=str(rate.rate), stamp=rate.stamp)


def draws_of(terms: Records, slippage: np.random.Generator | None, most: int) -> FloatArray:
    """Return the first ``most`` draws of random slippage; none where no instrument slips at random.

    Raises:
        Refused: ``bad_value``, there is no generator to draw from.
    """
    if RANDOM_TICKS not in terms["slippage"].tolist():
        return np.empty(0)
    if slippage is None:
        raise Refused("random slippage needs a generator", code="bad_value", field="slippage")
    return slippage.standard_normal(most)


def result_of(
    bars: Sequence[Bars],
    instruments: list[Instrument],
    account: Account,
    setup: Setup,
    bars_per_year: float,
    played: int,
    orders: Records | None = None,
) -> BacktestResult:
    """Return the book of a played ``setup`` as a result, its cash added up again.

    Raises:
        Refused: ``missing_price`` where a position was held on a price older than 96 hours.
        ReconciliationFailed: the trades do not add up to the cash.
    """
    book, stamps = setup.book, setup.market.stamps
    end = book.account[0]
    if end["stale_column"] >= 0:
        symbol, time = bars[end["stale_column"]].symbol, iso(moment_of(int(stamps[end["stale_bar"]])))
        raise Refused(
            f"{symbol} is held at {time} and its last price is older than 96 hours", code="missing_price",
            symbol=symbol, time=time,
        )  # fmt: skip
    trades = book.trades[: end["trades"]]
    return BacktestResult(
        symbols=tuple(one.symbol for one in bars),
        currency=account.currency,
        capital=account.capital,
        final_equity=settle(account.capital, float(end["cash"]), float(end["traded"]), trades, instruments),
        bars_per_year=bars_per_year,
        stamps=stamps,
        equity=book.equity,
        fills=book.fills[: end["fills"]],
        trades=trades,
        refusals=book.refusals[: end["refusals"]],
        bars_played=played,
        held_bars=int(end["held_bars"]),
        traded_notional=float(end["traded"]),
        margin_calls=int(end["margin_calls"]),
        discarded_signals=int(end["discarded"]),
        ruined=bool(end["ruined"]),
        orders=np.empty(0, ORDER) if orders is None else orders,
    )
