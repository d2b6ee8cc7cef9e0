"""End with the process that started this one, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def end_with_owner(owner_pid: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """End this process at once when its owner is gone.

    On Linux the kernel sends ``by`` when the thread that started this process
    ends; everywhere the owner's end of our standard input closes.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
        if os.getppid() != owner_pid:
            os._exit(1)
    watch_owner(lambda: os._exit(1))


def watch_owner(gone: Callable[[], object]) -> None:
    """Call ``gone`` once when standard input closes: its other end is the owner's."""

    def wait() -> None:
        # Not sys.stdin: a thread inside it aborts the interpreter at a normal end.
        while os.read(0, 1):
            pass
        gone()

    threading.Thread(target=wait, name="owner-watch", daemon=True).start()
