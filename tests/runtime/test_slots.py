"""Several slots under one roof, and a slot owned by a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from workshop import HERE, Workshop, alive, wait_until

ROOF = """
import json, sys
from mintmark.runtime import own_slot, run_slots
kind, command = json.loads(sys.argv[1])
if kind == "roof":
    sys.exit(run_slots(command, 2))
with own_slot(command):
    print("ready", flush=True)
    sys.stdin.read()
"""


def under(shop: Workshop, kind: str) -> subprocess.Popen[bytes]:
    """Start a process that holds slots of ``shop``: a roof over two, or the owner of one."""
    asked = {"url": shop.url, "home": str(shop.home)}
    command = [sys.executable, str(HERE / "workshop.py"), json.dumps(asked)]
    process = subprocess.Popen(
        [sys.executable, "-c", ROOF, json.dumps([kind, command])],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    shop.workers.append(process)
    return process


def pids(shop: Workshop) -> dict[str, int]:
    return {worker["worker_id"]: worker["pid"] for worker in shop.operations.workers()}


def test_a_killed_slot_is_started_again_and_goes_on_in_its_seat(sqlite_shop: Workshop):
    shop = sqlite_shop
    roof = under(shop, "roof")
    wait_until(lambda: len(pids(shop)) == 2, 90)
    before = pids(shop)
    training = shop.train(rounds=150)
    shop.wait_for_round(training, 25)
    seat = shop.operations.get(training)["worker_id"]

    os.kill(before[seat], signal.SIGKILL)

    wait_until(lambda: pids(shop)[seat] != before[seat], 90)
    done = shop.wait_for(training, "completed")
    assert (done["takeovers"], done["starts"]) == (0, 2)
    last = pids(shop).values()
    roof.terminate()
    assert roof.wait(20) == 0
    assert not any(alive(pid) for pid in last)
    assert pids(shop) == {}


def test_slots_end_with_their_killed_roof(sqlite_shop: Workshop):
    roof = under(sqlite_shop, "roof")
    wait_until(lambda: len(pids(sqlite_shop)) == 2, 90)
    slots = list(pids(sqlite_shop).values())

    roof.kill()

    wait_until(lambda: not any(alive(pid) for pid in slots), 15)


def test_an_owned_slot_ends_with_its_block_and_hears_no_keyboard(sqlite_shop: Workshop):
    owner = under(sqlite_shop, "owner")
    wait_until(lambda: len(pids(sqlite_shop)) == 1, 90)
    (slot,) = pids(sqlite_shop).values()
    assert os.getpgid(slot) != os.getpgid(owner.pid)

    assert owner.stdin is not None
    owner.stdin.close()

    assert owner.wait(20) == 0
    assert not alive(slot)
