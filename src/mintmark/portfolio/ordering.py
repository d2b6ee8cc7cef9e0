"""Which step of a pattern waits for which."""

from __future__ import annotations

from collections.abc import Sequence

from mintmark.portfolio.conditions import read_condition
from mintmark.portfolio.paths import Ref
from mintmark.portfolio.pattern import Pattern, Step
from mintmark.portfolio.templates import references


def step_refs(step: Step) -> list[Ref]:
    """Return the paths a step reads, its condition's first.

    Raises:
        PatternFault: a template or condition that does not read.
    """
    asked = list(read_condition(step.condition).refs) if step.condition is not None else []
    return [*asked, *(ref for _, ref in references(step.args))]


def needs(pattern: Pattern) -> list[frozenset[int]]:
    """Return for each step the indexes of the steps it waits for: those named, and earlier ones whose state it reads.

    Raises:
        PatternFault: as ``step_refs``.
    """
    place = {step.key: index for index, step in enumerate(pattern.steps)}
    found = []
    for index, step in enumerate(pattern.steps):
        read = {ref.steps[0] for ref in step_refs(step) if ref.root == "state"}
        earlier = {place[name] for name in read if place.get(name, index) < index}
        found.append(frozenset(earlier | {place[name] for name in step.depends_on if name in place}))
    return found


def circle(waits: Sequence[frozenset[int]]) -> list[int]:
    """Return the indexes around the first circle, its first step at both ends; empty where there is none."""
    done: set[int] = set()

    def walk(index: int, path: tuple[int, ...]) -> list[int]:
        if index in path:
            return [*path[path.index(index) :], index]
        if index in done:
            return []
        for other in sorted(waits[index]):
            if found := walk(other, (*path, index)):
                return found
        done.add(index)
        return []

    return next((found for index in range(len(waits)) if (found := walk(index, ()))), [])
