"""The kernel's form of the order check: whole ticks and steps as integers, tested equal to the exact one."""

from __future__ import annotations

import math

from mintmark.measures import inlined
from mintmark.simulation.costs import on_tick
from mintmark.simulation.order_records import (
    BUY,
    CANCEL,
    CLOSE_PARTIAL,
    LIMIT,
    MARKET,
    MODIFY,
    SELL,
    STOP_LIMIT,
    OrderRules,
)
from mintmark.simulation.records import (
    BAD_FILL_MODE,
    BAD_PRICE,
    BAD_VOLUME,
    FROZEN,
    MARKET_CLOSED,
    STEP_TOLERANCE,
    STOPS_TOO_NEAR,
    TRADING_DISABLED,
    Record,
)

_FINE = 1e-10


@inlined
def ticks_of(price: float, terms: Record) -> int:
    """Return ``price``, which lies on the tick, in whole ticks; without a tick in ten-billionths."""
    ticks: float = price / (terms.tick if terms.tick > 0.0 else _FINE)
    if terms.ticks_per_unit > 0.0:
        ticks = price * terms.ticks_per_unit
    return math.floor(ticks + 0.5)


@inlined
def settle_prices(o: Record, side: float, terms: Record) -> None:
    """Put the order's prices on the tick: limits a buyer's down, triggers his up, stops toward the entry."""
    up, tick, per_unit = side > 0.0, terms.tick, terms.ticks_per_unit
    o.price = on_tick(o.price, up != (o.kind == LIMIT), tick, per_unit) if o.price == o.price else o.price
    o.limit = on_tick(o.limit, not up, tick, per_unit) if o.limit == o.limit else o.limit
    o.stop = on_tick(o.stop, up, tick, per_unit) if o.stop == o.stop else o.stop
    o.target = on_tick(o.target, up, tick, per_unit) if o.target == o.target else o.target


@inlined
def order_refusal(
    o: Record, before: Record, changes: bool, held: float, bid: float, ask: float, in_hours: bool, terms: Record,
    rules: OrderRules,
) -> int:  # fmt: skip
    """Return why order ``o``, its prices on the tick, may not be sent, or -1; what the money carries is asked later.

    ``before``: where it ``changes`` one, the order as it stood. ``held``: the signed lots of the position.
    """
    d, tick, per_unit = o.side, terms.tick, terms.ticks_per_unit
    sell_at = ticks_of(on_tick(bid, False, tick, per_unit), terms)
    buy_at = ticks_of(on_tick(ask, True, tick, per_unit), terms)
    enters = o.action == BUY or o.action == SELL
    if terms.may_trade == 0 and o.action != CANCEL:
        return TRADING_DISABLED
    if enters and exceeds(o, held, terms) and (terms.may_long if d > 0.0 else terms.may_short) == 0:
        return int(terms.mode_refusal)
    leave, entry = (sell_at, buy_at) if d > 0.0 else (buy_at, sell_at)
    side = 1 if d > 0.0 else -1
    if is_mispriced(o, enters, side, leave, entry, terms):
        return BAD_PRICE
    if is_bad_volume(o, enters, rules):
        return BAD_VOLUME
    if changes and rules.freeze_level > 0 and tick > 0.0 and is_frozen(before, leave, entry, rules.freeze_level, terms):
        return FROZEN
    if rules.stops_level > 0 and tick > 0.0 and is_too_near(o, enters, leave, entry, rules.stops_level, terms):
        return STOPS_TOO_NEAR
    if o.offers_kind == 0 or o.offers_expiry == 0:
        return BAD_FILL_MODE
    return MARKET_CLOSED if o.day != 0 and not in_hours else -1


@inlined
def exceeds(o: Record, held: float, terms: Record) -> bool:
    """Return whether the order is for more than it would close."""
    against = -o.side * held
    return bool(against <= 0.0 or o.size > against + STEP_TOLERANCE * terms.size_step)


@inlined
def is_mispriced(o: Record, enters: bool, side: int, leave: int, entry: int, terms: Record) -> bool:
    """Return whether a price is missing, not above 0, would fill at once, or lies on the wrong side."""
    low = high = leave
    if enters and o.kind != MARKET:
        if not o.price > 0.0 or (o.kind == STOP_LIMIT and not o.limit > 0.0):
            return True
        ahead = side * (ticks_of(o.price, terms) - entry)
        if (ahead >= 0) if o.kind == LIMIT else (ahead <= 0):
            return True
        low = high = ticks_of(o.price, terms)
        if o.kind == STOP_LIMIT:
            other = ticks_of(o.limit, terms)
            low, high = min(low, other), max(high, other)
    if o.stop == o.stop:
        stop = ticks_of(o.stop, terms)
        if o.stop <= 0.0 or (stop >= low if side > 0 else stop <= high):
            return True
    if o.target == o.target:
        target = ticks_of(o.target, terms)
        if o.target <= 0.0 or (target <= high if side > 0 else target >= low):
            return True
    return False


@inlined
def is_bad_volume(o: Record, enters: bool, rules: OrderRules) -> bool:
    """Return whether the size is missing from a partial close, under the minimum, over the maximum or off the step."""
    if o.sized == 0:
        return bool(o.action == CLOSE_PARTIAL)
    return bool((enters or o.action == CLOSE_PARTIAL) and (o.steps < rules.min_steps or o.steps > rules.max_steps))


@inlined
def is_frozen(before: Record, leave: int, entry: int, level: int, terms: Record) -> bool:
    """Return whether what is to be changed lies within the freeze level of the market."""
    if before.action == MODIFY:
        return is_nearer(before.stop, leave, level + 1, terms) or is_nearer(before.target, leave, level + 1, terms)
    return before.kind != MARKET and is_nearer(before.price, entry, level + 1, terms)


@inlined
def is_too_near(o: Record, enters: bool, leave: int, entry: int, level: int, terms: Record) -> bool:
    """Return whether a price lies under the stops level from the market, or a stop or target from its price."""
    near, far = leave, leave
    if enters and o.kind != MARKET:
        if is_nearer(o.price, entry, level, terms):
            return True
        near = far = ticks_of(o.price, terms)
        if o.kind == STOP_LIMIT:
            far = ticks_of(o.limit, terms)
    if is_nearer(o.stop, near, level, terms) or is_nearer(o.target, near, level, terms):
        return True
    return is_nearer(o.stop, far, level, terms) or is_nearer(o.target, far, level, terms)


@inlined
def is_nearer(price: float, market: int, level: int, terms: Record) -> bool:
    """Return whether a price that is given lies less than ``level`` ticks from ``market``."""
    return bool(price == price and abs(ticks_of(price, terms) - market) < level)
