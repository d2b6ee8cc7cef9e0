"""Open and close entries in the book: one net position, its oldest entry closed first, one trade row a piece."""

from __future__ import annotations

import math

from mintmark.measures import inlined
from mintmark.simulation.costs import commission, fill_price
from mintmark.simulation.records import INTERVAL, STEP_TOLERANCE, Book, Record


@inlined
def record_fill(
    m: int, side: float, size: float, reference: float, price: float, slips: bool, terms: Record, book: Book
) -> Record:
    """Write one fill of ``size`` at the side's ``price``, take its costs from cash, and return its row."""
    account = book.account[0]
    number = account.fills
    paid = fill_price(terms, side, price, slips, draw_of(number, book))
    rate = book.positions[m].rate
    units = size * terms.contract * rate
    row = book.fills[number]
    row.bar, row.stamp, row.column, row.side = account.bar, account.stamp, m, int(side)
    row.size, row.price, row.reference, row.rate = size, paid, reference, rate
    row.spread_cost = -abs(price - reference) * units
    row.slippage_cost = -abs(paid - price) * units
    row.fees = -commission(terms, size, paid) * rate
    account.fills = number + 1
    account.cash += row.spread_cost + row.slippage_cost + row.fees
    account.traded += paid * units
    return row


@inlined
def draw_of(number: int, book: Book) -> float:
    """Return the draw of the fill with this number; 0 where nothing is drawn."""
    return float(book.draws[number]) if number < len(book.draws) else 0.0


@inlined
def give_extremes(p: Record, book: Book) -> None:
    """Hand the highest and lowest mid seen since the last time to every entry of the position."""
    number = p.head
    while number >= 0:
        entry = book.entries[number]
        entry.highest = max(entry.highest, p.highest)
        entry.lowest = min(entry.lowest, p.lowest)
        number = entry.next
    p.highest, p.lowest = -math.inf, math.inf


@inlined
def take_on(p: Record, fill: Record, side: float, terms: Record, book: Book) -> None:
    """Add what ``fill`` opened to the position, and start one where there was none."""
    if p.direction != 0.0:
        give_extremes(p, book)
    elif terms.financing == INTERVAL:
        book.account[0].accruing += 1
    p.direction = side
    p.size += fill.size
    p.basis += fill.size * fill.reference
    p.paid += fill.size * fill.price
    add_entry(p, fill, terms, book)


@inlined
def add_entry(p: Record, fill: Record, terms: Record, book: Book) -> None:
    """Append the entry that ``fill`` opened to the position's queue."""
    account = book.account[0]
    number = account.free
    if number >= 0:
        account.free = book.entries[number].next
    else:
        number = account.entries
        account.entries += 1
    entry = book.entries[number]
    entry.next, entry.bar, entry.own_bar, entry.stamp = -1, fill.bar, p.bars, fill.stamp
    entry.size, entry.price, entry.reference, entry.rate = fill.size, fill.price, fill.reference, fill.rate
    entry.spread_cost, entry.slippage_cost, entry.fees = fill.spread_cost, fill.slippage_cost, fill.fees
    entry.dividends, entry.financing_cost = 0.0, 0.0
    entry.highest, entry.lowest = fill.reference, fill.reference
    entry.intervals, entry.flags, entry.inside = 0, fill.flags, 0
    if terms.financing == INTERVAL:
        entry.financing_cost = terms.opening_rate * fill.size * terms.contract * fill.price * fill.rate
        account.cash += entry.financing_cost
    if p.head < 0:
        p.head = number
        p.first_bar = p.bars
    else:
        book.entries[p.tail].next = number
    p.tail = number


@inlined
def write_trade(p: Record, entry: Record, piece: float, share: float, fill: Record, terms: Record, book: Book) -> float:
    """Write the trade of ``piece`` lots of ``entry`` closed by ``fill``; return its price profit.

    ``share``: the piece's part of what is left of the entry, whose costs go with it.
    """
    account = book.account[0]
    row = book.trades[account.trades]
    account.trades += 1
    direction = p.direction
    units = piece * terms.contract
    part = piece / fill.size
    row.column, row.side, row.size = fill.column, int(direction), piece
    row.entry_bar, row.entry_stamp, row.exit_bar, row.exit_stamp = entry.bar, entry.stamp, fill.bar, fill.stamp
    row.entry_price, row.entry_reference, row.entry_rate = entry.price, entry.reference, entry.rate
    row.exit_price, row.exit_reference, row.exit_rate = fill.price, fill.reference, fill.rate
    row.exit_reason, row.flags = fill.reason, fill.flags | entry.flags
    row.dividends = entry.dividends * share
    moved = direction * units * (fill.reference - entry.reference) * fill.rate
    row.price_profit = moved + row.dividends
    row.spread_cost = entry.spread_cost * share + fill.spread_cost * part
    row.slippage_cost = entry.slippage_cost * share + fill.slippage_cost * part
    row.fees = entry.fees * share + fill.fees * part
    row.financing_cost = entry.financing_cost * share
    costs = row.spread_cost + row.slippage_cost + row.fees + row.financing_cost
    row.net_profit = row.price_profit + costs
    row["return"] = row.net_profit / (units * entry.price * entry.rate)
    best, worst = (entry.highest, entry.lowest) if direction > 0.0 else (entry.lowest, entry.highest)
    row.mfe = direction * (best - entry.reference) / entry.reference
    row.mae = direction * (worst - entry.reference) / entry.reference
    row.bars_held = p.bars - entry.own_bar
    return float(moved)


@inlined
def close_oldest(m: int, fill: Record, terms: Record, book: Book, high: float, low: float) -> None:
    """Close ``fill.size`` lots, oldest entries first. ``high`` and ``low``: the exit bar's mids that count."""
    account, p = book.account[0], book.positions[m]
    give_extremes(p, book)
    left = fill.size
    while left > STEP_TOLERANCE * terms.size_step and p.head >= 0:
        entry = book.entries[p.head]
        whole = entry.size <= left + STEP_TOLERANCE * terms.size_step
        piece = entry.size if whole else left
        share = 1.0 if whole else piece / entry.size
        kept_high, kept_low = entry.highest, entry.lowest
        top, bottom = high, low
        if entry.inside != 0:
            top = min(high, fill.reference) if p.direction > 0.0 else high
            bottom = max(low, fill.reference) if p.direction < 0.0 else low
        entry.highest, entry.lowest = max(kept_high, top), min(kept_low, bottom)
        account.cash += write_trade(p, entry, piece, share, fill, terms, book)
        p.size -= piece
        p.basis -= piece * entry.reference
        p.paid -= piece * entry.price
        left -= piece
        if whole:
            number = p.head
            p.head = entry.next
            entry.next, account.free = account.free, number
            p.first_bar = book.entries[p.head].own_bar if p.head >= 0 else 0
        else:
            keep_rest(entry, piece, share, kept_high, kept_low)
    if p.head < 0:
        leave_flat(p, terms, account)


@inlined
def keep_rest(entry: Record, piece: float, share: float, highest: float, lowest: float) -> None:
    """Leave in ``entry`` what the closed ``piece`` did not take."""
    entry.size -= piece
    entry.highest, entry.lowest = highest, lowest
    rest = 1.0 - share
    entry.spread_cost *= rest
    entry.slippage_cost *= rest
    entry.fees *= rest
    entry.financing_cost *= rest
    entry.dividends *= rest


@inlined
def leave_flat(p: Record, terms: Record, account: Record) -> None:
    """Clear the position of everything it held, its levels included."""
    if p.direction != 0.0 and terms.financing == INTERVAL:
        account.accruing -= 1
    p.direction = p.size = p.basis = p.paid = p.entry = p.weight = 0.0
    p.stop = p.trail = p.adverse = p.target = math.nan
    p.best = math.nan
    p.highest, p.lowest = -math.inf, math.inf
    p.head = p.tail = -1
