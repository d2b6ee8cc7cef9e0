"""The ledger as it was at one head: what came later is not there."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from decimal import Decimal

from mintmark.ledger import holdings
from mintmark.ledger.accounts import cash
from mintmark.ledger.books import Book
from mintmark.ledger.entries import Entry
from mintmark.ledger.exactly import ZERO, tidy
from mintmark.ledger.holdings import Change, Flow, Income, Position
from mintmark.ledger.lots import Lot
from mintmark.ledger.operations.journal import Journal, last_of
from mintmark.ledger.realized import Realized
from mintmark.ledger.state import State, fold
from mintmark.store import Database

_MOST_STATES = 128
_MOST_PORTFOLIOS = 64
_MOST_VIEWS = 4


class LedgerView:
    """All a reader sees of the ledger: entries up to ``commit_hash`` and what they add up to.

    ``as_of`` counts entries dated on or before that day. Reading notes nothing: whoever answers with figures
    names the source ``ledger``. What is behind a head never changes, so a view keeps what it read and folded and
    may be lent to any thread.
    """

    def __init__(self, database: Database, journal: Journal, sequence: int, commit_hash: str) -> None:
        self._database, self._journal = database, journal
        self.sequence = sequence
        self.commit_hash = commit_hash
        self._states: OrderedDict[tuple[str, date], State] = OrderedDict()
        self._known: OrderedDict[str, list[Entry]] = OrderedDict()
        self._changes: dict[str, list[Change]] = {}
        self._hashes: dict[str, str] = {}
        self._lock = threading.RLock()

    def portfolio_hash(self, code: str) -> str:
        """Return the hash of the last entry of ``code`` at this head; 64 zeros where it has none."""
        if code not in self._hashes:
            with self._database.read() as connection:
                self._journal.book(connection, code)
                self._hashes[code] = last_of(connection, code, self.sequence)[1]
        return self._hashes[code]

    def book(self, code: str) -> Book:
        """Return how ``code`` is kept. Raises: Refused ``portfolio_not_found``."""
        with self._database.read() as connection:
            return self._journal.book(connection, code)

    def entries(
        self, code: str, start: date | None = None, end: date | None = None, limit: int | None = None
    ) -> list[Entry]:
        """Return the entries of ``code`` dated from ``start`` to ``end``, both in, in the order of the journal.

        ``limit``: the last so many.
        """
        found = [
            entry
            for entry in self._all(code)
            if (start is None or entry.date >= start) and (end is None or entry.date <= end)
        ]
        return found if limit is None else found[-limit:] if limit else []

    def positions(self, code: str, as_of: date) -> tuple[Position, ...]:
        """Return the open positions at the end of ``as_of``, by symbol."""
        return holdings.positions_of(self.state(code, as_of))

    def cash(self, code: str, as_of: date) -> dict[str, Decimal]:
        """Return the cash by currency, trade date counting."""
        return holdings.cash_of(self.state(code, as_of))

    def receivables(self, code: str, as_of: date) -> dict[tuple[str, str], Decimal]:
        """Return what is accrued and not paid, by (symbol, currency)."""
        return holdings.receivables_of(self.state(code, as_of))

    def margin(self, code: str, as_of: date) -> dict[str, Decimal]:
        """Return the balance on margin by currency; what was borrowed is negative."""
        return holdings.margin_of(self.state(code, as_of))

    def unsettled(self, code: str, as_of: date) -> dict[str, Decimal]:
        """Return the part of the cash by currency whose settlement date lies after ``as_of``."""
        found: dict[str, Decimal] = {}
        account = cash(code)
        for entry in holdings.standing(self.entries(code, end=as_of)):
            settles = entry.meta.get("settle_date")
            if settles is None or settles <= as_of.isoformat():
                continue
            for posting in entry.postings:
                if posting.account == account:
                    found[posting.commodity] = found.get(posting.commodity, ZERO) + posting.units
        return {currency: amount for currency, amount in sorted(found.items()) if amount}

    def balances(self, code: str, as_of: date) -> dict[tuple[str, str], Decimal]:
        """Return all balances that are not zero by (account, commodity)."""
        state = self.state(code, as_of)
        return {place: tidy(units) for place, units in sorted(state.balances.items()) if units}

    def lots(self, code: str, as_of: date, closed: bool = False) -> tuple[Lot, ...]:
        """Return the open lots by symbol, oldest first; ``closed`` adds the closed ones with no units left."""
        state = self.state(code, as_of)
        found = [lot for position in self.positions(code, as_of) for lot in position.lots]
        if closed:
            gone = [lot._replace(units=ZERO, cost=ZERO, fee=ZERO) for lot, _ in state.closed.values()]
            found = sorted([*found, *gone], key=lambda lot: (lot.symbol, lot.acquired, lot.number))
        return tuple(found)

    def realized(self, code: str, start: date, end: date) -> tuple[Realized, ...]:
        """Return the realised gains of removals dated ``start`` to ``end``, both in, by date."""
        state = self.state(code, end)
        found = [one for gains in state.realized.values() for one in gains if start <= one.date <= end]
        return tuple(sorted(found, key=lambda one: (one.date, one.sequence)))

    def flows(self, code: str, start: date, end: date) -> tuple[Flow, ...]:
        """Return the external flows dated ``start`` to ``end``, both in, by date."""
        found = holdings.flows_of(self._all(code), code)
        return tuple(flow for flow in found if start <= flow.date <= end)

    def changes(self, code: str, start: date, end: date) -> tuple[Change, ...]:
        """Return the postings of entries that stand, dated ``start`` to ``end``, both in, by date."""
        with self._lock:
            entries = self._all(code)
            if code not in self._changes:
                self._changes[code] = holdings.changes_of(entries, self.state(code, date.max).symbols)
            found = self._changes[code]
        return tuple(change for change in found if start <= change.date <= end)

    def income(self, code: str, start: date, end: date) -> tuple[Income, ...]:
        """Return the dividends paid from ``start`` to ``end``, both in, at the rate of the pay date."""
        found = holdings.income_of(self._all(code), self.book(code).base_currency)
        return tuple(one for one in found if start <= one.date <= end)

    def assumed_pay_dates(self, code: str, as_of: date) -> int:
        """Return how many dividends accrued up to ``as_of`` have a pay date that no source named."""
        standing = holdings.standing(self.entries(code, end=as_of))
        return sum(entry.kind == "dividend_accrued" and "pay_lag_days" in entry.meta for entry in standing)

    def first_date(self, code: str) -> date | None:
        """Return the earliest date of an entry of ``code``, or None where it has none."""
        return min((entry.date for entry in self._all(code)), default=None)

    def state(self, code: str, as_of: date) -> State:
        """Return the fold of the entries dated up to ``as_of``; it must not be changed."""
        with self._lock:
            entries = self._all(code)
            last = max((entry.date for entry in entries), default=as_of)
            key = (code, min(as_of, last))
            if key not in self._states:
                self._states[key] = fold(self.book(code), (entry for entry in entries if entry.date <= as_of))
            self._states.move_to_end(key)
            while len(self._states) > _MOST_STATES:
                self._states.popitem(last=False)
            return self._states[key]

    def _all(self, code: str) -> list[Entry]:
        with self._lock:
            if code not in self._known:
                with self._database.read() as connection:
                    self._journal.book(connection, code)
                    self._known[code] = self._journal.entries(connection, code, self.sequence)
            self._known.move_to_end(code)
            while len(self._known) > _MOST_PORTFOLIOS:
                gone, _ = self._known.popitem(last=False)
                self._changes.pop(gone, None)
            return self._known[code]


class Views:
    """The views of the heads last asked for; two who ask for one head share it."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database, self._journal = database, journal
        self._kept: OrderedDict[tuple[int, str], LedgerView] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, sequence: int, commit_hash: str) -> LedgerView:
        """Return the view of the head ``commit_hash``."""
        key = (sequence, commit_hash)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = LedgerView(self._database, self._journal, sequence, commit_hash)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_VIEWS:
                self._kept.popitem(last=False)
            return self._kept[key]
