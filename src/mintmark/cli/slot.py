"""One slot that ends with the process that owns it: ``python -m mintmark.cli.slot HOME QUEUES LEVEL``."""

from __future__ import annotations

import sys
from pathlib import Path

from mintmark.app import open_app
from mintmark.cli.workers import slot_settings
from mintmark.runtime import run_slot, start_logging


def main(home: str, queues: str, level: str) -> None:
    """Work until standard input closes."""
    start_logging(sys.stderr, level)
    app = open_app(home=Path(home))
    app.observe()
    try:
        app.ready_to_work()
        run_slot(app.operations, slot_settings(app, queues.split(",")), owned=True)
    finally:
        app.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
