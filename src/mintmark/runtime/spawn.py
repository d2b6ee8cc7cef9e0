"""Start and stop the process group of a computation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

TERM_SECONDS = 0.3

# Results must not depend on how many cores sum a vector, and workers share the cores.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


def start_process(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the computation of ``folder`` in a session of its own, its output going to ``log``.

    It ends when the calling thread ends or our end of its standard input closes.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "mintmark.runtime.child", str(folder)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
    finally:
        os.close(output)


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """End a process group: TERM, and KILL for what is left 0.3 s later."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(TERM_SECONDS)
    _signal(process, signal.SIGKILL)
    process.wait()
    release(process)


def release(process: subprocess.Popen[bytes]) -> None:
    """Close our end of an ended process."""
    if process.stdin is not None:
        process.stdin.close()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
