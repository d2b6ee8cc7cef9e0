"""How fast many runs are: a sweep of averages and permuted paths, beside the hand-written loop, and what they weigh.

Times are processor time of one thread, best of three, compiling apart; only the gain of a second thread
is wall time. Peak memory is that of a process of its own.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine_bench import ACCOUNT, FAST, SLOW, above, best, crossing, drawn_bars, floor_loop, instrument, whole
from figures import Figure, below, seen
from mintmark.domain import Bars
from mintmark.simulation import CrossSweep, Protection, permute_crosses, read_grid, sweep_crosses

LENGTH, LONG, PATHS = 5_000, 1_000_000, 1_000
GRID = read_grid("fast=5:30,slow=40:80", ("fast", "slow"))
KIB_PER_MIB = 1024


def floor_of_pairs(bars: Bars) -> None:
    for number in range(len(GRID)):
        pair: Any = GRID[number]
        floor_loop(bars.open, bars.close, pair["fast"], pair["slow"], 1e4, 2e-4)


def swept(bars: Bars, threads: int = 1) -> list[Any]:
    return sweep_crosses(bars, GRID, instrument(), ACCOUNT, bars_per_year=525_600, size=1e4, threads=threads)


def permuted(bars: Bars) -> Any:
    given = {"fast": FAST, "slow": SLOW}
    every = CrossSweep(bars, [given], instrument(), ACCOUNT, 525_600, bars.close, 1e4)
    return permute_crosses(every, given, 1, PATHS)


def wall_seconds(work: Callable[[], Any], times: int = 12) -> float:
    found = math.inf
    for _ in range(times):
        start = time.perf_counter()
        work()
        found = min(found, time.perf_counter() - start)
    return found


def peak_mib(what: str) -> float:
    """Return the peak memory of a process that does ``what``: ``run`` or ``sweep``."""
    child = [sys.executable, __file__, what]
    return float(subprocess.run(child, check=True, capture_output=True, text=True).stdout)


def measure() -> list[Figure]:
    """Return every figure of many runs on this machine."""
    bars = drawn_bars(LENGTH)
    floor_of_pairs(bars)
    swept(bars)
    floor, alone = best(lambda: floor_of_pairs(bars), 3), best(lambda: swept(bars), 3)
    gain = wall_seconds(lambda: swept(bars)) / wall_seconds(lambda: swept(bars, 2))
    permuted_seconds = best(lambda: permuted(bars), 2)
    return [
        seen("engine: hand-written loop, 1,000 pairs x 5,000 bars", floor * 1e3, "ms"),
        seen("engine: sweep of the same, rows with every metric", alone * 1e3, "ms"),
        below("engine: sweep / hand-written loop", alone / floor, "times", 6.0),
        above("engine: sweep, two threads against one", gain, "times", 1.7),
        below("engine: 1,000 permuted paths of 5,000 bars", permuted_seconds, "s", 0.6),
        below("engine: peak memory, whole backtest of 1,000,000 bars", peak_mib("run"), "MiB", 450.0),
        below("engine: peak memory, the sweep", peak_mib("sweep"), "MiB", 400.0),
    ]


def main(what: str) -> None:
    """Do ``what`` in this process and print its peak memory in MiB."""
    if what == "sweep":
        assert len(swept(drawn_bars(LENGTH))) == len(GRID)
    else:
        bars = drawn_bars(LONG)
        assert whole(bars, crossing(bars.close, FAST, SLOW) * 10_000, Protection()).metrics
    # The peak of this program alone: the usage counters begin with what the parent held.
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / KIB_PER_MIB)


if __name__ == "__main__":
    main(sys.argv[1])
