"""What a gate says: one answer a check, one verdict of them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class GateAnswer:
    """One check of a gate.

    ``observed`` is None when the value was missing or not finite; such a check fails.
    ``reason`` reads ``code (observed op limit)``. ``decisive`` marks the first failing check.
    """

    gate: str
    position: int
    code: str
    passed: bool
    observed: float | None
    limit: float
    reason: str
    decisive: bool = False


@dataclass(frozen=True)
class GateVerdict:
    """All answers of one gate, in order; the first failing one decides."""

    gate: str
    answers: tuple[GateAnswer, ...]

    @property
    def passed(self) -> bool:
        return all(answer.passed for answer in self.answers)

    @property
    def decisive(self) -> GateAnswer | None:
        return first_failing(self.answers)


def first_failing(answers: Sequence[GateAnswer]) -> GateAnswer | None:
    """Return the first answer that says no, or None."""
    return next((answer for answer in answers if not answer.passed), None)
