"""What a computation is given in its own process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mintmark.runtime.folder import Checkpoint, WorkFolder
from mintmark.runtime.killpoints import reached
from mintmark.runtime.progress import Progress

WRITE_SECONDS = 0.5


class Task:
    """The inputs of a computation, and its ways to say how far it is."""

    def __init__(self, folder: WorkFolder) -> None:
        found = folder.inputs()
        self._folder = folder
        self.inputs: dict[str, Any] = found["inputs"]
        self.operation_id: str = found["operation_id"]
        self.starts: int = found["starts"]
        self.warnings: list[str] = []
        self._progress: Progress | None = None
        self._rows: list[dict[str, Any]] = []
        start = folder.checkpoint("start")
        self._parts = 0 if start is None else start.parts
        self._written_at = 0.0

    @classmethod
    def alone(cls, folder: Path, inputs: dict[str, Any]) -> Task:
        """Return the task of a computation that belongs to no operation and works in ``folder``."""
        work = WorkFolder(folder)
        work.put_inputs({"inputs": inputs, "operation_id": "", "starts": 1})
        return cls(work)

    @property
    def folder(self) -> Path:
        return self._folder.path

    def progress(
        self,
        percentage: float,
        step: str,
        *,
        steps_completed: int | None = None,
        steps_total: int | None = None,
        items_processed: int | None = None,
        items_total: int | None = None,
        context: dict[str, Any] | None = None,
    ) -> None:
        """Say how far the computation is; call it as often as you like."""
        self._progress = Progress(percentage, step, steps_completed, steps_total, items_processed, items_total, context)
        if time.monotonic() - self._written_at >= WRITE_SECONDS:
            self.flush()

    def metrics(self, row: dict[str, Any]) -> None:
        """Add a training round; ``row["round"]`` is its number, counted from 1."""
        self._rows.append({**row, "round": int(row["round"])})

    def warn(self, message: str) -> None:
        """Add a warning that is shown with the operation."""
        self.warnings.append(message)

    def checkpoint(self, round: int, data: bytes, part: bytes | None = None) -> None:
        """Keep the state after ``round``: what comes later is lost when this process dies.

        ``data`` replaces that of the round before. ``part`` joins the parts kept before: a state that only grows
        is handed over piece by piece, so that keeping it costs what is new.
        """
        reached("child.before_checkpoint")
        self.flush()
        if part is not None:
            self._folder.put_part(self._parts, part)
            self._parts += 1
        self._folder.put_checkpoint(Checkpoint(round, data, self._parts))
        reached("child.after_checkpoint")

    def restored(self) -> tuple[int, bytes] | None:
        """Return the round and state to go on from, or None to begin.

        Raises:
            Damaged: ``checkpoint_mismatch``.
        """
        found = self._folder.checkpoint("start")
        return None if found is None else (found.round, found.data)

    def restored_parts(self) -> Iterator[bytes]:
        """Return the parts the state to go on from stands on, oldest first; raises as ``restored``."""
        found = self._folder.checkpoint("start")
        for part in range(0 if found is None else found.parts):
            yield self._folder.part(part, "start")

    def flush(self) -> None:
        """Write the newest progress and rounds where the worker reads them."""
        self._written_at = time.monotonic()
        if self._progress is not None:
            self._folder.put_progress(self._progress.to_json())
        if self._rows:
            self._folder.put_rounds(self._rows)
