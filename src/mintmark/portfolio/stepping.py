"""How the steps of a pattern end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mintmark.domain import MintmarkError, Refusal
from mintmark.portfolio.envelope import Envelope
from mintmark.portfolio.pattern import Pattern, Step


@dataclass(frozen=True)
class StepEnd:
    """How one step ended; an ``error`` keeps its fault, or the refusal nothing may go on without."""

    status: Literal["ok", "cached", "skipped", "refused", "error"]
    envelope: Envelope | None = None
    refusal: Refusal | None = None
    fault: Exception | None = None
    reason: str | None = None

    @property
    def value(self) -> Mapping[str, Any] | None:
        """What the step leaves in the state: None where it was skipped or refused."""
        return None if self.envelope is None else self.envelope.value


@dataclass(frozen=True)
class Ended:
    """All steps of a pattern that came to its end, in file order.

    ``written``: the canonical bytes of the outputs where they were kept; the values of its steps were not.
    """

    pattern: Pattern
    steps: tuple[StepEnd, ...]
    written: bytes | None = None

    def outputs(self) -> dict[str, Any]:
        """Return the value of each output."""
        return {name: end.value for name, end in self.ends().items()}

    def ends(self) -> dict[str, StepEnd]:
        """Return how the step of each output ended."""
        by_key = dict(zip((step.key for step in self.pattern.steps), self.steps, strict=True))
        return {name: by_key[name] for name in self.pattern.outputs}


class StepRefused(MintmarkError):
    """A step that must answer refused: the refusal's own code, and where."""

    def __init__(self, refusal: Refusal, step: Step) -> None:
        numbers = {"observed": refusal.observed, "limit": refusal.limit}
        told = {name: value for name, value in numbers.items() if value is not None}
        where = {"step": step.key, "capability": step.capability}
        super().__init__(refusal.message, code=refusal.code, **{**where, **refusal.details, **told})
