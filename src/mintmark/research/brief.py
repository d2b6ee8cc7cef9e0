"""Read a brief: the words that fix a choice, and the words that do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mintmark.research.space import FAMILIES, OUTPUTS

MODELS = ("logistic", "gbdt", "mlp")
OUTPUT_WORDS = ("regression", "classification")
TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w")
_EDGE = re.compile(r"^[^\w/]+|[^\w/]+$")


@dataclass(frozen=True)
class Brief:
    """What a brief asks for. Empty or None: left to the designer."""

    symbols: tuple[str, ...] = ()
    timeframe: str | None = None
    indicators: tuple[str, ...] = ()
    label: str | None = None
    model: str | None = None
    output: str | None = None
    used: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def read_brief(text: str, symbols: Iterable[str]) -> Brief:
    """Return what ``text`` fixes, ``symbols`` being those of the pack.

    Two words that name one thing together ("forward return") count as one. Of two
    words for the same choice the first is taken, the other ignored; several
    symbols and up to two indicators may be named.

    >>> read_brief("an rsi zigzag on NASDAQ please", ["NASDAQ"]).used
    ('rsi', 'zigzag', 'NASDAQ')
    """
    known = {symbol.lower(): symbol for symbol in symbols}
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {"symbols": [], "indicators": []}
    used, ignored = [], []
    for word in _words(text, known):
        kind, value = _meaning(word, known)
        if _take(kind, value, single, several):
            used.append(word)
        else:
            ignored.append(word)
    return Brief(
        symbols=tuple(several["symbols"]),
        indicators=tuple(several["indicators"]),
        used=tuple(used),
        ignored=tuple(ignored),
        **single,
    )


def _take(kind: str | None, value: str, single: dict[str, str], several: Mapping[str, list[str]]) -> bool:
    if kind is None:
        return False
    if kind in several:
        room = kind == "symbols" or len(several[kind]) < 2
        if room and value not in several[kind]:
            several[kind].append(value)
        return room
    return single.setdefault(kind, value) == value


def _meaning(word: str, known: Mapping[str, str]) -> tuple[str | None, str]:
    lower = word.lower()
    if lower in known:
        return "symbols", known[lower]
    tables = (
        ("timeframe", TIMEFRAMES),
        ("indicators", tuple(OUTPUTS)),
        ("label", tuple(FAMILIES)),
        ("model", MODELS),
        ("output", OUTPUT_WORDS),
    )
    return next(((kind, lower) for kind, words in tables if lower in words), (None, lower))


def _words(text: str, known: Mapping[str, str]) -> Iterator[str]:
    words = [word for word in (_EDGE.sub("", raw) for raw in text.split()) if word]
    position = 0
    while position < len(words):
        pair = "_".join(words[position : position + 2])
        together = position + 1 < len(words) and _meaning(pair, known)[0] is not None
        yield pair if together else words[position]
        position += 2 if together else 1
