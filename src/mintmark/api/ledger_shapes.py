"""What the routes of the ledger answer with."""

from __future__ import annotations

from typing import Literal

from mintmark.api.shapes import Json, Shape


class LedgerLine(Shape):
    sequence: int
    hash: str
    id: str
    kind: str
    portfolio: str
    date: str
    happened_at: str
    known_at: str
    external_id: str
    narration: str
    source: str
    meta: Json
    postings: list[Json]
    reverses: str | None


class LedgerEntries(Shape):
    success: Literal[True]
    data: list[LedgerLine]
    total_count: int
    count: int
    limit: int
    offset: int
    head: str


class LedgerPlace(LedgerLine):
    previous: Json | None
    next: Json | None
    reversed_by: str | None


class LedgerEntry(Shape):
    success: Literal[True]
    data: LedgerPlace


class LedgerLot(Shape):
    id: str
    symbol: str
    acquired: str
    label: str
    units: str
    cost: str
    unit_cost: str | None
    currency: str
    fx: str | None
    fee: str
    margin: bool


class LedgerLots(Shape):
    success: Literal[True]
    data: list[LedgerLot]


class LedgerBalance(Shape):
    portfolio: str
    account: str
    commodity: str
    units: str


class LedgerBalances(Shape):
    success: Literal[True]
    data: list[LedgerBalance]
