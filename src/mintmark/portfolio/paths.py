"""Paths into what a pattern may read: ``inputs.x``, ``state.step.field.0``, ``ctx.asof_date``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mintmark.domain import Fault

ROOTS: Final = ("inputs", "state", "ctx")
MAX_STEPS: Final = 20
_STEP = r"(?:[A-Za-z_][A-Za-z0-9_-]{0,63}|[0-9]{1,6})"
PATH_PATTERN: Final = rf"(?:{'|'.join(ROOTS)})(?:\.{_STEP})+\??"
_PATH = re.compile(PATH_PATTERN)


class PatternFault(Fault):
    """A template or condition that cannot be read, or a value that does not fit it."""

    code = "pattern_execution_error"


@dataclass(frozen=True)
class Ref:
    """One path; an ``optional`` one gives None where it leads nowhere."""

    root: str
    steps: tuple[str, ...]
    optional: bool = False

    def __str__(self) -> str:
        return ".".join((self.root, *self.steps))


class _Missing:
    """What lies at the end of a path that leads nowhere."""


MISSING: Final = _Missing()


def read_ref(text: str) -> Ref:
    """Return the path written in ``text``.

    Raises:
        PatternFault: it is none, or has over 20 steps.

    >>> read_ref("state.valued.positions?")
    Ref(root='state', steps=('valued', 'positions'), optional=True)
    """
    if _PATH.fullmatch(text) is None:
        expected = "a path such as inputs.x, state.step.field or ctx.asof_date"
        raise PatternFault(f"expected {expected}, found {text[:100]!r}", path=text[:100])
    root, *steps = text.removesuffix("?").split(".")
    if len(steps) > MAX_STEPS:
        raise PatternFault(f"expected at most {MAX_STEPS} steps, found {len(steps)}", path=text[:100])
    return Ref(root, tuple(steps), text.endswith("?"))


def look_up(ref: Ref, roots: Mapping[str, Any]) -> Any:
    """Return what ``ref`` names below ``roots``: a key of an object, an index of a list; never an attribute.

    Raises:
        PatternFault: there is nothing and ``ref`` is not optional.
    """
    found = walk(roots.get(ref.root, MISSING), ref.steps)
    if found is not MISSING:
        return found
    if ref.optional:
        return None
    raise PatternFault(f"there is no {ref}", path=str(ref))


def walk(value: Any, steps: Sequence[str]) -> Any:
    """Return what lies below ``value``, or ``MISSING``."""
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step, MISSING)
        elif isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value
