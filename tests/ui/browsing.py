"""What the tests of the pages share: where screenshots go, servers, ports."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, Page, expect

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts" / "pages"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")

OpenPage = Callable[..., Page]
Keep = Callable[[Page, str], None]
ContextFor = Callable[[int, str], BrowserContext]

# A shared machine may be slow; what is wrong stays wrong for longer than this.
expect.set_options(timeout=60_000)


def environment() -> dict[str, str]:
    """Return the environment of a server as it has outside a test run, which it would recognise."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until ``address`` answers.

    Raises:
        AssertionError: the process ended, or it took too long.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            httpx.get(address, timeout=2.0)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{address} did not answer in {seconds} s")


def in_state(house: str, state: str) -> str:
    httpx.post(f"{house}/house/{state}").raise_for_status()
    return house
