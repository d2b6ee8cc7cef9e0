"""How far an operation is, and how a child's way is part of its parent's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """How far an operation is; ``percentage`` from 0 to 100.

    >>> Progress(40.0, "Training model (round 80/200)", steps_completed=80, steps_total=200).percentage
    40.0
    """

    percentage: float
    current_step: str
    steps_completed: int | None = None
    steps_total: int | None = None
    items_processed: int | None = None
    items_total: int | None = None
    context: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Progress:
        return cls(**found)


def share_of(share: tuple[float, float], percentage: float) -> float:
    """Return where a parent stands whose child is at ``percentage`` and moves it through ``share``.

    >>> share_of((5.0, 45.0), 40.0)
    21.0
    """
    low, high = share
    return low + (high - low) * min(max(percentage, 0.0), 100.0) / 100.0
