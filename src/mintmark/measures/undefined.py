"""A number that does not exist, and why."""

from __future__ import annotations


class Undefined(ArithmeticError):
    """The measure has no value here. ``reason`` is a stable word such as ``no_variation``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
