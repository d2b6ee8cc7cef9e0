"""Open the house for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintmark.app import App


@contextmanager
def opened() -> Iterator[App]:
    """Give the wired house and close it after the command.

    Raises:
        Refused: ``usage`` for settings that are wrong.
        NotWritable: the home folder takes no files.
    """
    from mintmark.app import open_app

    app = open_app()
    try:
        yield app
    finally:
        app.close()
