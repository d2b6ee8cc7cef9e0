"""Killed anywhere, unreachable database, damaged bytes: the work ends as it would have."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import update
from test_workers import hash_after
from workshop import HERE, POSTGRES_IS_LONG, Workshop, alive, wait_until

from mintmark.domain import StoreUnavailable
from mintmark.runtime import KILL_POINTS
from mintmark.runtime.tables import checkpoints

WORKER_POINTS = [label for label in KILL_POINTS if label.split(".")[0] in ("work", "look", "worker", "child")]
QUICK = {"look.before_commit", "work.before_finish_commit", "child.before_result"}


@POSTGRES_IS_LONG
@pytest.mark.parametrize(
    "label", [pytest.param(one, marks=[] if one in QUICK else pytest.mark.long) for one in WORKER_POINTS]
)
def test_a_cycle_survives_a_kill_at_every_point(shop: Workshop, label: str):
    shop.worker(kill_at=label, look=1.0)
    cycle = shop.cycle(rounds=50, seconds_per_round=0.01)
    wait_until((shop.home / f"killed.{label}").exists, 90)

    if not label.startswith("child."):
        shop.workers[0].wait(10)
        shop.worker(look=1.0)

    shop.wait_for(cycle, "completed")
    children = shop.operations.children(cycle)
    assert [child["status"] for child in children] == ["completed"] * 4
    assert children[1]["result_summary"]["model_hash"] == hash_after(50)
    phases = [event["to"] for event in shop.operations.events(cycle) if event["kind"] == "phase"]
    assert phases == ["agent_design", "training", "backtesting", "agent_assessment"]


@pytest.mark.long
@pytest.mark.parametrize("label", ["reaper.before_commit", "reaper.after_commit"])
def test_a_handing_over_survives_the_death_of_its_reaper(shop: Workshop, label: str):
    first = shop.worker()
    training = shop.train(rounds=100)
    shop.wait_for_round(training, 25)
    first.kill()
    first.wait()
    shop.worker(kill_at=label, home=shop.home.with_name("another"))
    wait_until((shop.home.with_name("another") / f"killed.{label}").exists, 90)

    shop.worker(home=shop.home.with_name("third"))

    assert shop.wait_for(training, "completed")["result_summary"]["model_hash"] == hash_after(100)
    assert shop.kinds_of_events(training).count("takeover") == 1


CLIENT = """
import json, sys
from pathlib import Path
from workshop import client
from mintmark.runtime import arm, reached
asked = json.loads(sys.argv[1])
database, known = client(asked["url"])
arm(asked["label"], Path(asked["home"]))
if asked["label"].startswith("trigger"):
    with known.writing() as connection:
        known.create(connection, "agent_research", metadata={"parameters": {}}, operation_id=asked["id"])
    reached("trigger.committed")
elif asked["label"].startswith("cancel"):
    known.cancel(asked["id"])
else:
    known.resume(asked["id"])
"""
CLIENT_POINTS = [label for label in KILL_POINTS if label.split(".")[0] in ("trigger", "cancel", "resume")]


@pytest.mark.parametrize("label", CLIENT_POINTS)
def test_a_client_killed_at_any_point_leaves_all_or_nothing(sqlite_shop: Workshop, label: str):
    asked = "op_agent_research_20260301_101500_9f3a1c2e"
    before, after = {
        "trigger": (None, "pending"),
        "cancel": ("pending", "cancelled"),
        "resume": ("cancelled", "resuming"),
    }[label.split(".")[0]]
    if before is not None:
        with sqlite_shop.operations.writing() as connection:
            sqlite_shop.operations.create(connection, "agent_research", metadata={}, operation_id=asked)
    if before == "cancelled":
        sqlite_shop.operations.cancel(asked)

    words = {"url": sqlite_shop.url, "home": str(sqlite_shop.home), "label": label, "id": asked}
    killed = subprocess.run([sys.executable, "-c", CLIENT, json.dumps(words)], cwd=HERE, check=False, timeout=60)

    assert killed.returncode == -9
    found = sqlite_shop.operations.list()["data"]
    committed = label.endswith(("committed", "after_commit"))
    assert [one["status"] for one in found] == [status for status in [after if committed else before] if status]


@pytest.mark.long
def test_the_database_away_for_a_while_costs_no_round(
    postgres_shop: Workshop, unreachable: Callable[[], AbstractContextManager[None]]
):
    shop = postgres_shop
    shop.worker(dead=6.0)
    shop.worker(dead=6.0)
    training = shop.train(rounds=300, seconds_per_round=0.03)
    pid = shop.child_pid(training)
    shop.wait_for_round(training, 25)

    with unreachable():
        with pytest.raises(StoreUnavailable):
            shop.operations.get(training)
        wait_until(lambda: not alive(pid), 90)

    done = shop.wait_for(training, "completed", 60)
    assert done["result_summary"] == {"success": True, "model_hash": hash_after(300), "began_at": 0}
    assert (done["starts"], done["takeovers"]) == (1, 0)


def test_a_damaged_checkpoint_fails_its_operation(sqlite_shop: Workshop):
    shop = sqlite_shop
    shop.worker()
    training = shop.train(rounds=2000)
    shop.wait_for_round(training, 25)
    shop.operations.cancel(training)
    wait_until(lambda: shop.operations.workers()[0]["busy"] == 0, 10)
    with shop.database.write() as connection:
        connection.execute(update(checkpoints).values(data=b"something else"))

    shop.operations.resume(training)

    assert shop.wait_for(training, "failed")["error"]["code"] == "checkpoint_mismatch"


def test_a_home_that_takes_no_folder_fails_its_operation(sqlite_shop: Workshop):
    shop = sqlite_shop
    (shop.home / "work").write_text("a file where the folder should be")
    shop.worker()

    training = shop.train()

    assert shop.wait_for(training, "failed")["starts"] == 1
