"""What a fill and a night cost: the only cost model, for the backtest, the arena and the paper broker.

Compiled scalar functions. ``side`` is 1.0 for a buy and -1.0 for a sell; ``terms`` is one row of ``TERMS``.
"""

from __future__ import annotations

import math

from mintmark.measures import inlined
from mintmark.simulation.records import FIXED_BPS, MONEY, PERCENT, POINTS, RANDOM_TICKS, STEP_TOLERANCE, Record


@inlined
def mid_price(raw: float, half_spread: float, bid_bars: float) -> float:
    """Return the mid of a bar's price: the price itself, or half a spread above a bid."""
    return raw + half_spread * bid_bars


@inlined
def side_price(raw: float, half_spread: float, bid_bars: float, side: float) -> float:
    """Return what ``side`` trades at where the bar says ``raw``: the ask for a buy, the bid for a sell."""
    return raw + half_spread * (side + bid_bars)


@inlined
def on_tick(price: float, up: bool, tick: float, ticks_per_unit: float) -> float:
    """Return ``price`` moved to the next tick above or below; a price on the tick stays as it is.

    ``tick`` 0 rounds nothing. ``ticks_per_unit`` is 1 / tick where that is whole, else 0: dividing by it
    gives the double nearest to the decimal.
    """
    if tick <= 0.0:
        return price
    ticks = price * ticks_per_unit if ticks_per_unit > 0.0 else price / tick
    nearest = math.floor(ticks + 0.5)
    if abs(ticks - nearest) <= STEP_TOLERANCE:
        return price
    whole = math.ceil(ticks) if up else math.floor(ticks)
    return whole / ticks_per_unit if ticks_per_unit > 0.0 else whole * tick


@inlined
def fill_price(terms: Record, side: float, price: float, slips: bool, draw: float) -> float:
    """Return what the trader pays or gets at ``price``: slipped where ``slips``, then on the tick against him."""
    slip = 0.0
    if slips and terms.slippage == FIXED_BPS:
        slip = price * terms.slippage_size
    elif slips and terms.slippage == RANDOM_TICKS:
        slip = abs(draw) * terms.slippage_size * terms.tick
    return on_tick(price + side * slip, side > 0.0, terms.tick, terms.ticks_per_unit)


@inlined
def commission(terms: Record, size: float, price: float) -> float:
    """Return the fees of one fill, positive, in the quote currency: the sum, then the minimum, then the cap."""
    units = size * terms.contract
    notional = units * price
    fee = terms.per_lot * size + terms.per_deal + terms.per_unit * units + terms.fee_rate * notional
    return float(min(max(fee, terms.minimum), terms.cap * notional))


@inlined
def night_charge(terms: Record, direction: float, mark: float, rate: float, nights: float) -> float:
    """Return what ``nights`` add to the account for one lot held, financing and borrow; negative is paid.

    ``mark`` is the last close, ``rate`` the account's currency for one of the quote.
    """
    yearly = terms.financing_long if direction > 0.0 else terms.financing_short
    charge = 0.0
    if terms.financing == POINTS:
        charge = yearly * terms.tick * terms.contract
    elif terms.financing == MONEY:
        charge = yearly
    elif terms.financing == PERCENT:
        charge = yearly / 100.0 / 360.0 * terms.contract * mark
    if direction < 0.0:
        charge -= terms.borrow / 360.0 * terms.contract * mark
    return float(charge * rate * nights)


@inlined
def cash_needed(terms: Record, size: float, reference: float, price: float, rate: float) -> float:
    """Return the margin and the costs an opening fill of ``size`` takes from free equity."""
    per_lot = terms.contract * (reference * terms.inverse_leverage + abs(price - reference))
    return float(rate * (size * per_lot + commission(terms, size, price)))


@inlined
def whole_steps(size: float, step: float) -> float:
    """Return how many whole steps fit in ``size``, forgiving a millionth of a step."""
    return float(math.floor(size / step + STEP_TOLERANCE))


@inlined
def affordable_steps(terms: Record, steps: float, reference: float, price: float, rate: float, free: float) -> float:
    """Return the most steps, up to ``steps``, whose margin and costs fit in ``free`` equity."""
    step = terms.size_step
    if cash_needed(terms, steps * step, reference, price, rate) <= free:
        return steps
    low, high = 0.0, steps
    while high - low > 1.0:
        middle = math.floor((low + high) / 2.0)
        if cash_needed(terms, middle * step, reference, price, rate) <= free:
            low = middle
        else:
            high = middle
    return float(low)
