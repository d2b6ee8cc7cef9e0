"""The peers, each with a Python of its own that this file builds once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOMES = ROOT / "build" / "peers"
OURS = "mintmark"
PINS = {
    "vectorbt": "vectorbt==1.2.0",
    "backtesting": "backtesting==0.6.6",
    "nautilus": "nautilus_trader==1.221.0",
    "quantstats": "quantstats==0.0.86",
}
INSTALL_SECONDS = 1_800


class NotThere(Exception):
    """A peer that cannot be had here; the message says why."""


def python_of(engine: str) -> Path:
    """Return the Python that has ``engine``; build it where it is not there or holds another version.

    A mark is written last, so an installation that was broken off is done again.

    Raises:
        NotThere: it cannot be installed.
    """
    if engine == OURS:
        return Path(sys.executable)
    home = HOMES / engine
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    mark = home / "installed"
    if mark.exists() and mark.read_text().strip() == PINS[engine]:
        return python
    print(f"installing {PINS[engine]} into {home.relative_to(ROOT)}", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    carry_out([sys.executable, "-m", "venv", str(home)])
    carry_out([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PINS[engine]])
    mark.write_text(PINS[engine] + "\n")
    return python


def carry_out(command: list[str]) -> None:
    """Run one step of an installation.

    Raises:
        NotThere: it failed; the message is the last it said.
    """
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotThere(f"not installed: {error}") from error
    if ended.returncode:
        raise NotThere(f"not installed: {last_line(ended.stderr)}")


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
