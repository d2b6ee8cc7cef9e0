"""Read one value of a table of instruments x bars."""

from __future__ import annotations

from typing import Any

from mintmark.measures import inlined


@inlined
def at(table: Any, m: int, t: int) -> Any:
    """Return the value of column ``m`` at bar ``t``; a table one bar wide holds for all bars."""
    return table[m, t] if table.shape[1] > 1 else table[m, 0]
