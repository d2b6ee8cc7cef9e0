"""What a portfolio holds: a fold over its entries in the order of the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count

from mintmark.domain import Refused
from mintmark.ledger.accounts import check_symbol, held_part, part_of, receivable
from mintmark.ledger.books import Book
from mintmark.ledger.entries import Entry, Posting
from mintmark.ledger.exactly import WIDE, ZERO, amount_of, share, widely, wrong
from mintmark.ledger.lots import Key, Lot, Shelf, reduced
from mintmark.ledger.realized import Realized

ACTIONS = frozenset({"split", "spin_off", "merger", "return_of_capital"})


@dataclass(slots=True)
class Trace:
    """What an entry did to lots: each as it was before and after."""

    entry: Entry
    before: dict[Key, Lot | None] = field(default_factory=dict)
    after: dict[Key, Lot | None] = field(default_factory=dict)


class State:
    """Balances, lots and gains of one portfolio after some of its entries.

    ``apply`` is the one way to change it, live and in a replay; it raises before it changes anything that it
    cannot finish, except where it says so.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sequence = 0
        self.hash = ""
        self.balances: dict[tuple[str, str], Decimal] = {}
        self.history: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        self.lots: dict[Key, Lot] = {}
        self.shelves: dict[tuple[str, bool], Shelf] = {}
        self.labels: dict[tuple[str, date], set[str]] = {}
        self.realized: dict[str, list[Realized]] = {}
        self.traces: dict[str, Trace] = {}
        self.users: dict[Key, list[str]] = {}
        self.reversed: dict[str, str] = {}
        self.symbols: dict[str, str] = {}
        self.seen: dict[str, date] = {}
        self.actions: dict[str, date] = {}
        self.closed: dict[Key, tuple[Lot, date]] = {}
        # What changed since it was last projected.
        self.touched: set[Key] = set()
        self.moved: set[tuple[str, str]] = set()
        self._numbers = count(1)

    def shelf(self, symbol: str, margin: bool = False) -> Shelf:
        """Return the open lots of ``symbol``, spot or on margin."""
        return self.shelves.get((symbol, margin)) or self.shelves.setdefault((symbol, margin), Shelf())

    def balance(self, account: str, commodity: str, before: date | None = None) -> Decimal:
        """Return what ``account`` holds of ``commodity``, at the start of the day ``before`` where one is given."""
        if before is None:
            return self.balances.get((account, commodity), ZERO)
        total = ZERO
        for day, units in self.history.get((account, commodity), ()):
            if day < before:
                total = WIDE.add(total, units)
        return total

    def owed(self, symbol: str, currency: str) -> Decimal:
        """Return the dividends of ``symbol`` accrued and not yet paid."""
        return self.balance(receivable(self.book.code, symbol), currency)

    def claim(self, symbol: str) -> None:
        """Remember the account name of ``symbol``.

        Raises:
            Refused: ``invalid_request`` where another symbol has it.
        """
        known = self.symbols.setdefault(part_of(check_symbol(symbol)), symbol)
        if known != symbol:
            raise wrong("symbol", f"a symbol whose account is not that of {known}", symbol)

    @widely
    def apply(self, entry: Entry) -> None:
        """Add ``entry``; on a refusal the state is to be thrown away.

        Raises:
            Refused: ``lot_mismatch`` for a posting that its lot does not bear, ``fx_missing``.
        """
        if entry.kind == "reversal":
            self._restore(entry)
        elif any(posting.cost is not None for posting in entry.postings):
            Folding(self, entry).run()
        for posting in entry.postings:
            place = (posting.account, posting.commodity)
            self.balances[place] = WIDE.add(self.balances.get(place, ZERO), posting.units)
            self.history.setdefault(place, []).append((entry.date, posting.units))
            self.moved.add(place)
        self._note_symbols(entry)
        self.sequence, self.hash = entry.sequence, entry.hash

    def put(self, key: Key, lot: Lot | None, day: date) -> None:
        """Let ``lot`` be what is held under ``key``; None closes it on ``day``."""
        was = self.lots.get(key)
        self.touched.add(key)
        if was is not None and (lot is None or lot.margin != was.margin):
            self.shelf(key[0], was.margin).drop(key)
            del self.lots[key]
            self.closed[key] = (was, day)
        if lot is not None:
            self.closed.pop(key, None)
            self.lots[key] = lot
            self.shelf(key[0], lot.margin).put(lot)
            self.labels.setdefault((key[0], key[1]), set()).add(key[2])

    def number(self) -> int:
        """Return the next number of a lot."""
        return next(self._numbers)

    def blocking(self, entry_id: str) -> list[str]:
        """Return the entries that have used a lot of ``entry_id`` since."""
        found: dict[str, None] = {}
        for key in self.traces[entry_id].before if entry_id in self.traces else ():
            users = self.users.get(key, [])
            found.update(dict.fromkeys(users[users.index(entry_id) + 1 :]))
        return list(found)

    def _restore(self, entry: Entry) -> None:
        assert entry.reverses is not None
        self.reversed[entry.reverses] = entry.id
        trace = self.traces.pop(entry.reverses, None)
        self.realized.pop(entry.reverses, None)
        if trace is None:
            return
        for key in trace.before:
            self.users[key].remove(entry.reverses)
        for key, lot in trace.before.items():
            self.put(key, lot, entry.date)

    def _note_symbols(self, entry: Entry) -> None:
        symbols = {posting.commodity for posting in entry.postings if held_part(posting.account)}
        named = entry.meta.get("symbol")
        if isinstance(named, str):
            symbols.add(named)
        for symbol in symbols:
            self.claim(symbol)
            if entry.kind != "reversal":
                self.seen[symbol] = max(self.seen.get(symbol, entry.date), entry.date)
                if entry.kind in ACTIONS:
                    self.actions[symbol] = max(self.actions.get(symbol, entry.date), entry.date)


class Folding:
    """One entry on its way into the lots."""

    def __init__(self, state: State, entry: Entry) -> None:
        self._state, self._entry = state, entry
        self._trace = Trace(entry)
        self._parent: Lot | None = None
        self._gains: list[Realized] = []
        self._restated = False
        fx = entry.meta.get("fx")
        self._fx = None if fx is None else amount_of(fx, "meta.fx")
        self._opening = 0

    def run(self) -> None:
        """Fold the postings, one after the other."""
        state, entry = self._state, self._entry
        left = [posting for posting in entry.postings if posting.cost is not None and held_part(posting.account)]
        place = 0
        while place < len(left):
            posting = left[place]
            following = left[place + 1] if place + 1 < len(left) else None
            place += 1 + self._fold(posting, following)
        gains = self._by_average() if self._restated and entry.kind == "trade" else self._gains
        if gains:
            state.realized[entry.id] = gains
        for key in self._trace.before:
            self._trace.after[key] = state.lots.get(key)
            state.users.setdefault(key, []).append(entry.id)
        state.traces[entry.id] = self._trace

    def _fold(self, posting: Posting, following: Posting | None) -> int:
        """Fold one posting, with the one that follows where they restate a lot; return how many more were used."""
        assert posting.cost is not None
        key = (posting.commodity, posting.cost.acquired, posting.cost.label)
        lot = self._state.lots.get(key)
        self._trace.before.setdefault(key, lot)
        if lot is None or (lot.units > 0) == (posting.units > 0):
            self._open(key, lot, posting)
            return 0
        if following is not None and posting.units == -lot.units and self._is_same(key, lot, following):
            self._restate(lot, posting, following)
            return 1
        self._close(lot, posting, following)
        return 0

    @staticmethod
    def _is_same(key: Key, lot: Lot, following: Posting) -> bool:
        cost = following.cost
        return (
            cost is not None
            and (following.commodity, cost.acquired, cost.label) == key
            and (following.units > 0) == (lot.units > 0)
        )

    def _open(self, key: Key, lot: Lot | None, posting: Posting) -> None:
        cost, entry, state = posting.cost, self._entry, self._state
        assert cost is not None
        if lot is not None:
            raise self._mismatch(posting, "a label that no open lot of that day has")
        parent = self._parent if entry.kind in ACTIONS else None
        fx, fee = self._origin(posting, parent)
        number = state.number()
        margin = parent.margin if parent else bool(entry.meta.get("margin"))
        made = Lot(*key, posting.units, cost.total, cost.commodity, fx, fee, number, entry.date, margin)
        side = state.shelf(key[0], margin).sign
        if side and (side > 0) != (posting.units > 0):
            message = f"{key[0]} is held {'long' if side > 0 else 'short'} already: close that first"
            raise Refused(message, code="opposite_position", symbol=key[0], observed=str(posting.units))
        state.put(key, made, entry.date)

    def _origin(self, posting: Posting, parent: Lot | None) -> tuple[Decimal, Decimal]:
        """Return the rate and the fee a new lot carries."""
        cost, meta = posting.cost, self._entry.meta
        assert cost is not None
        if parent is not None:
            fee = share(parent.fee, cost.total, parent.cost) if parent.fee and parent.cost else ZERO
            return self._rate(parent.fx, cost.commodity), fee
        if self._entry.kind == "transfer_in" and self._opening < len(meta.get("lots", ())):
            given = meta["lots"][self._opening]
            self._opening += 1
            rate = amount_of(given["fx"], "lots.fx") if given.get("fx") is not None else None
            return self._rate(rate, cost.commodity), amount_of(given.get("fee", "0"), "lots.fee")
        fee = amount_of(meta.get("fee", "0"), "meta.fee") if self._entry.kind == "trade" else ZERO
        if fee and (traded := self._traded()):
            fee = share(fee, abs(posting.units), traded)
        return self._rate(self._fx, cost.commodity), fee

    def _traded(self) -> Decimal:
        units = self._entry.meta.get("units")
        return abs(amount_of(units, "meta.units")) if units is not None else ZERO

    def _rate(self, rate: Decimal | None, currency: str) -> Decimal:
        if currency == self._state.book.base_currency:
            return Decimal(1)
        if rate is None:
            raise fx_missing(currency, self._state.book.base_currency, self._entry.date)
        return rate

    def _restate(self, lot: Lot, posting: Posting, following: Posting) -> None:
        gone, came = posting.cost, following.cost
        assert gone is not None
        assert came is not None
        if gone.total != lot.cost or gone.commodity != lot.currency or came.commodity != lot.currency:
            raise self._mismatch(posting, f"the {lot.cost} {lot.currency} of the whole lot {lot.id}")
        # The part of the cost that a spin-off takes along takes its part of the fee.
        moves = self._entry.kind == "spin_off" and lot.fee and gone.total
        fee = share(lot.fee, came.total, gone.total) if moves else lot.fee
        kept = Lot(
            lot.symbol, lot.acquired, lot.label, following.units, came.total, lot.currency, lot.fx, fee,
            lot.number, lot.opened, lot.margin,
        )  # fmt: skip
        if posting.price is not None:
            part = WIDE.subtract(self._ratio(abs(posting.units)), abs(following.units))
            self._gain(lot, part, WIDE.subtract(gone.total, came.total), posting)
        self._restated = True
        self._parent = lot
        self._state.put(lot.key, kept, self._entry.date)

    def _ratio(self, units: Decimal) -> Decimal:
        ratio = self._entry.meta.get("ratio") if self._entry.kind == "split" else None
        return units if ratio is None else share(units, Decimal(ratio["new"]), Decimal(ratio["old"]))

    def _close(self, lot: Lot, posting: Posting, following: Posting | None) -> None:
        cost, part = posting.cost, abs(posting.units)
        assert cost is not None
        whole = abs(lot.units)
        if part > whole or cost.commodity != lot.currency or cost.total > lot.cost:
            raise self._mismatch(posting, f"at most {whole} units for {lot.cost} {lot.currency} of {lot.id}")
        if part == whole and cost.total != lot.cost:
            raise self._mismatch(posting, f"the last units of {lot.id} at the rest of its cost, {lot.cost}")
        if posting.price is not None:
            self._gain(lot, *self._sold(part, cost.total, posting, following), posting)
        self._parent = lot
        left = None if part == whole else reduced(lot, part, cost.total)
        self._state.put(lot.key, left, self._entry.date)

    def _sold(
        self, part: Decimal, cost: Decimal, posting: Posting, following: Posting | None
    ) -> tuple[Decimal, Decimal]:
        """Return the units and the cost that were sold; what went over to a successor was not."""
        if self._entry.kind != "merger" or following is None or following.commodity == posting.commodity:
            return part, cost
        assert following.cost is not None
        sold = WIDE.subtract(cost, following.cost.total)
        return (share(part, sold, cost) if cost else ZERO), sold

    def _gain(self, lot: Lot, part: Decimal, cost: Decimal, posting: Posting) -> None:
        entry, worth = self._entry, posting.worth
        assert worth is not None
        assert posting.price is not None
        sign = 1 if lot.units > 0 else -1
        fee = amount_of(entry.meta.get("fee", "0"), "meta.fee") if entry.kind == "trade" else ZERO
        traded = self._traded() if fee else ZERO
        self._gains.append(
            Realized(
                entry.id, entry.sequence, entry.kind, entry.date, lot.symbol, lot.id, lot.acquired,
                part * sign, abs(worth) * sign, cost * sign, lot.currency,
                self._rate(self._fx, lot.currency), self._rate(lot.fx, lot.currency),
                share(fee, part, traded) if traded else ZERO,
                share(lot.fee, part, abs(lot.units)) if lot.fee and part <= abs(lot.units) else ZERO,
            )
        )  # fmt: skip

    def _by_average(self) -> list[Realized]:
        """Return the gains with the cost of the pool spread by units: each unit cost the same."""
        from dataclasses import replace

        whole, pooled = ZERO, ZERO
        for gain in self._gains:
            whole, pooled = WIDE.add(whole, gain.units), WIDE.add(pooled, gain.cost)
        spread: list[Realized] = []
        left = pooled
        for gain in self._gains:
            cost = left if gain is self._gains[-1] else share(pooled, gain.units, whole)
            left = WIDE.subtract(left, cost)
            spread.append(replace(gain, cost=cost))
        return spread

    def _mismatch(self, posting: Posting, expected: str) -> Refused:
        found = f"{posting.units} {posting.commodity} for {posting.cost.total if posting.cost else None}"
        return wrong("postings", expected, found, "lot_mismatch")


def fx_missing(currency: str, base: str, day: date) -> Refused:
    """Return the refusal of a foreign amount without its rate."""
    message = f"no rate from {currency} to {base} was given for {day.isoformat()}: say fx, the {base} of one {currency}"
    return Refused(message, code="fx_missing", currency=currency, base=base, date=day.isoformat())


def fold(book: Book, entries: Iterable[Entry]) -> State:
    """Return the state after ``entries``, which are in the order of the journal."""
    state = State(book)
    for entry in entries:
        state.apply(entry)
    return state
