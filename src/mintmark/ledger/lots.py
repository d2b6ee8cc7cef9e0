"""Lots of one instrument, and which of them a removal takes."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

from mintmark.domain import Refusal, Refused
from mintmark.ledger.exactly import WIDE, ZERO, rounded, share

Method: TypeAlias = Literal["fifo", "lifo", "hifo", "average", "specific"]
METHODS: tuple[Method, ...] = ("fifo", "lifo", "hifo", "average", "specific")
Key: TypeAlias = tuple[str, date, str]


class Lot(NamedTuple):
    """Units bought together; negative units are a short lot.

    ``cost``: the total of all units, positive. ``fx``: base currency per unit of ``currency`` on the trade
    date, None where nobody said. ``number`` orders lots by when they were booked.
    """

    symbol: str
    acquired: date
    label: str
    units: Decimal
    cost: Decimal
    currency: str
    fx: Decimal | None
    fee: Decimal
    number: int
    opened: date
    margin: bool = False

    @property
    def key(self) -> Key:
        return self[:3]

    @property
    def id(self) -> str:
        """The name of the lot inside its portfolio.

        It is made of what its postings say, so it survives a rebuild and an export.
        """
        return lot_id(self.key)

    @property
    def unit_cost(self) -> Decimal:
        return WIDE.divide(self.cost, abs(self.units))


def lot_id(key: Key) -> str:
    """Return the name of the lot of ``key``.

    >>> lot_id(("AAPL", date(2014, 6, 6), "2"))
    'AAPL/2014-06-06/2'
    """
    symbol, acquired, label = key
    return f"{symbol}/{acquired.isoformat()}" + (f"/{label}" if label else "")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a removal says about its lots; it filters first, whatever the method."""

    ids: tuple[str, ...] = ()
    acquired: date | None = None
    cost: Decimal | None = None
    label: str | None = None

    def __bool__(self) -> bool:
        return bool(self.ids) or any(one is not None for one in (self.acquired, self.cost, self.label))

    def takes(self, lot: Lot) -> bool:
        """Return whether ``lot`` is one of those meant; ``cost`` is that of one unit."""
        return (
            (not self.ids or lot.id in self.ids)
            and (self.acquired is None or lot.acquired == self.acquired)
            and (self.cost is None or rounded(lot.unit_cost) == rounded(self.cost))
            and (self.label is None or lot.label.split("#")[0] == self.label or lot.label == self.label)
        )


NO_CHOICE = Choice()


class Shelf:
    """The open lots of one instrument, spot or on margin, oldest first.

    Taking from the old end and from the new end costs the same however many lots there are.
    """

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        self._lots: dict[Key, Lot] = {}
        self._order: list[tuple[date, int, Key]] = []
        self._first = 0
        self._placed: set[Key] = set()
        for lot in lots:
            self.put(lot)

    def __iter__(self) -> Iterator[Lot]:
        return self._alive(range(self._first, len(self._order)))

    def __bool__(self) -> bool:
        return bool(self._lots)

    @property
    def units(self) -> Decimal:
        """All units; negative where the lots are short."""
        total = ZERO
        for lot in self._lots.values():
            total = WIDE.add(total, lot.units)
        return total

    @property
    def sign(self) -> int:
        """1 for long lots, -1 for short ones, 0 for none."""
        return 0 if not self._lots else 1 if next(iter(self._lots.values())).units > 0 else -1

    def put(self, lot: Lot) -> None:
        """Add ``lot``, or put it in the place of what was held under its key."""
        key = lot.key
        self._lots[key] = lot
        if key in self._placed:
            return
        self._placed.add(key)
        place = (lot.acquired, lot.number, key)
        if not self._order or self._order[-1] < place:
            self._order.append(place)
        else:
            insort(self._order, place, lo=self._first)

    def drop(self, key: Key) -> None:
        """Take away the lot of ``key``."""
        del self._lots[key]
        self._forget_ends()

    def ordered(self, method: Method) -> Iterator[Lot]:
        """Give the open lots in the order ``method`` takes them; average and specific go by date."""
        if method == "lifo":
            return self._alive(range(len(self._order) - 1, self._first - 1, -1))
        if method == "hifo":
            return iter(sorted(self, key=lambda lot: -lot.unit_cost))
        return iter(self)

    def _alive(self, places: Iterable[int]) -> Iterator[Lot]:
        lots, order = self._lots, self._order
        for place in places:
            lot = lots.get(order[place][2])
            if lot is not None:
                yield lot

    def _forget_ends(self) -> None:
        lots, order, first = self._lots, self._order, self._first
        while len(order) > first and order[-1][2] not in lots:
            self._placed.discard(order.pop()[2])
        while len(order) > first and order[first][2] not in lots:
            self._placed.discard(order[first][2])
            first += 1
        if first > 1024 and first * 2 > len(order):
            del order[:first]
            first = 0
        self._first = first


def chosen(
    shelf: Shelf, units: Decimal, method: Method, choice: Choice = NO_CHOICE, day: date | None = None
) -> list[tuple[Lot, Decimal]] | Refusal:
    """Return how many of ``units`` (positive) come from which lot, or why that cannot be.

    Lots booked under a later date than ``day`` are not there yet. What the lots cannot give is left out:
    the caller compares the sum.
    """
    candidates = shelf.ordered(method)
    if method == "specific" or (choice is not NO_CHOICE and choice):
        found = [lot for lot in candidates if choice.takes(lot) and (day is None or lot.opened <= day)]
        if method == "specific" and (refusal := _ambiguous(found, units)) is not None:
            return refusal
        candidates = iter(found)
    taken: list[tuple[Lot, Decimal]] = []
    left = units
    for lot in candidates:
        if day is not None and lot.opened > day:
            continue
        there = abs(lot.units)
        part = there if there <= left else left
        taken.append((lot, part))
        left = WIDE.subtract(left, part)
        if not left:
            break
    return taken


def _ambiguous(found: Sequence[Lot], units: Decimal) -> Refusal | None:
    total = ZERO
    for lot in found:
        total = WIDE.add(total, abs(lot.units))
    if len(found) <= 1 or total <= units:
        return None
    names = [lot.id for lot in found]
    message = f"{len(found)} lots match and hold {total} units together: name one of {', '.join(names[:5])}"
    return Refusal("lot_ambiguous", message, observed=len(found), limit=1, details={"lots": names[:100]})


def after(lot: Lot, part: Decimal) -> tuple[Lot | None, Decimal]:
    """Return what is left of ``lot`` without ``part`` units (positive), and what these cost.

    A part costs its share of the total at 10 places; the last one the rest.
    """
    there = abs(lot.units)
    if part == there:
        return None, lot.cost
    cost = share(lot.cost, part, there)
    return reduced(lot, part, cost), cost


def reduced(lot: Lot, part: Decimal, cost: Decimal) -> Lot:
    """Return ``lot`` without ``part`` of its units (positive) and ``cost`` of its cost; the fee goes by units."""
    less = WIDE.subtract
    units = less(lot.units, part) if lot.units > 0 else WIDE.add(lot.units, part)
    fee = less(lot.fee, share(lot.fee, part, abs(lot.units))) if lot.fee else lot.fee
    return Lot(
        lot.symbol, lot.acquired, lot.label, units, less(lot.cost, cost), lot.currency, lot.fx, fee, lot.number,
        lot.opened, lot.margin,
    )  # fmt: skip


def choice_from(meta: Mapping[str, Any]) -> Choice:
    """Return what ``meta`` says about lots: ``lots`` (ids) and ``lot`` (acquired, cost, label).

    Raises:
        Refused: ``invalid_request``.
    """
    from mintmark.ledger.exactly import amount_of, wrong
    from mintmark.ledger.terms import day_of, texts_of

    ids = texts_of(meta.get("lots", ()), "lots") if "lots" in meta else ()
    spec = meta.get("lot")
    if spec is None:
        return Choice(ids)
    if isinstance(spec, str):
        return Choice((*ids, spec))
    if not isinstance(spec, Mapping) or not set(spec) <= {"id", "acquired", "cost", "label"}:
        raise wrong("lot", "an id, or some of id, acquired, cost, label", spec)
    return Choice(
        (*ids, spec["id"]) if "id" in spec else ids,
        day_of(spec["acquired"], "lot.acquired") if "acquired" in spec else None,
        amount_of(spec["cost"], "lot.cost") if "cost" in spec else None,
        spec.get("label"),
    )


def not_enough(symbol: str, observed: Decimal, limit: Decimal) -> Refused:
    """Return the refusal of taking more units of ``symbol`` than are held."""
    message = f"{observed} {symbol} asked for, {limit} held"
    refusal = Refusal(
        "not_enough_shares", message, observed=str(observed), limit=str(limit), details={"symbol": symbol}
    )
    return Refused.because(refusal)
