"""What the validator answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from mintmark.domain import Refused
from mintmark.strategy.grammar import StrategySpec

# Codes of the data, not of the file: alone, they are the answer themselves.
_PACK_CODES = frozenset(
    {
        "not_enough_bars",
        "too_incomplete",
        "volume_unknown",
        "jump_unexplained",
        "model_unavailable",
        "grammar_unknown",
        "gross_over_leverage",
    }
)


@dataclass(frozen=True)
class SpecError:
    """One thing wrong with a strategy, at ``path``; values are JSON."""

    path: str
    code: str
    message: str
    value: Any = None
    allowed: Any = None
    suggestion: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SpecWarning:
    """Something that harms nothing: ``unused_indicator``, ``unused_fuzzy_set``."""

    path: str
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Validation:
    """The answer of the one validator: a spec, or every error at once."""

    spec: StrategySpec | None
    errors: tuple[SpecError, ...] = ()
    warnings: tuple[SpecWarning, ...] = ()
    feature_names: tuple[str, ...] = ()
    warmup_bars: int = 0

    def require(self) -> StrategySpec:
        """Return the spec.

        Raises:
            Refused: ``strategy_invalid`` with all errors; where they are all of one code that speaks of the data,
                that code with found and needed.
        """
        if self.spec is not None and not self.errors:
            return self.spec
        first = self.errors[0]
        listed = [error.as_json() for error in self.errors]
        if first.code in _PACK_CODES and {error.code for error in self.errors} == {first.code}:
            raise Refused(first.message, code=first.code, errors=listed, found=first.value, needed=first.allowed)
        message = f"the strategy has {len(listed)} error(s); the first, at {first.path}: {first.message}"
        raise Refused(message, code="strategy_invalid", errors=listed)


def nearest(word: Any, allowed: Iterable[str]) -> str | None:
    """Return the allowed word within an edit distance of 2 of ``word``, the nearest and first of them.

    >>> nearest("ris", ["macd", "rsi"])
    'rsi'
    """
    if not isinstance(word, str):
        return None
    ranked = sorted((edit_distance(word, candidate), at, candidate) for at, candidate in enumerate(allowed))
    near = [candidate for distance, _, candidate in ranked if 0 < distance <= 2 and distance < len(candidate)]
    return near[0] if near else None


def edit_distance(one: str, other: str) -> int:
    """Return how many letters are put in, left out, changed or swapped with their neighbour to make one the other.

    >>> edit_distance("ris", "rsi"), edit_distance("zigzg", "zigzag")
    (1, 1)
    """
    if abs(len(one) - len(other)) > 2:
        return abs(len(one) - len(other))
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, against in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
