"""Several slots under one roof, and a slot owned by a command."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

log = logging.getLogger(__name__)

MOST_RESTARTS = 5
LONG_LIFE_SECONDS = 60.0
STOP_SECONDS = 15.0
WATCH_SECONDS = 0.2


@contextmanager
def own_slot(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command``, a slot with ``owned=True``, while the block runs.

    It has a session of its own, so Ctrl+C reaches the command only; it ends with
    the block, and with this process however that ends.
    """
    process = _start(command)
    try:
        yield process
    finally:
        _stop([process])


def run_slots(command: Sequence[str], slots: int) -> int:
    """Run ``slots`` processes of ``command``, each a slot with ``owned=True``; return the exit code.

    Ends on SIGTERM or SIGINT and takes them along, gracefully. One that dies is
    started again, so its seat continues its own work; one that dies 5 times
    within a minute each ends them all, with exit code 1.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    started = [time.monotonic()] * slots
    deaths = [0] * slots
    processes = [_start(command) for _ in range(slots)]
    try:
        while not stopping.wait(WATCH_SECONDS):
            for index, process in enumerate(processes):
                if process.poll() is None:
                    continue
                deaths[index] = 1 if time.monotonic() - started[index] > LONG_LIFE_SECONDS else deaths[index] + 1
                log.error("a worker died", extra={"pid": process.pid, "code": process.returncode})
                if deaths[index] > MOST_RESTARTS:
                    return 1
                _close(process)
                processes[index], started[index] = _start(command), time.monotonic()
        return 0
    finally:
        _stop(processes)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(list(command), stdin=subprocess.PIPE, start_new_session=True)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
