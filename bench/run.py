"""Measure what the docs promise, and print each figure beside its target.

``python bench/run.py`` runs every ``*_bench.py`` beside this file; words after it
choose by name: ``python bench/run.py doors features``. ``--page FILE`` writes what was measured as a page,
``--rounds N`` says how often the comparison with peers goes round.
Leaves 1 when a target was missed, 2 when none was but one could not be judged.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from figures import Figure
from page import Section, page, this_machine, verdict

HERE = Path(__file__).resolve().parent


def benches(words: Iterable[str]) -> list[str]:
    """Return the modules to run: all, or those whose name begins with one of ``words``."""
    found = sorted(file.stem for file in HERE.glob("*_bench.py"))
    chosen = [name for name in found if not words or name.startswith(tuple(words))]
    assert chosen, f"expected some of {', '.join(found)}, found {' '.join(words)}"
    return chosen


def line(figure: Figure) -> str:
    """Return one line of the table."""
    value = f"{'not measured':>10}" if figure.value is None else f"{figure.value:>10.3f}"
    return (
        f"{figure.name:<66} {value} {figure.unit:<12} {figure.target:>10}  {verdict(figure):<6}  {figure.note}".rstrip()
    )


def exit_code(figures: Iterable[Figure]) -> int:
    """Return 1 where a target was missed, else 2 where one could not be judged, else 0."""
    found = list(figures)
    if any(figure.met is False for figure in found):
        return 1
    return 2 if any(figure.unjudged for figure in found) else 0


def main(words: list[str]) -> int:
    """Run the chosen benches and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of names; all without one")
    parser.add_argument("--page", type=Path, help="write what was measured to this file as Markdown")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison with peers, the best counts")
    asked = parser.parse_args(words)
    # The benches of whole processes start them as the stories do.
    sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "stories"), str(HERE.parent / "tests")]
    sections = [measured(name, asked.rounds) for name in benches(asked.names)]
    figures = [figure for section in sections for figure in section.figures]
    if asked.page is not None:
        command = " ".join(("python bench/run.py", *words))
        asked.page.write_text(page(sections, command, this_machine(), datetime.now(UTC)))
    missed, unjudged = (sum(kept) for kept in zip(*((one.met is False, one.unjudged) for one in figures), strict=True))
    print(f"\n{missed} of the targets missed, {unjudged} not judged" if missed or unjudged else "\nevery target met")
    return exit_code(figures)


def measured(name: str, rounds: int) -> Section:
    """Run one bench, in ``rounds`` where it goes in rounds, print its figures, and return them."""
    began = time.perf_counter()
    bench = importlib.import_module(name)
    given = {"rounds": rounds} if "rounds" in inspect.signature(bench.measure).parameters else {}
    section = Section(name.removesuffix("_bench"), bench.__doc__ or "", bench.measure(**given))
    print(f"\n{section.name} ({time.perf_counter() - began:.0f} s)")
    for figure in section.figures:
        print(line(figure), flush=True)
    return section


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
