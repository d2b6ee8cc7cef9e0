"""Computations of the test operations; each runs in a process of its own."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from typing import Any

from mintmark.domain import Refused
from mintmark.runtime import Task

BLOCK = 25


def train(task: Task) -> dict[str, Any]:
    """Hash ``rounds`` times, with a checkpoint every 25 rounds: an interrupted run ends with the same bytes."""
    wait, total = task.inputs["seconds_per_round"], task.inputs["rounds"]
    if task.inputs.get("ignores_term"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    begun = task.restored()
    first, state = begun or (0, b"seed")
    for number in range(first + 1, total + 1):
        state = hashlib.sha256(state).digest()
        time.sleep(wait)
        task.progress(100 * number / total, f"Training model (round {number}/{total})", steps_completed=number)
        task.metrics({"round": number, "train_loss": 1 / number})
        if number % BLOCK == 0:
            task.checkpoint(number, state)
    return {"model_hash": state.hex(), "began_at": first}


def answer(task: Task) -> dict[str, Any]:
    """Return at once what was asked for, or go wrong as asked."""
    wrong = task.inputs.get("goes_wrong")
    if wrong == "refused":
        raise Refused("no bars after the purge", code="training_data_error")
    if wrong == "raised":
        raise MemoryError("out of memory")
    if wrong == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if wrong == "exits":
        os._exit(3)
    if wrong == "not_a_number":
        return {"figure": float("nan")}
    task.warn("only a test")
    return {"answer": task.inputs.get("answer", 42), "threads": os.environ["OMP_NUM_THREADS"]}
