"""Run orders over the bars of one instrument: the engine's other door, onto the same fills and costs."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import (
    ALL_OFFERS,
    ORDER_ACTIONS,
    ORDER_TYPES,
    Bars,
    Instrument,
    Order,
    Refused,
    iso,
    moment_of,
    stamp_of,
)
from mintmark.simulation.engine import Account, Action, Protection, prepare, result_of, rules_of
from mintmark.simulation.order_play import play_orders
from mintmark.simulation.order_records import (
    BUY,
    BY_VOLATILITY,
    DESK,
    MARKET,
    ORDER,
    SELL,
    OrderDesk,
    OrderRules,
)
from mintmark.simulation.records import FloatArray, IntArray, Record
from mintmark.simulation.result import BacktestResult

_RULES = ("fixed", "fixed_fraction", "risk", "volatility_target")
_VALUES = {"fixed_fraction": 1.0, "risk": 0.01, "volatility_target": 0.10}
_VOLATILITY_BARS = 60
_FOR_EVER = 2**62


@dataclass(frozen=True)
class Sizing:
    """How large an order without a size is: lots, a fraction of equity, a fraction risked, or a yearly volatility."""

    rule: Literal["fixed", "fixed_fraction", "risk", "volatility_target"] = "fixed_fraction"
    value: float | None = None


def run_orders(
    bars: Bars,
    orders: Sequence[tuple[int, Order]],
    instrument: Instrument,
    account: Account | None = None,
    *,
    bars_per_year: float,
    sizing: Sizing | None = None,
    max_entries: int = 1,
    max_holding_bars: int = 0,
    rates: FloatArray | None = None,
    slippage: np.random.Generator | None = None,
    actions: Sequence[Action] = (),
    closed: NDArray[np.bool_] | None = None,
    offers: Collection[str] = ALL_OFFERS,
) -> BacktestResult:
    """Return what ``orders``, each with the stamp of the bar at whose close it is sent, come to.

    An order lives from the next bar on. Its number is its place in ``orders``. ``closed`` and ``rates``: (n_bars,).
    ``offers``: the types and expiries the instrument takes. The result's ``orders`` says what became of each, in the
    order given.

    Nothing handed in is written to. Same inputs, same bytes.

    Raises:
        Refused: ``signal_time_unknown`` with up to 10 stamps no bar has; as ``run_targets`` for bars, rates and costs.
        ReconciliationFailed: the trades do not add up to the cash.
    """
    rules = order_rules(instrument, sizing or Sizing(), max_entries, max_holding_bars)
    setup = prepare(
        [bars], np.full(len(bars), np.nan), [instrument], account or Account(),
        rules_of(Protection(), "size", "decision", 0.0), rates, slippage, actions, closed, orders=len(orders),
    )  # fmt: skip
    desk, places = desk_of(bars, orders, instrument, rules, bars_per_year, frozenset(offers))
    played = play_orders(setup.market, setup.terms, rules, setup.book, desk)
    table = np.empty(len(orders), ORDER)
    table[places] = desk.orders[:-1]
    back = np.append(places, -1)
    table["meant"] = back[table["meant"]]
    return result_of([bars], [instrument], account or Account(), setup, bars_per_year, played, table)


def desk_of(
    bars: Bars,
    orders: Sequence[tuple[int, Order]],
    instrument: Instrument,
    rules: OrderRules,
    bars_per_year: float,
    offers: frozenset[str],
) -> tuple[OrderDesk, IntArray]:
    """Return ``orders`` laid out for the kernel by the bar they are sent at, and the place of each row in ``orders``.

    Raises:
        Refused: ``signal_time_unknown``; ``bad_value`` for the number of an order there is none of.
    """
    sent = bars_of_orders(bars, orders)
    places = np.argsort(sent, kind="stable").astype(np.int64)
    rows = np.zeros(len(orders) + 1, ORDER)
    row_of = {int(place): row for row, place in enumerate(places)}
    for row, place in enumerate(places):
        order = orders[place][1]
        fill_row(rows[row], order, instrument, offers)
        rows[row]["bar"], rows[row]["number"] = sent[place], row
        rows[row]["last_bar"] = last_bar(order, int(sent[place]), bars.stamps, instrument)
        rows[row]["meant"] = -1 if order.target is None else row_of[_known(order.target, len(orders))]
        if rules.sizing == BY_VOLATILITY:
            rows[row]["deviation"] = yearly_deviation(bars.close, int(sent[place]), bars_per_year)
    rows[-1]["bar"] = -1
    return OrderDesk(rows, np.zeros(len(orders) + 1, np.int64), np.zeros(1, DESK)), places


def _known(number: int, orders: int) -> int:
    if not 0 <= number < orders:
        raise Refused(
            f"expected the number of an order below {orders}, found {number}", code="bad_value", field="target"
        )
    return number


def order_rules(instrument: Instrument, sizing: Sizing, max_entries: int, max_holding_bars: int) -> OrderRules:
    """Return what instrument and caller say about orders, as the kernel takes it.

    Raises:
        Refused: ``unknown_name`` with the allowed rules of sizing, or ``bad_value`` naming the field.
    """
    if sizing.rule not in _RULES:
        message = f"expected one of {', '.join(_RULES)}, found {sizing.rule!r}"
        raise Refused(message, code="unknown_name", name=sizing.rule, allowed=list(_RULES))
    value = _VALUES.get(sizing.rule, 0.0) if sizing.value is None else sizing.value
    right = {
        "sizing": 0.0 < value < math.inf,
        "max_entries": max_entries >= 1,
        "max_holding_bars": max_holding_bars >= 0,
    }
    for name in (name for name, is_right in right.items() if not is_right):
        raise Refused(f"{name} cannot be that small, or needs a value", code="bad_value", field=name)
    least = (instrument.size_min / instrument.size_step).to_integral_value(ROUND_CEILING)
    most = (instrument.size_max / instrument.size_step).to_integral_value(ROUND_FLOOR)
    return OrderRules(
        int(least), int(most), int(instrument.stops_level), int(instrument.freeze_level), int(max_entries),
        int(max_holding_bars), _RULES.index(sizing.rule), float(value),
    )  # fmt: skip


def bars_of_orders(bars: Bars, orders: Sequence[tuple[int, Order]]) -> IntArray:
    """Return the bar of each order's stamp.

    Raises:
        Refused: ``signal_time_unknown`` with up to 10 stamps that no bar has.
    """
    stamps = np.array([stamp for stamp, _ in orders], dtype=np.int64)
    places = np.searchsorted(bars.stamps, stamps)
    unknown = stamps[bars.stamps[np.minimum(places, len(bars) - 1)] != stamps]
    if len(unknown):
        shown = [iso(moment_of(int(stamp))) for stamp in unknown[:10]]
        raise Refused(
            f"{bars.symbol}: {len(unknown)} orders are sent at a time that is no bar's: {', '.join(shown)}",
            code="signal_time_unknown", count=len(unknown), times=shown,
        )  # fmt: skip
    return places.astype(np.int64)


def fill_row(row: Record, order: Order, instrument: Instrument, offers: frozenset[str]) -> None:
    """Write what ``order`` says into its row."""
    row["action"] = ORDER_ACTIONS.index(order.action)
    row["kind"] = ORDER_TYPES.index(order.type) if row["action"] in (BUY, SELL) else MARKET
    row["side"] = float(order.side)
    row["steps"], row["size"], row["sized"] = _steps(order.size, instrument)
    for name, price in (
        ("price", order.price), ("limit", order.limit_price), ("stop", order.stop_loss), ("target", order.take_profit),
        ("trailing", order.trailing), ("activation", order.trailing_activation),
    ):  # fmt: skip
        row[name] = math.nan if price is None else float(price)
    row["lasting"], row["day"] = order.expiry is not None, order.expiry == "day"
    expiry = order.expiry or "gtc"
    row["offers_kind"] = order.type in offers
    row["offers_expiry"] = ("bars" if isinstance(expiry, int) else expiry) in offers
    row["deviation"] = math.nan
    row["code"] = row["ended_bar"] = -1


def _steps(size: Decimal | None, instrument: Instrument) -> tuple[int, float, int]:
    """Return a size in whole steps (-1 off the step), in lots, and whether there is one."""
    if size is None:
        return 0, 0.0, 0
    steps = size / instrument.size_step
    whole = int(steps) if size % instrument.size_step == 0 and abs(steps) < 2**62 else -1
    return whole, (whole * float(instrument.size_step) if whole > 0 else float(size)), 1


def last_bar(order: Order, sent: int, stamps: IntArray, instrument: Instrument) -> int:
    """Return the last bar ``order`` lives in; a day's order ends with the rollover after the open of its first bar."""
    if isinstance(order.expiry, int):
        return sent + order.expiry
    if order.expiry != "day" or sent + 1 >= len(stamps):
        return _FOR_EVER
    first = int(stamps[sent + 1])
    zone, at = ZoneInfo(instrument.rollover_zone), time.fromisoformat(instrument.rollover_time)
    day = moment_of(first).astimezone(zone).date()
    ends = [stamp_of(datetime.combine(day + timedelta(days=days), at, tzinfo=zone)) for days in (0, 1)]
    end = next(end for end in ends if end > first)
    place = int(np.searchsorted(stamps, end))
    return place - 1 if place < len(stamps) else _FOR_EVER


def yearly_deviation(close: FloatArray, bar: int, bars_per_year: float) -> float:
    """Return the yearly deviation of the last 60 returns up to ``bar``, or NaN where there are fewer."""
    if bar < _VOLATILITY_BARS:
        return math.nan
    seen = close[bar - _VOLATILITY_BARS : bar + 1]
    return float(np.std(np.diff(seen) / seen[:-1], ddof=1) * math.sqrt(bars_per_year))
