"""A follow view: it works by itself, shows the way, and ends as the operation ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from commandline import Command

COMMAND = (sys.executable, "-m", "mintmark.cli")
SOON = """\
grammar: 1
name: soon
universe: {symbols: [NASDAQ], timeframe: 1d}
span: {start: 2010-01-04, end: 2018-12-31}
indicators: {rsi_fast: {type: rsi, period: 7}}
features: [{indicator: rsi_fast}]
labels: {kind: zigzag, threshold: 0.03}
model: {kind: logistic}
"""
LONG = SOON.replace("soon", "long").replace(
    "{kind: logistic}", "{kind: mlp, params: {epochs: 1000, learning_rate: 0.00001}}\ntraining: {patience: 500}"
)


@pytest.fixture(autouse=True)
def _two_strategies(sampled: Path) -> None:
    (sampled / "strategies").mkdir(exist_ok=True)
    for name, text in (("soon", SOON), ("long", LONG)):
        (sampled / "strategies" / f"{name}.yaml").write_text(text)


def test_a_training_is_followed_without_any_worker(mintmark: Command):
    left = mintmark("train", "soon", "--follow", "--json")

    assert left.code == 0, left.stdout + left.stderr
    body = left.body
    assert body["success"] is True
    assert body["operation_id"] == body["data"]["operation_id"]
    assert (body["data"]["status"], body["data"]["operation_type"]) == ("completed", "training")
    lines = left.stderr.splitlines()
    assert lines[0].startswith("pending") or lines[0].startswith("running")
    assert lines[-1].startswith("completed")
    assert "\x1b" not in left.stdout + left.stderr
    assert mintmark("workers", "list", "--json").body["data"] == []
    _the_ended_one_is_shown(mintmark, body["operation_id"])


def _the_ended_one_is_shown(mintmark: Command, operation_id: str) -> None:
    left = mintmark("operations", "follow", operation_id)

    assert left.code == 0
    assert operation_id in left.stdout
    assert "COMPLETED" in left.stdout
    assert "Accuracy, test part" in left.stdout


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long)]
)
def test_an_interrupted_follow_cancels_and_says_how_to_go_on(sampled: Path, number: signal.Signals, code: int):
    process = subprocess.Popen(
        [*COMMAND, "train", "long", "--follow", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "MINTMARK_HOME": str(sampled)},
    )
    assert process.stderr is not None
    told = []
    while not any("running" in line for line in told):
        line = process.stderr.readline()
        assert line, "".join(told)
        told.append(line)

    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == code
    body = json.loads(stdout)
    assert body["data"]["status"] == "cancelled"
    assert stderr.splitlines()[-1] == f"mintmark operations resume {body['operation_id']}"
    assert _nobody_left(sampled)


def _nobody_left(home: Path) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        words = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
        if not any(str(home) in word for line in words for word in line):
            return True
        time.sleep(0.1)
    return False


def test_a_failed_operation_is_exit_8_and_a_cancelled_one_9(mintmark: Command):
    accepted = mintmark("train", "soon", "--json")
    cancelled = mintmark("operations", "cancel", accepted.body["operation_id"])

    assert "no worker is live" in accepted.stderr
    assert cancelled.code == 0
    assert mintmark("operations", "follow", accepted.body["operation_id"]).code == 9
    assert mintmark("operations", "cancel", accepted.body["operation_id"]).code == 5


def test_a_second_operation_is_asked_of_the_same_home(mintmark: Command, sampled: Path):
    (sampled / "strategies" / "other.yaml").write_text(SOON.replace("soon", "other"))

    both = mintmark("train", "soon", "--json").body, mintmark("train", "other", "--json").body

    listed = mintmark("operations", "list", "--json").body
    assert listed["total_count"] == 2
    assert {one["operation_id"] for one in listed["data"]} == {one["operation_id"] for one in both}
