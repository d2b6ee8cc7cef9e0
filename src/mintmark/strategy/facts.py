"""What the validator must know of a pack: facts of its series, no bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mintmark.domain import Timeframe

Within: TypeAlias = Callable[[Timeframe, int, int], tuple[int, float]]


@dataclass(frozen=True)
class SymbolFacts:
    """One series of a pack. ``first`` and ``last`` are bar stamps (ns); ``completeness`` a fraction.

    ``jump_unexplained`` holds the stamps of unexplained jumps of a raw series (empty for an adjusted one).
    ``leverage``: how many times its margin a position may be.
    ``within`` gives (bars, completeness) for a timeframe and start <= stamp < stop; without it the validator
    judges by the whole series, and training counts again on the bars themselves.
    """

    base_timeframe: Timeframe
    bars: int
    first: int
    last: int
    completeness: float
    volume_known: bool
    shortable: bool
    tradable: bool = True
    leverage: float = 1.0
    jump_unexplained: tuple[int, ...] = ()
    within: Within | None = None


@dataclass(frozen=True)
class PackFacts:
    """The series of a pack by symbol."""

    pack_id: str
    symbols: Mapping[str, SymbolFacts]
