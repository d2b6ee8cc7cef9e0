"""What a training costs beside the learning: its checkpoints, and the memory of a long one."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from story_cycles import ended
from story_house import House

from cycle_bench import TWENTY_FEATURES, Peak, a_worker_at_home
from data_bench import ROWS, walk_file
from engine_bench import drawn_bars
from figures import Figure, below
from mintmark.research.operations import training_process
from mintmark.research.operations.bars_file import write_bars
from mintmark.runtime import Task

MOST_MIB = 1.5 * 1024
BARS = 5_000
# Rounds cost time, not memory: a few show how much a training of a million bars holds.
FEW_ROUNDS = 20


def checkpoint_milliseconds() -> float:
    """Return the median of what one checkpoint holds up a training of 200 rounds, on disk and flushed."""
    bars, taken = drawn_bars(BARS), []

    class Timed(Task):
        def checkpoint(self, round: int, data: bytes) -> None:
            began = time.perf_counter()
            super().checkpoint(round, data)
            taken.append(time.perf_counter() - began)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bars.npz").write_bytes(write_bars({"EURUSD": bars}))
        text = TWENTY_FEATURES.format(name="checkpoints", symbol="EURUSD", timeframe="1m", threshold=0.003)
        stop = int(bars.stamps[-1]) + 1
        given: dict[str, Any] = {"text": text, "random_state": 7, "start": int(bars.stamps[0]), "identity": {}}
        training_process.compute(Timed.alone(folder, given | {"training_end": stop, "holdout_start": stop}))
    return 1e3 * statistics.median(taken)


def million_bars(house: House, folder: Path) -> Figure:
    """Measure the largest process while a worker trains on a million minute bars."""
    words = ("--symbol", "WALK", "--timeframe", "1m", "--asset-class", "crypto", "--source", "bench")
    house.ask("data", "import", str(walk_file(folder, 1)), *words)
    house.ask("pack", "seal", "--as-of", "2024-12-31", "--policy", "MINUTES")
    text = TWENTY_FEATURES.format(name="minutes_bench", symbol="WALK", timeframe="1m", threshold=0.003)
    text = text.replace("rounds: 200", f"rounds: {FEW_ROUNDS}")
    (house.home / "strategies" / "minutes_bench.yaml").write_text(text)
    with Peak(house) as peak:
        found = ended(house, house.ask("train", "minutes_bench")["operation_id"], 1_800)
    assert found["status"] == "completed", found["error_message"]
    return below(f"the largest process of a training of {FEW_ROUNDS} rounds, {ROWS:,} bars", peak.most, "MiB", MOST_MIB)


def measure() -> list[Figure]:
    """Return what a checkpoint takes and what a long training holds."""
    held_up = below("a checkpoint of a training, gbdt 200 rounds, 20 features", checkpoint_milliseconds(), "ms", 50)
    with a_worker_at_home() as house, tempfile.TemporaryDirectory() as folder:
        house.worker()
        return [held_up, million_bars(house, Path(folder))]
