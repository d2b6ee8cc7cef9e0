"""The verifications under way in this process: whoever started one sees how far it is, and stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mintmark.domain import Refused

Progress = Callable[[int, int], None]


@dataclass
class _Under:
    begun: float
    done: int = 0
    total: int = 0
    stopped: bool = False


class Verifying:
    """Runs by whose they are and the id their owner gave them."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._runs: dict[tuple[UUID, UUID], _Under] = {}
        self._lock = threading.Lock()

    @contextmanager
    def watched(self, whose: UUID, run: UUID) -> Iterator[Progress]:
        """Give what is to be told of each step of ``run``; once the run was stopped it refuses ``verify_cancelled``.

        Raises:
            Refused: ``invalid_request`` where a run of that id is under way.
        """
        under = _Under(self._seconds())
        with self._lock:
            if (whose, run) in self._runs:
                raise Refused(f"the run {run} is under way: give another one an id of its own", path="run")
            self._runs[whose, run] = under

        def progress(done: int, total: int) -> None:
            under.done, under.total = done, total
            if under.stopped:
                raise Refused(f"stopped at entry {done:,} of {total:,}", code="verify_cancelled", observed=done)

        try:
            yield progress
        finally:
            with self._lock:
                del self._runs[whose, run]

    def told(self, whose: UUID, run: UUID) -> dict[str, Any]:
        """Return how far ``run`` is; refuses ``not_found`` where nothing of that id is under way."""
        under = self._under(whose, run)
        took = self._seconds() - under.begun
        rate = under.done / took if took > 0 else 0.0
        return {
            "run": str(run),
            "done": under.done,
            "total": under.total,
            "percentage": round(100.0 * under.done / under.total, 1) if under.total else 0.0,
            "entries_per_second": round(rate, 1),
            "duration_seconds": round(took, 3),
            "seconds_left": round((under.total - under.done) / rate, 1) if rate else None,
        }

    def stop(self, whose: UUID, run: UUID) -> None:
        """Let ``run`` end at its next step; refuses ``not_found`` as ``told`` does."""
        self._under(whose, run).stopped = True

    def _under(self, whose: UUID, run: UUID) -> _Under:
        with self._lock:
            found = self._runs.get((whose, run))
        if found is None:
            raise Refused(f"no verification {run} is under way", code="not_found", run=str(run))
        return found
