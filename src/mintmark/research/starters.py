"""The starting strategies that come with the package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

COUNT = 8


@dataclass(frozen=True)
class Starter:
    """A starting strategy: the bytes of its file, and what they say."""

    number: int
    name: str
    text: str
    spec: dict[str, Any]

    @property
    def universe(self) -> tuple[tuple[str, ...], str]:
        """Symbols and timeframe, as the file has them."""
        return tuple(self.spec["universe"]["symbols"]), self.spec["universe"]["timeframe"]


@cache
def starting_strategies() -> tuple[Starter, ...]:
    """Return the starting strategies in the order they are designed."""
    folder = resources.files("mintmark.research.starting")
    found = []
    for number in range(1, COUNT + 1):
        text = (folder / f"starting_{number}.yaml").read_text(encoding="utf-8")
        found.append(Starter(number, f"starting_{number}", text, yaml.safe_load(text)))
    return tuple(found)
