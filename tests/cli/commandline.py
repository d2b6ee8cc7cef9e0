"""What a command leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Left:
    """What a command left."""

    code: int
    stdout: str
    stderr: str

    @property
    def body(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.stdout)


Command = Callable[..., Left]
