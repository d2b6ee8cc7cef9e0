"""The processes of the house: a server on loopback, workers in their seats."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from commandline import Command

from mintmark.cli.server import is_loopback

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start a command of this house; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "mintmark.cli", *words],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "MINTMARK_HOME": str(home)},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_a_server_answers_on_loopback_only_and_leaves_when_told(start: Start):
    server = start("serve", "--port", "0")
    assert server.stderr is not None
    address = server.stderr.readline().split()[-1]

    health = httpx.get(f"{address}/health", timeout=30)
    page = httpx.get(address, timeout=30)
    elsewhere = httpx.get(f"{address}/health", headers={"Host": "elsewhere.example"}, timeout=30)
    listening = {one.laddr.ip for one in psutil.Process(server.pid).net_connections() if one.status == "LISTEN"}
    server.send_signal(signal.SIGTERM)

    assert address.startswith("http://127.0.0.1:")
    assert health.json()["status"] == "ok"
    assert (page.status_code, elsewhere.status_code) == (200, 403)
    assert listening == {"127.0.0.1"}
    assert server.wait(120) == 128 + signal.SIGTERM


def test_an_address_that_is_taken_is_named(mintmark: Command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        left = mintmark("serve", "--port", str(taken.getsockname()[1]))

    assert left.code == 3
    assert left.stderr.startswith("address_in_use")


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("example", False)]
)
def test_only_addresses_of_this_machine_are_loopback(host: str, local: bool):
    assert is_loopback(host) is local


@pytest.mark.parametrize("slots", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_worker_is_listed_while_it_lives_and_gone_after(start: Start, mintmark: Command, slots: int):
    worker = start("worker", "--queues", "training,research", "--slots", str(slots))

    live = _live(mintmark, slots)
    worker.send_signal(signal.SIGTERM)

    assert [one["queues"] for one in live] == [["training", "research"]] * slots
    assert all(one["busy"] == 0 and one["slots"] == 1 for one in live)
    assert worker.wait(120) == 0
    assert mintmark("workers", "list", "--json").body["data"] == []


def _live(mintmark: Command, slots: int) -> list[dict[str, object]]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        workers = [one for one in mintmark("workers", "list", "--json").body["data"] if one["live"]]
        if len(workers) == slots:
            return workers
        time.sleep(0.2)
    raise AssertionError(f"{slots} workers did not come")
