"""Read pattern files, and say everything that is wrong with them at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mintmark.domain import MintmarkError
from mintmark.portfolio.capability import Agents
from mintmark.portfolio.pattern import Pattern
from mintmark.portfolio.pattern_check import problems_of


class PatternsInvalid(MintmarkError):
    """Pattern files that cannot run; ``problems`` are lines ``file:json-path: reason``, all of them."""

    code = "patterns_invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the patterns cannot run:\n" + "\n".join(problems), problems=list(problems))
        self.problems = tuple(problems)


def load_patterns(files: Mapping[str, str], agents: Agents) -> dict[str, Pattern]:
    """Return the patterns written in ``files`` (name to text) by id, checked against what ``agents`` can do.

    Raises:
        PatternsInvalid: with every problem of every file.
    """
    found: dict[str, Pattern] = {}
    problems: list[str] = []
    for name, text in sorted(files.items()):
        pattern, wrong = read_pattern(name, text)
        if pattern is not None:
            wrong = [*wrong, *problems_of(pattern, agents)]
            if pattern.id in found:
                wrong = [*wrong, f"$.id: {pattern.id} is the id of another file too"]
            found[pattern.id] = pattern
        problems += [f"{name}:{one}" for one in wrong]
    if problems:
        raise PatternsInvalid(problems)
    return found


def read_pattern(name: str, text: str) -> tuple[Pattern | None, list[str]]:
    """Return the pattern in ``text``, or None, and what is wrong with its shape as ``json-path: reason``."""
    try:
        raw = json.loads(text, object_pairs_hook=_Object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return None, [f"$: expected JSON, found {error}"]
    twice = [f"{path}: the key stands here twice" for path in _twice(raw)]
    try:
        pattern = Pattern.model_validate(raw)
    except ValidationError as error:
        return None, [*twice, *(_told(one) for one in error.errors(include_url=False, include_context=False))]
    if f"{pattern.id}.json" != name:
        twice.append(f"$.id: expected the name of its file without .json, found {pattern.id}")
    return pattern, twice


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys that stood in it more than once."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        pairs = list(pairs)
        super().__init__(pairs)
        names = [key for key, _ in pairs]
        self.twice = sorted({key for key in names if names.count(key) > 1})


def _twice(value: Any, path: str = "$") -> Iterator[str]:
    if isinstance(value, _Object):
        yield from (f"{path}.{key}" for key in value.twice)
        for key, found in value.items():
            yield from _twice(found, f"{path}.{key}")
    elif isinstance(value, list):
        for index, found in enumerate(value):
            yield from _twice(found, f"{path}[{index}]")


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word}, which is no number of JSON")


def _told(error: Any) -> str:
    path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"])
    return f"{path}: {error['msg'][:1].lower()}{error['msg'][1:]}"
