"""Worker processes: one a slot."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.app import App
    from mintmark.runtime import SlotSettings


def known_queues(text: str | None) -> tuple[str, ...]:
    """Return the queues named in ``text``, all of them for None.

    Raises:
        Refused: ``invalid_request`` for a queue nobody knows.
    """
    from mintmark.runtime import QUEUES

    if text is None:
        return tuple(QUEUES)
    named = tuple(text.split(","))
    unknown = sorted(set(named) - set(QUEUES))
    if unknown:
        raise Refused(f"expected queues among {', '.join(QUEUES)}, found {', '.join(unknown)}", unknown=unknown)
    return named


def work(queues: Sequence[str], slots: int) -> int:
    """Work on ``queues`` in ``slots`` processes until told to stop; return the exit code.

    One slot is this process itself.
    """
    from mintmark.cli.opened import opened
    from mintmark.runtime import run_slot, run_slots, start_logging

    start_logging(sys.stderr)
    with opened() as app:
        app.ready_to_work()
        if slots > 1:
            return run_slots(_command(app, queues, "INFO"), slots)
        run_slot(app.operations, slot_settings(app, queues))
    return 0


@contextmanager
def working(app: App, operation_id: str) -> Iterator[None]:
    """Have a slot of its own while the block runs, when ``operation_id`` needs one and no live worker is there."""
    from mintmark.runtime import QUEUES, own_slot

    ended = app.operations.get(operation_id)["completed_at"] is not None
    if ended or any(worker["live"] for worker in app.operations.workers()):
        yield
        return
    app.ready_to_work()
    with own_slot(_command(app, tuple(QUEUES), "WARNING")):
        yield


def slot_settings(app: App, queues: Sequence[str]) -> SlotSettings:
    """Return how a slot of this house works."""
    from mintmark.runtime import Patience, SlotSettings

    settings = app.settings
    return SlotSettings(
        home=app.home,
        queues=tuple(queues),
        heartbeat_seconds=settings.runtime.heartbeat_seconds,
        patience=Patience(look=settings.research.poll_seconds),
    )


def _command(app: App, queues: Sequence[str], level: str) -> list[str]:
    return [sys.executable, "-m", "mintmark.cli.slot", str(app.home), ",".join(queues), level]
