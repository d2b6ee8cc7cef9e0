"""Worker processes: one a slot."""

from __future__ import annotations

from collections.abc import Sequence


def run_slots(queues: Sequence[str], slots: int) -> int:
    """Work on ``queues`` in ``slots`` processes until told to stop; return the exit code."""
    raise NotImplementedError(queues, slots)
