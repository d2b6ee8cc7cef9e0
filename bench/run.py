"""Measure what the docs promise, and print each figure beside its target.

``python bench/run.py`` runs every ``*_bench.py`` beside this file; words after it
choose by name: ``python bench/run.py doors features``. Leaves 1 when a target was missed.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from figures import Figure

HERE = Path(__file__).resolve().parent


def benches(words: Iterable[str]) -> list[str]:
    """Return the modules to run: all, or those whose name begins with one of ``words``."""
    found = sorted(file.stem for file in HERE.glob("*_bench.py"))
    chosen = [name for name in found if not words or name.startswith(tuple(words))]
    assert chosen, f"expected some of {', '.join(found)}, found {' '.join(words)}"
    return chosen


def line(figure: Figure) -> str:
    """Return one line of the table."""
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    return f"{figure.name:<66} {figure.value:>10.3f} {figure.unit:<12} {figure.target:>10}  {verdict}"


def main(words: list[str]) -> int:
    """Run the chosen benches and return the exit code."""
    # The benches of whole processes start them as the stories do.
    sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "stories")]
    missed = 0
    for name in benches(words):
        began = time.perf_counter()
        figures: list[Figure] = importlib.import_module(name).measure()
        print(f"\n{name.removesuffix('_bench')} ({time.perf_counter() - began:.0f} s)")
        for figure in figures:
            print(line(figure), flush=True)
            missed += figure.met is False
    print(f"\n{missed} of the targets missed" if missed else "\nevery target met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
