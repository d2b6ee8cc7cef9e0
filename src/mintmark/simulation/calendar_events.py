"""What the calendar does to a position before the bar's orders: splits, dividends, nights and hours held."""

from __future__ import annotations

from mintmark.measures import inlined
from mintmark.simulation.costs import night_charge
from mintmark.simulation.records import BY_SIZE, DIVIDEND, INTERVAL, NIGHTS, SPLIT, Book, Market, Record, Rules


@inlined
def play_events(market: Market, terms: Record, rules: Rules, book: Book) -> None:
    """Play every event of the bar, then charge the full intervals that have passed."""
    account = book.account[0]
    while account.next_event < len(market.events) and market.events[account.next_event].bar <= account.bar:
        event = market.events[account.next_event]
        account.next_event += 1
        m = event.column
        p = book.positions[m]
        if event.kind == SPLIT:
            split(p, event.value, rules, book)
        elif p.direction == 0.0:
            continue
        elif event.kind == DIVIDEND:
            per_lot = p.direction * event.value * terms[m].contract * p.rate
            pay_dividend(p, per_lot, book)
        elif event.kind == NIGHTS:
            charge = night_charge(terms[m], p.direction, p.mark, p.rate, event.value)
            pay_financing(p, charge, book)
    if account.accruing > 0:
        for m in range(len(book.positions)):
            if book.positions[m].direction != 0.0 and terms[m].financing == INTERVAL:
                pay_intervals(m, terms, book)


@inlined
def split(p: Record, ratio: float, rules: Rules, book: Book) -> None:
    """Multiply what is held and ordered by ``ratio``; divide every price by it."""
    p.mark /= ratio
    p.order_size *= ratio
    if rules.sizing == BY_SIZE:
        p.weight *= ratio
    p.size *= ratio
    p.entry /= ratio
    p.stop /= ratio
    p.trail /= ratio
    p.adverse /= ratio
    p.target /= ratio
    p.best /= ratio
    p.highest /= ratio
    p.lowest /= ratio
    number = p.head
    while number >= 0:
        entry = book.entries[number]
        entry.size *= ratio
        entry.price /= ratio
        entry.reference /= ratio
        entry.highest /= ratio
        entry.lowest /= ratio
        number = entry.next


@inlined
def pay_dividend(p: Record, per_lot: float, book: Book) -> None:
    """Credit a long, debit a short; each entry keeps its share."""
    book.account[0].cash += per_lot * p.size
    number = p.head
    while number >= 0:
        entry = book.entries[number]
        entry.dividends += per_lot * entry.size
        number = entry.next


@inlined
def pay_financing(p: Record, per_lot: float, book: Book) -> None:
    """Add ``per_lot`` (negative: paid) for every lot held; each entry keeps its share."""
    book.account[0].cash += per_lot * p.size
    number = p.head
    while number >= 0:
        entry = book.entries[number]
        entry.financing_cost += per_lot * entry.size
        number = entry.next


@inlined
def pay_intervals(m: int, terms: Record, book: Book) -> None:
    """Charge each entry for the full intervals since it was opened that were not charged yet."""
    p, x = book.positions[m], terms[m]
    per_interval = x.financing_long if p.direction > 0.0 else x.financing_short
    number = p.head
    while number >= 0:
        entry = book.entries[number]
        passed = (book.account[0].stamp - entry.stamp) // x.interval_ns
        if passed > entry.intervals:
            notional = entry.size * x.contract * entry.price * p.rate
            charge = (passed - entry.intervals) * per_interval * notional
            entry.financing_cost += charge
            book.account[0].cash += charge
            entry.intervals = passed
        number = entry.next
