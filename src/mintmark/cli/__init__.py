"""The command line: every command of the house, lazily wired."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command of this process and leave with its exit code."""
    # Else every command searches all installed packages for plugins that may change how a setting is read.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from mintmark.cli.program import run

    sys.exit(run(sys.argv[1:]))
