"""The same work by Mintmark and by the engines people use, in one run on one machine.

Each engine is a process of its own Python (`bench/peers/`), which this bench installs under `build/peers/` once, some
gigabytes in all. The work is the rule that holds 10,000 units long while the average of 10 closes is above that of
20, else short, at 2 basis points a side, on bars drawn by a generator with a fixed seed, each opening where the last
one closed. Five rounds go from engine to engine unless told otherwise; a task that takes over a minute is done once.
What counts is the least processor time of a round, on one thread, imports, compiling and the loading of bars apart,
and the most memory the process held in the leanest round: a first one may hold the compiler too. Rows are compared
only where the engines found the same: trades within 0.1 % and net profit within 1 % (some leave the last trade open),
ratios within 0.000001.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from engine_bench import drawn_bars
from figures import Figure
from peers_homes import HOMES, NotThere, last_line, python_of
from peers_table import Answer, Missing, Said, best_of, figures

HERE = Path(__file__).resolve().parent
ROUNDS = 5
ONCE_ABOVE_SECONDS = 60.0
MOST_SECONDS = 3_600
PRICES = ("stamps", "open", "high", "low", "close")
LONG, SHORT, SWEPT, RETURNS = 1_000_000, 100_000, 5_000, 10_000

# Engine and name of the task: the word its script knows, and its data. Neighbours here are neighbours in time,
# the longest comes last.
TASKS: dict[tuple[str, str], tuple[str, str]] = {
    ("mintmark", "run"): ("run", "long"),
    ("vectorbt", "run"): ("run", "long"),
    ("vectorbt", "run_stats"): ("run_stats", "long"),
    ("backtesting", "run"): ("run", "long"),
    ("mintmark", "run_short"): ("run", "short"),
    ("nautilus", "run_short"): ("run", "short"),
    ("mintmark", "sweep"): ("sweep", "swept"),
    ("vectorbt", "sweep"): ("sweep", "swept"),
    ("backtesting", "sweep"): ("sweep", "swept"),
    ("mintmark", "returns"): ("returns", "returns"),
    ("quantstats", "returns"): ("returns", "returns"),
    ("nautilus", "run"): ("run", "long"),
}


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Return the rows of the comparison, the best of so many ``rounds``."""
    data = written(HOMES / "data")
    pythons = {engine: _home(engine) for engine, _ in TASKS}
    answers: dict[tuple[str, str], list[Answer]] = {key: [] for key in TASKS}
    missing: dict[tuple[str, str], Missing] = {}
    for turn in range(rounds):
        for key, (task, bars) in TASKS.items():
            if key in missing or any(one.seconds > ONCE_ABOVE_SECONDS for one in answers[key]):
                continue
            found = asked(key[0], pythons[key[0]], task, data[bars])
            told = found.why if isinstance(found, Missing) else f"{found.seconds:.4f} s"
            print(f"round {turn + 1} of {rounds}: {key[0]} {key[1]}: {told}", file=sys.stderr, flush=True)
            if isinstance(found, Missing):
                missing[key] = found
            else:
                answers[key].append(found)
    said: dict[tuple[str, str], Said] = {key: missing.get(key) or best_of(answers[key]) for key in TASKS}
    return figures(said)


def written(folder: Path) -> dict[str, Path]:
    """Write the bars and the returns and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = drawn_bars(LONG)
    # Nine places are what every engine here can hold.
    columns = {name: np.round(getattr(drawn, name), 9) for name in PRICES[1:]} | {"stamps": drawn.stamps}
    paths = {}
    for name, length in (("long", LONG), ("short", SHORT), ("swept", SWEPT)):
        paths[name] = folder / f"{name}.npz"
        np.savez(paths[name], **{column: values[:length] for column, values in columns.items()})
    paths["returns"] = folder / "returns.npz"
    days = np.arange(RETURNS, dtype=np.int64) * 86_400_000_000_000
    np.savez(paths["returns"], stamps=days, returns=np.random.default_rng(2).normal(5e-4, 0.01, RETURNS))
    return paths


def _home(engine: str) -> Path | Missing:
    try:
        return python_of(engine)
    except NotThere as reason:
        return Missing(engine, str(reason))


def asked(engine: str, python: Path | Missing, task: str, data: Path) -> Answer | Missing:
    """Return what ``engine`` answers to one task, on one thread."""
    if isinstance(python, Missing):
        return python
    threads = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
    )
    try:
        ended = subprocess.run(
            [str(python), str(HERE / "peers" / f"run_{engine}.py"), task, str(data)],
            capture_output=True, text=True, timeout=MOST_SECONDS, check=False,
            env={**os.environ, **dict.fromkeys(threads, "1")},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Missing(engine, f"not measured: longer than {MOST_SECONDS} s")
    if ended.returncode:
        return Missing(engine, f"not measured: {last_line(ended.stderr)}")
    return Answer(**json.loads(last_line(ended.stdout)))
