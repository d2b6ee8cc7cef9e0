"""Check a chain against what is stored beside it, and name the first place that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from mintmark.ledger.entries import GENESIS, chained, written

_EVERY = 5_000
# How long the date, with what stands around it, and a time are at the beginning of a content.
_DAY = len('{"date":"2014-05-30"')
_MOMENT = len("2014-05-30T13:30:00Z")


class JournalRow(NamedTuple):
    """One entry as it is stored."""

    sequence: int
    hash: str
    id: str
    portfolio: str
    source: str
    external_id: str | None
    reverses: str | None
    content: str


class PostingRow(NamedTuple):
    """One posting as it is stored; units as text."""

    sequence: int
    position: int
    account: str
    commodity: str
    units: str
    cost: str | None
    price: str | None


@dataclass(frozen=True)
class Bad:
    """The first place where something is not what the chain says."""

    sequence: int
    field: str
    expected: str
    found: str


@dataclass(frozen=True)
class Examined:
    """What a verification found; ``hashes`` are those asked for, with the sequence where each lies."""

    entries: int
    head: str
    bad: Bad | None
    hashes: dict[str, int]


def examine(
    rows: Iterable[JournalRow],
    postings: Iterable[PostingRow],
    head: tuple[int, str],
    wanted: Iterable[str] = (),
    progress: Callable[[int], None] = lambda _done: None,
) -> Examined:
    """Return whether ``rows`` chain up to ``head`` and ``postings`` are those of their content.

    ``wanted``: hashes to look for along the way.
    """
    previous, count, looked = GENESIS, 0, set(wanted)
    found = {GENESIS: 0} if GENESIS in looked else {}
    shelf = _Postings(postings)
    coming = iter(rows)
    for row in coming:
        count += 1
        bad = _examined(row, coming, previous, count, head, shelf)
        if bad is not None:
            return Examined(count - 1, previous, bad, found)
        previous = row.hash
        if previous in looked:
            found[previous] = count
        if count % _EVERY == 0:
            progress(count)
    return Examined(count, previous, _at_the_end(count, previous, head, shelf), found)


class _Postings:
    """The postings, handed out by entry."""

    def __init__(self, postings: Iterable[PostingRow]) -> None:
        self._coming = iter(postings)
        self.next: PostingRow | None = next(self._coming, None)

    def of(self, sequence: int) -> list[PostingRow]:
        taken, row, coming = [], self.next, self._coming
        while row is not None and row[0] <= sequence:
            taken.append(row)
            row = next(coming, None)
        self.next = row
        return taken


def _examined(
    row: JournalRow, coming: Iterator[JournalRow], previous: str, place: int, head: tuple[int, str], shelf: _Postings
) -> Bad | None:
    if row.sequence != place:
        return Bad(place, "sequence", str(place), str(row.sequence))
    computed = chained(previous, row.content)
    if computed != row.hash:
        after = next(coming, None)
        follows = chained(computed, after.content) == after.hash if after is not None else computed == head[1]
        return Bad(place, "hash" if follows else "content", computed, row.hash)
    held = shelf.of(place)
    if not _agree(row, held):
        return _difference(row, held)
    return None


def _agree(row: JournalRow, postings: Sequence[PostingRow]) -> bool:
    """Return whether the columns are those of the content.

    The content has its keys in order, so what stands beside it is its beginning and its end.
    """
    text, listed = row.content, []
    for place, (sequence, position, account, commodity, units, cost, price) in enumerate(postings):
        if position != place or sequence != row.sequence:
            return False
        listed.append(
            f'{{"account":"{account}","commodity":"{commodity}","cost":{cost or "null"},'
            f'"price":{price or "null"},"units":"{units}"}}'
        )
    reverses = "null" if row.reverses is None else f'"{row.reverses}"'
    end = (
        f',"portfolio":"{row.portfolio}","postings":[{",".join(listed)}],"reverses":{reverses},'
        f'"source":{_quoted(row.source)}}}'
    )
    outside = f',"external_id":{written(row.external_id or "")},"happened_at":"'
    known = _DAY + len(outside) + _MOMENT
    return (
        text.endswith(end) and text.startswith(outside, _DAY) and text.startswith(f'","id":"{row.id}","kind":"', known)
    )


@lru_cache(1024)
def _quoted(text: str) -> str:
    return written(text)


def _difference(row: JournalRow, postings: Sequence[PostingRow]) -> Bad:
    """Return what is not as the content says, field by field."""
    said: dict[str, Any] = json.loads(row.content)
    for field in ("id", "portfolio", "source", "external_id", "reverses"):
        expected = said[field] or None if field == "external_id" else said[field]
        if getattr(row, field) != expected:
            return Bad(row.sequence, field, str(expected), str(getattr(row, field)))
    if len(postings) != len(said["postings"]):
        return Bad(row.sequence, "postings", f"{len(said['postings'])} rows", f"{len(postings)} rows")
    for place, (expected, stored) in enumerate(zip(said["postings"], postings, strict=True)):
        columns = {
            "sequence": row.sequence,
            "position": place,
            "account": expected["account"],
            "commodity": expected["commodity"],
            "units": expected["units"],
            "cost": None if expected["cost"] is None else written(expected["cost"]),
            "price": None if expected["price"] is None else written(expected["price"]),
        }
        for name, value in columns.items():
            if getattr(stored, name) != value:
                return Bad(row.sequence, f"postings[{place}].{name}", str(value), str(getattr(stored, name)))
    return Bad(row.sequence, "content", "the canonical form", "another form")


def _at_the_end(count: int, hash_: str, head: tuple[int, str], shelf: _Postings) -> Bad | None:
    if head[0] != count:
        return Bad(min(head[0], count) + 1, "count", f"{head[0]} entries", f"{count} entries")
    if head[1] != hash_:
        return Bad(count, "head", hash_, head[1])
    if shelf.next is not None:
        return Bad(shelf.next.sequence, "postings", "an entry", "postings without one")
    return None
