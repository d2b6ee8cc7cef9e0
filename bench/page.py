"""The page of what was measured: machine, day, and a table for each bench."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numba
import numpy as np

from figures import Figure
from mintmark import __version__


@dataclass(frozen=True)
class Section:
    """One bench: its name, what its module says of it, and its figures."""

    name: str
    about: str
    figures: Sequence[Figure]


def page(sections: Sequence[Section], command: str, machine: str, now: datetime) -> str:
    """Return the page as Markdown."""
    head = [
        "# Speed", "", f"`{command}` wrote this page at {now:%Y-%m-%d %H:%M} UTC.", "", machine, "",
        "Figures differ from machine to machine and from run to run; what is promised is in the third column.", "",
    ]  # fmt: skip
    return "\n".join(head + [line for section in sections for line in _lines(section)])


def _lines(section: Section) -> list[str]:
    rows = [f"| {' | '.join(cells)} |" for cells in (_cells(figure) for figure in section.figures)]
    return [
        f"## {section.name.capitalize()}", "", section.about.strip(), "",
        "| what | measured | promised | | |", "|---|---|---|---|---|", *rows, "",
    ]  # fmt: skip


def _cells(figure: Figure) -> tuple[str, ...]:
    return figure.name, shown(figure), figure.target, verdict(figure), figure.note.replace("|", "/")


def shown(figure: Figure) -> str:
    """Return the value with its unit, in four digits."""
    if figure.value is None:
        return "not measured"
    number = f"{figure.value:,.0f}" if abs(figure.value) >= 1_000 else f"{figure.value:.4g}"
    return f"{number} {figure.unit}"


def verdict(figure: Figure) -> str:
    """Return the word for whether the promise was kept, nothing where there was none."""
    if figure.unjudged:
        return "NOT JUDGED"
    return {True: "met", False: "MISSED", None: ""}[figure.met]


def this_machine() -> str:
    """Return one sentence about the machine and what Mintmark runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}; "
        f"Mintmark {__version__} on Python {platform.python_version()}, "
        f"numpy {np.__version__}, numba {numba.__version__}."
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in told.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or "an unnamed processor"
