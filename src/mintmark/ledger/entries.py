"""Entries and postings, their one way to bytes, and the chain of their hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from mintmark.domain import plain_decimal
from mintmark.ledger.exactly import WIDE, ZERO

Kind: TypeAlias = Literal[
    "deposit", "withdrawal", "transfer_in", "transfer_out", "trade", "conversion", "dividend_accrued", "dividend_paid",
    "return_of_capital", "interest", "fee", "financing", "split", "spin_off", "merger", "balance", "reversal",
]  # fmt: skip
FLOWS: frozenset[str] = frozenset({"deposit", "withdrawal", "transfer_in", "transfer_out"})
GENESIS = "0" * 64
_DOMAIN = "mintmark.ledger.v1"
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Cost:
    """What the units of a posting cost in all, and which lot they are."""

    total: Decimal
    commodity: str
    acquired: date
    label: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit (``amount``) or of all units (``total``) of a posting: one of the two."""

    commodity: str
    amount: Decimal | None = None
    total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A change of one account."""

    account: str
    units: Decimal
    commodity: str
    cost: Cost | None = None
    price: Price | None = None

    @property
    def weight(self) -> tuple[Decimal, str]:
        """What the posting counts in the balance of its entry, with its commodity."""
        if self.cost is not None:
            return (self.cost.total if self.units > 0 else self.cost.total.copy_negate()), self.cost.commodity
        if self.price is not None:
            return self.worth or ZERO, self.price.commodity
        return self.units, self.commodity

    @property
    def worth(self) -> Decimal | None:
        """The units at their price, signed; None without a price."""
        if self.price is None:
            return None
        if self.price.total is not None:
            return self.price.total if self.units > 0 else self.price.total.copy_negate()
        assert self.price.amount is not None
        return WIDE.multiply(self.units, self.price.amount)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it is posted.

    ``meta`` holds what the kind needs. Where ``postings`` are given they are taken as they are; else
    they are booked from ``meta``. ``happened_at``: None is the first moment of ``date``, UTC.
    """

    portfolio: str
    kind: Kind
    date: date
    meta: Mapping[str, Any] = field(default_factory=dict)
    postings: tuple[Posting, ...] = ()
    happened_at: datetime | None = None
    external_id: str = ""
    narration: str = ""
    source: str = "manual"
    reverses: str | None = None
    id: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced set of postings as the journal holds it; ``sequence`` and ``hash`` are its place in the chain."""

    id: str
    portfolio: str
    kind: Kind
    date: date
    happened_at: datetime
    known_at: datetime
    external_id: str
    narration: str
    source: str
    meta: Mapping[str, Any]
    postings: tuple[Posting, ...]
    reverses: str | None = None
    sequence: int = 0
    hash: str = ""

    def placed(self, sequence: int, hash_: str) -> Entry:
        """Return the entry at its place in the chain."""
        return Entry(
            self.id, self.portfolio, self.kind, self.date, self.happened_at, self.known_at, self.external_id,
            self.narration, self.source, self.meta, self.postings, self.reverses, sequence, hash_,
        )  # fmt: skip


@lru_cache(4096)
def stamp(moment: datetime) -> str:
    """Return ``moment`` to the second, as the chain writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def posting_plain(posting: Posting) -> dict[str, Any]:
    """Return ``posting`` as JSON values."""
    cost, price = posting.cost, posting.price
    return {
        "account": posting.account,
        "commodity": posting.commodity,
        "cost": None
        if cost is None
        else {
            "acquired": cost.acquired.isoformat(),
            "commodity": cost.commodity,
            "label": cost.label,
            "total": plain_decimal(cost.total),
        },
        "price": None if price is None else _price_plain(price),
        "units": plain_decimal(posting.units),
    }


def _price_plain(price: Price) -> dict[str, str]:
    if price.total is not None:
        return {"commodity": price.commodity, "total": plain_decimal(price.total)}
    assert price.amount is not None
    return {"amount": plain_decimal(price.amount), "commodity": price.commodity}


def plain(entry: Entry) -> dict[str, Any]:
    """Return the content of ``entry`` as JSON values: all but its place in the chain."""
    return {
        "date": entry.date.isoformat(),
        "external_id": entry.external_id,
        "happened_at": stamp(entry.happened_at),
        "id": entry.id,
        "kind": entry.kind,
        "known_at": stamp(entry.known_at),
        "meta": dict(entry.meta),
        "narration": entry.narration,
        "portfolio": entry.portfolio,
        "postings": [posting_plain(posting) for posting in entry.postings],
        "reverses": entry.reverses,
        "source": entry.source,
    }


def content(entry: Entry) -> str:
    """Return the canonical text of ``entry`` that the chain hashes."""
    return _encode(plain(entry))


def written(value: Any) -> str:
    """Return JSON values as canonical text."""
    return _encode(value)


def chained(previous: str, text: str) -> str:
    """Return the hash of the entry with the content ``text`` after the hash ``previous``."""
    return hashlib.sha256(f"{_DOMAIN}\n{previous}\n{text}".encode()).hexdigest()


def from_plain(found: Mapping[str, Any], sequence: int = 0, hash_: str = "") -> Entry:
    """Return the entry that ``plain`` wrote."""
    return Entry(
        id=found["id"],
        portfolio=found["portfolio"],
        kind=found["kind"],
        date=date.fromisoformat(found["date"]),
        happened_at=datetime.fromisoformat(found["happened_at"]),
        known_at=datetime.fromisoformat(found["known_at"]),
        external_id=found["external_id"],
        narration=found["narration"],
        source=found["source"],
        meta=found["meta"],
        postings=tuple(posting_from(one) for one in found["postings"]),
        reverses=found["reverses"],
        sequence=sequence,
        hash=hash_,
    )


def posting_from(found: Mapping[str, Any]) -> Posting:
    """Return the posting that ``posting_plain`` wrote."""
    cost, price = found["cost"], found["price"]
    return Posting(
        found["account"],
        Decimal(found["units"]),
        found["commodity"],
        None
        if cost is None
        else Cost(Decimal(cost["total"]), cost["commodity"], date.fromisoformat(cost["acquired"]), cost["label"]),
        None
        if price is None
        else Price(
            price["commodity"],
            Decimal(price["amount"]) if "amount" in price else None,
            Decimal(price["total"]) if "total" in price else None,
        ),
    )


def imbalance(postings: Iterable[Posting]) -> dict[str, Decimal]:
    """Return what the weights of ``postings`` leave by commodity; empty where they sum to exactly zero."""
    sums: dict[str, Decimal] = {}
    for posting in postings:
        weight, commodity = posting.weight
        sums[commodity] = WIDE.add(sums.get(commodity, ZERO), weight)
    return {commodity: left for commodity, left in sums.items() if left}
