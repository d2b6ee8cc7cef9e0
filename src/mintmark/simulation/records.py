"""The records the kernel reads and writes, and the words behind its numbers.

Sizes are in lots, prices in the quote currency, every amount (costs, profit, cash) in the account's currency.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Record = Any
"""One row of a structured array: the checker does not know its fields."""
Records = NDArray[Any]

EXIT_REASONS = ("signal", "stop", "target", "trailing", "time", "margin", "end_of_data")
SIGNAL, STOP, TARGET, TRAILING, TIME, MARGIN, END_OF_DATA = range(len(EXIT_REASONS))

FLAGS = {"gap": 1, "ambiguous": 2, "reduced": 4, "deferred": 8, "partial": 16}
GAP, AMBIGUOUS, REDUCED, DEFERRED, PARTIAL = FLAGS.values()

REFUSALS = (
    "trading_disabled",
    "long_only",
    "short_only",
    "close_only",
    "bad_volume",
    "size_below_min",
    "under_min_trade",
    "no_money",
    "nothing_to_close",
    "nothing_to_resize",
    "already_in_position",
    "bad_price",
    "frozen",
    "stops_too_near",
    "bad_fill_mode",
    "market_closed",
    "order_done",
    "stop_required",
    "too_few_returns",
)
(
    TRADING_DISABLED,
    LONG_ONLY,
    SHORT_ONLY,
    CLOSE_ONLY,
    BAD_VOLUME,
    SIZE_BELOW_MIN,
    UNDER_MIN_TRADE,
    NO_MONEY,
    NOTHING_TO_CLOSE,
    NOTHING_TO_RESIZE,
    ALREADY_IN_POSITION,
    BAD_PRICE,
    FROZEN,
    STOPS_TOO_NEAR,
    BAD_FILL_MODE,
    MARKET_CLOSED,
    ORDER_DONE,
    STOP_REQUIRED,
    TOO_FEW_RETURNS,
) = range(len(REFUSALS))

ABSENT, TRADING, CLOSED = 0, 1, 2
"""What an instrument does in a row of the union of stamps: no bar, a bar, a bar outside trading hours."""

SPLIT, DIVIDEND, NIGHTS = 0, 1, 2

AT_OPEN, AT_LEVEL, AT_CLOSE = 0, 1, 2
"""Where in the bar a fill happens."""

NO_SLIPPAGE, FIXED_BPS, RANDOM_TICKS = 0, 1, 2
NO_FINANCING, POINTS, MONEY, PERCENT, INTERVAL = 0, 1, 2, 3, 4
BY_WEIGHT, BY_SIZE = 0, 1

LIQUIDATION_LEVEL = 0.40
CALL_LEVEL = 0.80
OLDEST_PRICE_NS = 96 * 3_600 * 1_000_000_000
STEP_TOLERANCE = 1e-6

TERMS = np.dtype(
    [
        ("tick", "f8"),
        ("ticks_per_unit", "f8"),
        ("contract", "f8"),
        ("size_min", "f8"),
        ("size_step", "f8"),
        ("size_max", "f8"),
        ("inverse_leverage", "f8"),
        ("bid_bars", "f8"),
        ("may_trade", "i8"),
        ("may_long", "i8"),
        ("may_short", "i8"),
        ("mode_refusal", "i8"),
        ("per_lot", "f8"),
        ("per_deal", "f8"),
        ("per_unit", "f8"),
        ("fee_rate", "f8"),
        ("minimum", "f8"),
        ("cap", "f8"),
        ("slippage", "i8"),
        ("slippage_size", "f8"),
        ("financing", "i8"),
        ("financing_long", "f8"),
        ("financing_short", "f8"),
        ("opening_rate", "f8"),
        ("interval_ns", "i8"),
        ("borrow", "f8"),
    ],
    align=True,
)
"""One instrument's numbers: steps, permissions and costs."""

EVENT = np.dtype([("bar", "i8"), ("column", "i8"), ("kind", "i8"), ("value", "f8")], align=True)
"""Something the calendar does to a position before the bar's orders: a split, a dividend, nights held."""

ACCOUNT = np.dtype(
    [
        ("bar", "i8"),
        ("stamp", "i8"),
        ("cash", "f8"),
        ("equity", "f8"),
        ("traded", "f8"),
        ("waiting", "i8"),
        ("accruing", "i8"),
        ("next_event", "i8"),
        ("entries", "i8"),
        ("free", "i8"),
        ("fills", "i8"),
        ("trades", "i8"),
        ("refusals", "i8"),
        ("held_bars", "i8"),
        ("margin_calls", "i8"),
        ("discarded", "i8"),
        ("ruined", "i8"),
        ("stale_column", "i8"),
        ("stale_bar", "i8"),
    ],
    align=True,
)
"""The one cash account, the bar under way and the counters of the run. ``waiting``: instruments with an order;
``accruing``: with financing by the hour."""

POSITION = np.dtype(
    [
        ("direction", "f8"),
        ("size", "f8"),
        ("basis", "f8"),
        ("paid", "f8"),
        ("entry", "f8"),
        ("stop", "f8"),
        ("trail", "f8"),
        ("adverse", "f8"),
        ("target", "f8"),
        ("best", "f8"),
        ("highest", "f8"),
        ("lowest", "f8"),
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("half", "f8"),
        ("rate", "f8"),
        ("status", "i8"),
        ("mark", "f8"),
        ("marked_at", "i8"),
        ("bars", "i8"),
        ("first_bar", "i8"),
        ("head", "i8"),
        ("tail", "i8"),
        ("seen", "f8"),
        ("weight", "f8"),
        ("closing", "i8"),
        ("ordered", "i8"),
        ("order_close", "i8"),
        ("order_adds", "i8"),
        ("order_side", "f8"),
        ("order_change", "f8"),
        ("order_size", "f8"),
        ("wanted", "f8"),
        ("deferred", "i8"),
        ("room", "f8"),
        ("carried", "i8"),
    ],
    align=True,
)
"""One instrument's bar under way, net position, protective levels and order. ``basis``: sum of size x entry reference;
``paid``: sum of size x entry price; ``highest`` and ``lowest``: mids since they were last given to the entries;
``closing``: 0, or 1 + the exit reason of a market close under way; ``order_change``: negative reduces; ``room``: the
lots its bar may still fill; ``carried``: 1 where the order is what another bar had no room for."""

ENTRY = np.dtype(
    [
        ("next", "i8"),
        ("bar", "i8"),
        ("own_bar", "i8"),
        ("stamp", "i8"),
        ("size", "f8"),
        ("price", "f8"),
        ("reference", "f8"),
        ("rate", "f8"),
        ("spread_cost", "f8"),
        ("slippage_cost", "f8"),
        ("fees", "f8"),
        ("financing_cost", "f8"),
        ("dividends", "f8"),
        ("highest", "f8"),
        ("lowest", "f8"),
        ("intervals", "i8"),
        ("flags", "i8"),
        ("inside", "i8"),
        ("order", "i8"),
    ],
    align=True,
)
"""What is left of one opening fill, with the share of its costs that is left; ``next`` is also the next free row.
``inside``: 1 in the bar it was opened inside of, whose extremes may lie before it; ``order``: the number of the order
it is of, where the volume may cut one into several."""

FILL = np.dtype(
    [
        ("stamp", "i8"),
        ("bar", "i4"),
        ("column", "i2"),
        ("side", "i1"),
        ("opens", "i1"),
        ("reason", "i4"),
        ("flags", "i4"),
        ("size", "f8"),
        ("price", "f8"),
        ("reference", "f8"),
        ("rate", "f8"),
        ("spread_cost", "f8"),
        ("slippage_cost", "f8"),
        ("fees", "f8"),
    ],
    align=True,
)
"""One fill. ``side`` 1 buys, -1 sells; ``price`` is paid or got, ``reference`` the mid then; costs negative."""

TRADE = np.dtype(
    [
        ("column", "i2"),
        ("side", "i1"),
        ("exit_reason", "i1"),
        ("flags", "i4"),
        ("entry_bar", "i4"),
        ("exit_bar", "i4"),
        ("bars_held", "i8"),
        ("entry_stamp", "i8"),
        ("exit_stamp", "i8"),
        ("size", "f8"),
        ("entry_price", "f8"),
        ("exit_price", "f8"),
        ("entry_reference", "f8"),
        ("exit_reference", "f8"),
        ("entry_rate", "f8"),
        ("exit_rate", "f8"),
        ("price_profit", "f8"),
        ("spread_cost", "f8"),
        ("slippage_cost", "f8"),
        ("fees", "f8"),
        ("financing_cost", "f8"),
        ("net_profit", "f8"),
        ("dividends", "f8"),
        ("return", "f8"),
        ("mfe", "f8"),
        ("mae", "f8"),
    ],
    align=True,
)
"""One closed piece of an entry. ``dividends`` are already in ``price_profit``."""

REFUSED = np.dtype([("bar", "i8"), ("column", "i8"), ("code", "i8"), ("size", "f8")], align=True)
"""One order, or part of one, that was not done."""


class Market(NamedTuple):
    """What happens, by instrument: (n_columns, n_bars), or one value for all bars where (n_columns, 1)."""

    stamps: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    half_spread: FloatArray
    rates: FloatArray
    status: NDArray[np.uint8]
    targets: FloatArray
    events: Records


class Rules(NamedTuple):
    """How the strategy wants its targets done; a protection of 0 is off."""

    stop_loss: float
    take_profit: float
    trailing: float
    activation: float
    max_holding: int
    sizing: int
    size_at_fill: int
    min_trade_fraction: float


class Book(NamedTuple):
    """Everything the kernel changes.

    ``limited``: empty, or one number where ``room`` says how many lots of each instrument a bar may fill, (n_columns,
    n_bars); its type chooses which kernel is compiled.
    """

    account: Records
    positions: Records
    entries: Records
    fills: Records
    trades: Records
    refusals: Records
    draws: FloatArray
    equity: FloatArray
    room: FloatArray
    limited: tuple[int, ...]
