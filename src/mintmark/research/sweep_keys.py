"""The keys a sweep's grid may name. Pure."""

from __future__ import annotations

from mintmark.strategy import StrategySpec

RULE_KEYS = ("fast", "slow")


def grid_keys(spec: StrategySpec | None) -> tuple[str, ...]:
    """Return the keys of a grid: numbers and switches of decisions and risk by path; for the rule its two lengths."""
    if spec is None:
        return RULE_KEYS
    decisions = [f"decisions.{name}" for name in type(spec.decisions).model_fields]
    risk = [f"risk.{name}" for name in type(spec.risk).model_fields if name != "sizing"]
    sizing = [f"risk.sizing.{name}" for name in type(spec.risk.sizing).model_fields if name != "method"]
    return (*decisions, *risk, *sizing)


def check_grid(text: str, spec: StrategySpec | None) -> int:
    """Return how many combinations the grid ``text`` has for ``spec``, or for the rule.

    Raises:
        Refused: ``bad_value``, ``unknown_name``, ``grid_too_large``.
    """
    # The doors load this file too, and need no compiler.
    from mintmark.simulation import read_grid

    return len(read_grid(text, grid_keys(spec)))
