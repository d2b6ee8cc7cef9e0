"""What every script beside this one does alike: take the bars, time the work, say the answer as one JSON line.

numpy is all it needs, so each peer's own Python can load it. Times are processor seconds of the process.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import distributions
from typing import Any

import numpy as np

FAST, SLOW = 10, 20
SIZE, FEE, CAPITAL = 10_000, 0.0002, 1e8
WARM_BARS = 3_000
ENOUGH_SECONDS, MOST_RUNS = 1.0, 5
TENTH = 10

Columns = dict[str, Any]


def pairs() -> list[tuple[int, int]]:
    """Return the 1,000 pairs of averages of the sweep."""
    return [(fast, slow) for fast in range(5, 30) for slow in range(40, 80)]


def load(path: str) -> Columns:
    """Return the arrays kept at ``path``: stamps (ns), open, high, low, close; or returns."""
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}


def first(columns: Columns, length: int) -> Columns:
    """Return the first ``length`` bars."""
    return {name: values[:length] for name, values in columns.items()}


def least_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the least processor seconds of ``work``, done up to five times within a second, and its last answer."""
    least, spent, answer = math.inf, 0.0, None
    for _ in range(MOST_RUNS):
        answer = None
        began = time.process_time()
        answer = work()
        taken = time.process_time() - began
        least, spent = min(least, taken), spent + taken
        if spent > ENOUGH_SECONDS:
            break
    return least, answer


def say(engine: str, seconds: float, **found: Any) -> None:
    """Print the one line: engine, seconds, the most memory this process has held, what it was made with, what it found.

    Raises:
        ValueError: a number found is none.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    answer = {"engine": engine, "seconds": seconds, "peak_mib": peak, "parts": parts(), "found": found}
    print(json.dumps(answer, allow_nan=False), flush=True)


def parts() -> str:
    """Return the versions of what decides the speed here, as far as it is installed."""
    named = {one.name.lower(): one.version for one in distributions() if one.name}
    return ", ".join(f"{name} {named[name]}" for name in ("numpy", "numba", "pandas") if name in named)


def main(tasks: dict[str, Callable[[Columns], None]]) -> None:
    """Do the task named first in the words of the command, on the arrays at the path after it."""
    task, path = sys.argv[1:3]
    tasks[task](load(path))
