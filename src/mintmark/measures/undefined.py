"""A number that does not exist, and why."""

from __future__ import annotations


class Undefined(ArithmeticError):
    """The measure has no value here. ``reason`` is a stable word such as ``no_variation``.

    ``observed`` and ``limit`` say how far off it was, where that is a number.
    """

    def __init__(self, reason: str, *, observed: float | None = None, limit: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.observed = observed
        self.limit = limit
