"""Labelled points where a test may kill the process, to see what survives.

Nothing happens at a point unless the process was armed for it; a point kills
once per home folder, so that whoever takes the work over comes past it.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from mintmark.store import write_once

KILL_POINTS = (
    "trigger.created",
    "trigger.enqueued",
    "trigger.committed",
    "cancel.before_commit",
    "cancel.after_commit",
    "resume.before_commit",
    "resume.after_commit",
    "look.started",
    "look.prepared",
    "look.before_commit",
    "look.after_commit",
    "look.returned",
    "work.started",
    "work.taken",
    "work.prepared",
    "work.folder_written",
    "work.spawned",
    "work.spawn_recorded",
    "work.before_checkpoint_commit",
    "work.after_checkpoint_commit",
    "work.process_ended",
    "work.files_stored",
    "work.before_finish_commit",
    "work.after_finish_commit",
    "work.returned",
    "child.started",
    "child.loaded",
    "child.before_checkpoint",
    "child.after_checkpoint",
    "child.before_result",
    "child.after_result",
    "reaper.before_commit",
    "reaper.after_commit",
    "worker.seated",
    "worker.registered",
    "worker.reaped",
    "worker.launched",
)


@dataclass(frozen=True)
class _Armed:
    label: str
    times: int
    home: Path


_armed: _Armed | None = None
_seen = 0


def arm(kill_at: str | None, home: Path) -> None:
    """Arm this process to kill itself the n-th time it comes past ``label`` or ``label:n``.

    Raises:
        ValueError: no such label.
    """
    global _armed, _seen
    label, _, times = (kill_at or "").partition(":")
    if label and label not in KILL_POINTS:
        raise ValueError(f"expected one of {', '.join(KILL_POINTS)}, found {label!r}")
    _armed = _Armed(label, int(times or 1), home) if label else None
    _seen = 0


def armed() -> str | None:
    """Return what this process is armed for, to hand on to a process it starts."""
    return None if _armed is None else f"{_armed.label}:{_armed.times}"


def reached(label: str) -> None:
    """Die here and now, by KILL, when the process was armed for ``label``."""
    global _seen
    if _armed is None or _armed.label != label:
        return
    _seen += 1
    if _seen == _armed.times and write_once(_armed.home / f"killed.{label}", b""):
        os.kill(os.getpid(), signal.SIGKILL)
