"""Run one command of the house in a process that kills itself at a labelled point.

``python armed.py LABEL worker --slots 1``: the words after the label are those of ``mintmark``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Arm this process and become the command."""
    from mintmark.cli import main as command
    from mintmark.runtime import killpoints

    label, *words = sys.argv[1:]
    killpoints.arm(label, Path(os.environ["MINTMARK_HOME"]))
    sys.argv = ["mintmark", *words]
    command()


if __name__ == "__main__":
    main()
