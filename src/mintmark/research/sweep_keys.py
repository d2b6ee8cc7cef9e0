"""What may be set of a strategy or of the built-in rule, one value each or a grid of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mintmark.domain import Refused
from mintmark.strategy import StrategySpec, check_spec

RULE_VALUES = {"fast": 10, "slow": 20}
"""The averages of the rule ``sma_cross`` where nothing else is asked for."""
RULE_KEYS = tuple(RULE_VALUES)
Value = int | float | bool


def grid_keys(spec: StrategySpec | None) -> tuple[str, ...]:
    """Return the keys of a grid: numbers and switches of decisions and risk by path; for the rule its two lengths."""
    if spec is None:
        return RULE_KEYS
    decisions = [f"decisions.{name}" for name in type(spec.decisions).model_fields]
    risk = [f"risk.{name}" for name in type(spec.risk).model_fields if name != "sizing"]
    sizing = [f"risk.sizing.{name}" for name in type(spec.risk.sizing).model_fields if name != "method"]
    return (*decisions, *risk, *sizing)


def read_values(text: str, spec: StrategySpec | None) -> dict[str, Value]:
    """Return the one value that ``text``, such as fast=10,slow=20, gives each of the keys a grid may name.

    Raises:
        Refused: ``bad_value`` where a key is given several, and as ``check_grid``.
    """
    # The doors load this file too, and need no compiler.
    from mintmark.simulation import read_grid

    grid = read_grid(text, grid_keys(spec))
    if len(grid) > 1:
        message = (
            f"expected one value for each key, found {len(grid):,} combinations in {text!r}: try them with a sweep"
        )
        raise Refused(message, code="bad_value", field="set", value=text)
    return grid[0]


def rule_values(text: str | None) -> dict[str, Value]:
    """Return the averages of the rule ``sma_cross``: those ``text`` sets, else 10 and 20 bars.

    Raises:
        Refused: as ``read_values``; ``bad_value`` for lengths that are none.
    """
    from mintmark.simulation import lengths_of

    found = {**RULE_VALUES, **({} if text is None else read_values(text, None))}
    lengths_of(found)
    return found


def check_grid(text: str, spec: StrategySpec | None) -> int:
    """Return how many combinations the grid ``text`` has for ``spec``, or for the rule.

    Raises:
        Refused: ``bad_value``, ``unknown_name``, ``grid_too_large``.
    """
    # The doors load this file too, and need no compiler.
    from mintmark.simulation import read_grid

    return len(read_grid(text, grid_keys(spec)))


def with_values(spec: StrategySpec, given: Mapping[str, Value]) -> StrategySpec:
    """Return ``spec`` with the fields that ``given`` names by their paths.

    Raises:
        Refused: the code of the validator, such as ``out_of_range`` or ``exit_above_enter``.
    """
    plain = spec.model_dump(mode="json")
    for path, value in given.items():
        *sections, field = path.split(".")
        place = plain
        for section in sections:
            place = place[section]
        place[field] = value
    found = check_spec(plain)
    if found.spec is None:
        first = found.errors[0]
        raise Refused(first.message, code=first.code, path=first.path)
    return found.spec
