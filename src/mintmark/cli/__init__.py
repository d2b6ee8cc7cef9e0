"""The command line: every command of the house, lazily wired."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command of this process and leave with its exit code."""
    from mintmark.cli.program import run

    sys.exit(run(sys.argv[1:]))
