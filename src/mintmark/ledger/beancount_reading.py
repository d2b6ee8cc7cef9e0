"""Read Beancount text into records, without that package; what is not understood is refused with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from mintmark.domain import Refused
from mintmark.ledger.exactly import amount_of

_DATE = r"(\d{4}[-/]\d{2}[-/]\d{2})"
_ACCOUNT = r"[A-Z][A-Za-z0-9-]*(?::[A-Z0-9][A-Za-z0-9-]*)+"
_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?"
_COMMODITY = r"[A-Z](?:[A-Z0-9'._-]*[A-Z0-9])?"
_AMOUNT = rf"({_NUMBER})\s*({_COMMODITY})"
_TOKEN = re.compile(r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<tag>#[A-Za-z0-9/_.-]+)|(?P<link>\^[A-Za-z0-9/_.-]+))\s*')
_META = re.compile(r"([a-z][A-Za-z0-9_-]*):(?:\s+(.*))?$")
_POSTING = re.compile(rf"({_ACCOUNT})(?:\s+{_AMOUNT}\s*(\{{\{{.*?\}}\}}|\{{.*?\}})?\s*(?:(@@?)\s*{_AMOUNT})?)?\s*$")
_DATED = re.compile(rf"{_DATE}\s+(\S+)\s*(.*)$")


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def refuse(self, message: str, code: str = "invalid_request", **more: Any) -> NoReturn:
        """Raise ``message`` with its place."""
        where = f"{self.file}:{self.line}"
        raise Refused(f"{where}: {message}", code=code, **{**more, "file": self.file, "line": self.line})


@dataclass(frozen=True)
class CostSpec:
    """What stands between braces; ``total`` is that of all units."""

    amount: Decimal | None = None
    total: Decimal | None = None
    commodity: str | None = None
    acquired: date | None = None
    label: str | None = None


@dataclass
class Leg:
    """A posting as it is written; without units it takes what is left."""

    place: Place
    account: str
    units: Decimal | None
    commodity: str | None
    cost: CostSpec | None
    price: tuple[str, Decimal, str] | None
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass
class Record:
    """A directive: ``kind`` is its word, ``*`` for a transaction."""

    place: Place
    kind: str
    date: date
    words: list[str] = field(default_factory=list)
    narration: str = ""
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)


@dataclass
class Parsed:
    """What a file says, what it includes, its options, and how many prices were left out."""

    records: list[Record] = field(default_factory=list)
    includes: list[tuple[Place, str]] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    prices: int = 0


def parse(text: str, file: str) -> Parsed:
    """Return what ``text`` says. Raises: Refused ``invalid_request`` with file and line."""
    parsed, tags = Parsed(), dict[str, None]()
    for place, indented, line in _lines(text, file):
        if indented:
            _inner(parsed, place, indented, line)
        elif dated := _DATED.match(line):
            _directive(parsed, place, dated, tuple(tags))
        else:
            _undated(parsed, place, line, tags)
    if tags:
        Place(file, text.count("\n") + 1).refuse(f"the tag #{next(iter(tags))} was pushed and never popped")
    return parsed


def _lines(text: str, file: str) -> Iterator[tuple[Place, int, str]]:
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _uncommented(raw.rstrip("\r"))
        # Lines that begin with a star are headings of outlines.
        if not line.strip() or line.startswith("*"):
            continue
        place = Place(file, number)
        if line.count('"') - line.count('\\"') & 1:
            place.refuse("a text does not end on its line")
        yield place, len(line) - len(line.lstrip()), line.strip()


def _uncommented(line: str) -> str:
    inside, escaped = False, False
    for position, letter in enumerate(line):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"':
            inside = not inside
        elif letter == ";" and not inside:
            return line[:position]
    return line


def _undated(parsed: Parsed, place: Place, line: str, tags: dict[str, None]) -> None:
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word == "option" and (found := re.fullmatch(r'"([^"]*)"\s+"([^"]*)"', rest)):
        parsed.options.append((found[1], found[2]))
    elif word == "include" and (found := re.fullmatch(r'"([^"]+)"', rest)):
        parsed.includes.append((place, found[1]))
    elif word == "pushtag" and rest.startswith("#"):
        tags[rest[1:]] = None
    elif word == "poptag" and rest[1:] in tags:
        del tags[rest[1:]]
    else:
        place.refuse(f"expected a directive that is understood here, found {line[:60]!r}")


def _directive(parsed: Parsed, place: Place, dated: re.Match[str], tags: tuple[str, ...]) -> None:
    day, word, rest = dated[1].replace("/", "-"), dated[2], dated[3]
    try:
        when = date.fromisoformat(day)
    except ValueError:
        place.refuse(f"expected a day, found {day}")
    if word == "price":
        parsed.prices += 1
        # What is indented under it goes with it.
        parsed.records.append(Record(place, "price", when))
        return
    if word in ("*", "txn"):
        parsed.records.append(_transaction(place, when, rest, tags))
        return
    shapes = {
        "open": rf'({_ACCOUNT})(?:\s+({_COMMODITY}(?:\s*,\s*{_COMMODITY})*))?(?:\s+"([A-Z_]+)")?',
        "close": rf"({_ACCOUNT})",
        "commodity": rf"({_COMMODITY})",
        "balance": rf"({_ACCOUNT})\s+{_AMOUNT}",
        "note": rf'({_ACCOUNT})\s+"((?:[^"\\]|\\.)*)"',
    }
    if word not in shapes:
        place.refuse(f"expected *, open, close, commodity, balance, note or price, found {word!r}")
    found = re.fullmatch(shapes[word], rest.strip())
    if found is None:
        place.refuse(f"this {word} is not understood: {rest[:60]!r}")
    parsed.records.append(Record(place, word, when, [group or "" for group in found.groups()]))


def _transaction(place: Place, when: date, rest: str, tags: tuple[str, ...]) -> Record:
    texts, own, links, position = list[str](), list(tags), list[str](), 0
    while position < len(rest):
        token = _TOKEN.match(rest, position)
        if token is None or token.end() == position:
            place.refuse(f"expected texts, tags and links, found {rest[position : position + 40]!r}")
        if token["string"]:
            texts.append(unquoted(token["string"]))
        elif token["tag"]:
            own.append(token["tag"][1:])
        else:
            links.append(token["link"][1:])
        position = token.end()
    if len(texts) > 2:
        place.refuse("a transaction has a payee and a narration, not more texts")
    return Record(place, "*", when, [], " | ".join(text for text in texts if text), tuple(own), tuple(links))


def unquoted(text: str) -> str:
    """Return what a quoted text says."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])


def _inner(parsed: Parsed, place: Place, indented: int, line: str) -> None:
    if not parsed.records:
        place.refuse("expected a directive before an indented line")
    record = parsed.records[-1]
    if meta := _META.fullmatch(line):
        # Metadata deeper than the first belongs to the posting above it.
        target = record.legs[-1].meta if record.legs and indented > 2 else record.meta
        target[meta[1]] = _value(place, (meta[2] or "").strip())
        return
    if record.kind != "*":
        place.refuse(f"a {record.kind} has no postings")
    found = _POSTING.fullmatch(line)
    if found is None:
        place.refuse(f"this posting is not understood: {line[:80]!r}")
    account, units, commodity, cost, mark, price, priced = found.groups()
    record.legs.append(
        Leg(
            place,
            account,
            None if units is None else number(place, units),
            commodity,
            None if cost is None else _cost(place, cost),
            None if mark is None else (mark, number(place, price), priced),
        )
    )


def _value(place: Place, text: str) -> Any:
    if text.startswith('"'):
        return unquoted(text)
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if found := re.fullmatch(_AMOUNT, text):
        return (number(place, found[1]), found[2])
    return number(place, text) if re.fullmatch(_NUMBER, text) else text


def number(place: Place, text: str) -> Decimal:
    """Return a number; raises with its place."""
    try:
        return amount_of(text.replace(",", "").rstrip(".").removeprefix("+"), "number")
    except Refused as refused:
        place.refuse(refused.message, refused.code)


def _cost(place: Place, text: str) -> CostSpec:
    whole = text.startswith("{{")
    inner = text.strip("{}").strip()
    amount = commodity = acquired = label = None
    for part in re.findall(r'"(?:[^"\\]|\\.)*"|(?:[^,"]|,(?=\d{3}\b))+', inner):
        part = part.strip()
        if not part:
            continue
        if part.startswith('"') and label is None:
            label = unquoted(part)
        elif re.fullmatch(_DATE, part) and acquired is None:
            acquired = date.fromisoformat(part.replace("/", "-"))
        elif (found := re.fullmatch(_AMOUNT, part)) and amount is None:
            amount, commodity = number(place, found[1]), found[2]
        else:
            place.refuse(f"this cost is not understood: {text[:60]!r}")
    if amount is not None and amount < 0:
        place.refuse("a cost is zero or above it")
    return CostSpec(None if whole else amount, amount if whole else None, commodity, acquired, label)
