"""The records of order mode, and the words behind their numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mintmark.simulation.records import IntArray, Records

BUY, SELL, CLOSE, CLOSE_PARTIAL, MODIFY, CANCEL = range(6)
MARKET, LIMIT, STOP_ENTRY, STOP_LIMIT = range(4)
BY_NUMBER, BY_FRACTION, BY_RISK, BY_VOLATILITY = range(4)

ORDER_STATES = ("unsent", "live", "filled", "done", "refused", "cancelled", "expired", "end_of_data", "discarded")
UNSENT, LIVE, FILLED, DONE, REFUSED_STATE, CANCELLED, EXPIRED, ENDED, DISCARDED = range(len(ORDER_STATES))
"""What became of an order. ``done``: a change that was made; ``discarded``: sent at the last close; ``unsent``: ruined
before."""

ORDER = np.dtype(
    [
        ("bar", "i8"),
        ("last_bar", "i8"),
        ("action", "i8"),
        ("kind", "i8"),
        ("side", "f8"),
        ("steps", "i8"),
        ("size", "f8"),
        ("price", "f8"),
        ("limit", "f8"),
        ("stop", "f8"),
        ("target", "f8"),
        ("trailing", "f8"),
        ("activation", "f8"),
        ("meant", "i8"),
        ("sized", "i8"),
        ("by_rule", "i8"),
        ("lasting", "i8"),
        ("day", "i8"),
        ("offers_kind", "i8"),
        ("offers_expiry", "i8"),
        ("deviation", "f8"),
        ("deferred", "i8"),
        ("state", "i8"),
        ("code", "i8"),
        ("ended_bar", "i8"),
        ("number", "i8"),
        ("begun", "i8"),
    ],
    align=True,
)
"""One order. NaN: not given. ``bar``: the close it is sent at; ``last_bar``: the last it lives in; ``steps``: its size
in whole steps, -1 off the step; ``by_rule``: its size came from a rule; ``lasting``: an expiry was given; ``meant``:
the row of the order a change means, or -1; ``deviation``: the instrument's, a year; ``code``: the refusal, or -1;
``number``: its row; ``begun``: 1 where a part of it closed something, 2 where one opened something, 3 both."""

DESK = np.dtype(
    [("live", "i8"), ("next", "i8"), ("inside", "i8"), ("trailing", "f8"), ("activation", "f8")], align=True
)
"""How many orders live, the next to be sent, whether an entry was opened inside this bar, the position's trailing."""


class OrderRules(NamedTuple):
    """What the instrument and the caller say about orders."""

    min_steps: int
    max_steps: int
    stops_level: int
    freeze_level: int
    max_entries: int
    max_holding: int
    sizing: int
    sizing_value: float


class OrderDesk(NamedTuple):
    """The orders of a run: one row each and a spare one; ``live``: the rows of those that wait, oldest first."""

    orders: Records
    live: IntArray
    state: Records
