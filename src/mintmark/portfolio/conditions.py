"""Conditions of steps: a small grammar read by descent, with no calls, attributes or arithmetic.

    or  := and ("or" and)*          and := not ("and" not)*
    not := "not" not | cmp          cmp := val (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") val)?
    val := literal | path | path ".length" | "(" or ")"

A literal is a number, a quoted text, ``true``, ``false``, ``null`` or a list of literals; a path stands bare or
in ``{{ }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mintmark.portfolio.comparing import is_true, length_of, relation
from mintmark.portfolio.paths import MISSING, PATH_PATTERN, PatternFault, Ref, look_up, read_ref, walk

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 20
_OPERATORS: Final = ("==", "!=", "<=", ">=", "<", ">", "in")
_TOKEN = re.compile(
    rf"""\s*(?:(?P<path>\{{\{{\s*(?:{PATH_PATTERN})\s*\}}\}}|{PATH_PATTERN})(?![\w.?])
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?)(?![\w.])
    |(?P<text>"(?:[^"\\]|\\["\\])*"|'(?:[^'\\]|\\['\\])*')
    |(?P<word>and|or|not|in|true|false|null)(?!\w)
    |(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,))""",
    re.VERBOSE | re.ASCII,
)
_CONSTANTS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}

Roots = Mapping[str, Any]
Evaluate = Callable[[Roots], Any]


@dataclass(frozen=True)
class Condition:
    """A condition that reads; ``refs`` are the paths in it, in order."""

    text: str
    refs: tuple[Ref, ...]
    _evaluate: Evaluate

    def holds(self, roots: Roots) -> bool:
        """Return whether it is true of ``roots``; ``and`` and ``or`` ask no further than they must.

        Raises:
            PatternFault: a path leads nowhere, or values are ordered that have no order.
        """
        return is_true(self._evaluate(roots))


def read_condition(text: str) -> Condition:
    """Return the condition written in ``text``.

    Raises:
        PatternFault: it does not read, is longer than 500 characters or nests deeper than 20.
    """
    if len(text) > MAX_LENGTH:
        raise PatternFault(f"a condition has at most {MAX_LENGTH} characters, found {len(text)}")
    reader = _Reader(list(_tokens(text)))
    evaluate = reader.either(0)
    reader.end()
    return Condition(text, tuple(reader.refs), evaluate)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise PatternFault(f"expected a condition, found {text[position : position + 40].strip()!r}")
        assert found.lastgroup is not None
        yield found.lastgroup, found.group(found.lastgroup)
        position = found.end()


class _Reader:
    """Reads tokens by descent; each method gives what to evaluate."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0
        self.refs: list[Ref] = []

    def either(self, depth: int) -> Evaluate:
        parts = [self._both(depth)]
        while self._took("word", "or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda roots: any(is_true(part(roots)) for part in parts)

    def _both(self, depth: int) -> Evaluate:
        parts = [self._negated(depth)]
        while self._took("word", "and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else lambda roots: all(is_true(part(roots)) for part in parts)

    def _negated(self, depth: int) -> Evaluate:
        _bound(depth)
        if self._took("word", "not"):
            inner = self._negated(depth + 1)
            return lambda roots: not is_true(inner(roots))
        return self._compared(depth)

    def _compared(self, depth: int) -> Evaluate:
        left = self._value(depth)
        kind, word = self._peek()
        if kind not in ("sign", "word") or word not in _OPERATORS:
            return left
        self._next += 1
        right = self._value(depth)
        return lambda roots: relation(word, left(roots), right(roots))

    def _value(self, depth: int) -> Evaluate:
        if self._took("sign", "("):
            _bound(depth + 1)
            inner = self.either(depth + 1)
            self._expect(")")
            return inner
        kind, word = self._peek()
        if kind == "path":
            self._next += 1
            return self._path(word.removeprefix("{{").removesuffix("}}").strip())
        constant = self._literal(depth)
        return lambda _roots: constant

    def _path(self, text: str) -> Evaluate:
        ref = read_ref(text)
        self.refs.append(ref)
        if ref.steps[-1] != "length" or len(ref.steps) == 1:
            return lambda roots: look_up(ref, roots)
        return lambda roots: _length_at(ref, roots)

    def _literal(self, depth: int) -> Any:
        _bound(depth)
        kind, word = self._peek()
        self._next += 1
        if kind == "number":
            return Decimal(word)
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if kind == "word" and word in _CONSTANTS:
            return _CONSTANTS[word]
        if (kind, word) == ("sign", "["):
            return self._items(depth + 1)
        raise PatternFault(f"expected a value, found {word!r}" if word else "expected a value at the end")

    def _items(self, depth: int) -> list[Any]:
        if self._took("sign", "]"):
            return []
        items = [self._literal(depth)]
        while self._took("sign", ","):
            items.append(self._literal(depth))
        self._expect("]")
        return items

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")

    def _took(self, kind: str, word: str) -> bool:
        if self._peek() == (kind, word):
            self._next += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._took("sign", sign):
            raise PatternFault(f"expected {sign!r}, found {self._peek()[1]!r}")

    def end(self) -> None:
        """Raise unless everything was read."""
        if self._next < len(self._tokens):
            raise PatternFault(f"expected the end, found {self._peek()[1]!r}")


def _bound(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise PatternFault(f"a condition nests at most {MAX_DEPTH} deep")


def _length_at(ref: Ref, roots: Roots) -> Any:
    """Return an object's own ``length``, else how many lie at the path before it."""
    own = walk(roots.get(ref.root), ref.steps)
    if own is not MISSING:
        return own
    return length_of(look_up(Ref(ref.root, ref.steps[:-1], ref.optional), roots), ref)
