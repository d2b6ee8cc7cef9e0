"""A house of real processes: servers, workers and commands on one home folder or database.

Everything a story starts here it can kill, and ``close`` leaves no process behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import httpx
import psutil

from keys import bearer

if TYPE_CHECKING:
    from mintmark.app import App

Found = TypeVar("Found")
HouseMaker: TypeAlias = "Callable[..., House]"
ENDED = ("completed", "failed", "cancelled")
KEYS = ("DEEPSEEK_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY")
COMMAND = (sys.executable, "-m", "mintmark.cli")
START = Path(__file__).with_name("start")
ARMED = (sys.executable, str(Path(__file__).with_name("armed.py")))

# A deadline is how long a broken house may hold up the tests, not how long a sound
# one takes: it is generous, so that a busy machine does not make a story fail.
PATIENCE_SECONDS = 120.0


def wait_for(
    look: Callable[[], Found | None], what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.02
) -> Found:
    """Return what ``look``, asked ``every`` so many seconds, gives once it is true; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(every)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What a command left."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def body(self) -> Any:
        """Return the one JSON document on stdout."""
        return json.loads(self.stdout)


class House:
    """One home folder, its database, and the processes that work on it."""

    def __init__(self, home: Path, url: str | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.url = url or f"sqlite:///{home / 'mintmark.db'}"
        self.settings = dict(settings or {})
        self.logs = home.parent / f"{home.name}-logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.started: list[subprocess.Popen[bytes]] = []
        self._client: httpx.Client | None = None

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables of a process of this house: no key, no setting of whoever runs the tests."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("MINTMARK_") and name not in KEYS
        }
        ours = {"MINTMARK_HOME": str(self.home), "MINTMARK_STORE__URL": self.url, "PYTHONPATH": str(START)}
        return {**kept, **ours, **self.settings, **(extra or {})}

    @contextlib.contextmanager
    def hold(self, *kinds: str) -> Iterator[Callable[[str], None]]:
        """Let the computing processes of these types begin, but not work, until they are released or this ends."""

        def release(kind: str) -> None:
            (self.home / f"hold.{kind}").unlink(missing_ok=True)

        for kind in kinds:
            (self.home / f"hold.{kind}").touch()
        try:
            yield release
        finally:
            for kind in kinds:
                release(kind)

    @contextlib.contextmanager
    def hold_after(self, kind: str, checkpoints: int) -> Iterator[None]:
        """Let the computing processes of one type write so many checkpoints and no further one, until this ends."""
        mark = self.home / f"hold.{kind}.checkpoints"
        mark.write_text(str(checkpoints))
        try:
            yield
        finally:
            mark.unlink()

    def run(
        self,
        *arguments: str,
        command: tuple[str, ...] = COMMAND,
        extra: Mapping[str, str] | None = None,
        seconds: float = 2 * PATIENCE_SECONDS,
    ) -> Answer:
        """Run one command to its end."""
        began = time.monotonic()
        process = subprocess.run(
            [*command, *arguments],
            env=self.environment(extra),
            capture_output=True,
            text=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Answer(process.returncode, process.stdout, process.stderr, time.monotonic() - began)

    def ask(self, *arguments: str) -> Any:
        """Run one command with ``--json`` that must succeed, and return its document."""
        answer = self.run(*arguments, "--json")
        assert answer.code == 0, f"{arguments} left {answer.code}: {answer.stdout[-2000:]}{answer.stderr[-2000:]}"
        return answer.body

    def start(
        self, *arguments: str, command: tuple[str, ...] = COMMAND, extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one command in a session of its own and return at once; its words go to a log."""
        log = self.logs / f"{len(self.started):03d}-{'-'.join(arguments[:1])}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *arguments],
                env=self.environment(extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def worker(
        self, *options: str, command: tuple[str, ...] = COMMAND, extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one worker process and wait until the database shows its heartbeat."""
        process = self.start("worker", *options, command=command, extra=extra)
        wait_for(lambda: self.beats(process), f"worker {process.pid} is live{self.words(process)}", every=0.1)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the server on a free port and wait until it answers."""
        port = free_port()
        process = self.start("serve", "--port", str(port))
        shown = bearer(self.database)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60, headers=shown)
        wait_for(lambda: self.answers(process), "the server answers")
        return process

    def answers(self, process: subprocess.Popen[bytes]) -> bool:
        """Return whether the server answers; fail when it has ended."""
        assert process.poll() is None, f"the server ended with {process.returncode}{self.words(process)}"
        try:
            return self.client.get("/agent/status").status_code == 200
        except httpx.TransportError:
            return False

    @property
    def serves(self) -> bool:
        """Return whether a server was started here."""
        return self._client is not None

    @property
    def client(self) -> httpx.Client:
        """Return the client of the server started here."""
        assert self._client is not None, "no server was started"
        return self._client

    def get(self, path: str, **query: Any) -> Any:
        """Return the body of a GET that must answer 200."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json()

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of one SELECT on the house's own database, in autocommit."""
        from sqlalchemy import text

        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    @property
    def database(self) -> Any:
        """Return the database, opened once."""
        from mintmark.store import open_database

        if not hasattr(self, "_database"):
            self._database = open_database(self.url)
        return self._database

    @cached_property
    def app(self) -> App:
        """Return the house as this process sees it: what is done here costs no start of a command."""
        from mintmark.app import Settings, open_app

        return open_app(Settings.model_validate({"home": self.home, "store": {"url": self.url}}))

    def beats(self, process: subprocess.Popen[bytes]) -> bool:
        """Return whether the worker ``process`` has a heartbeat; fail when it has ended."""
        assert process.poll() is None, f"the worker ended with {process.returncode}{self.words(process)}"
        return bool(self.rows("SELECT pid FROM workers WHERE pid = :pid", pid=process.pid))

    def words(self, process: subprocess.Popen[bytes]) -> str:
        """Return the last words of a started process, for a message."""
        number = self.started.index(process)
        return "".join(f"\n--- {log.name}\n{_tail(log)}" for log in self.logs.glob(f"{number:03d}-*.log"))

    def processes(self) -> list[psutil.Process]:
        """Return every live process of this house, whoever started it."""
        mark = ("MINTMARK_HOME", str(self.home))
        return [process for process in psutil.process_iter() if mark in _environment(process).items()]

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill one started process and its group with KILL, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(120)

    def kill_all(self) -> None:
        """Kill every process of this house with KILL, and wait until none is left."""
        if self._client is not None:
            self._client.close()
            self._client = None
        wait_for(self._kill_round, "every process is gone", 120)

    def _kill_round(self) -> bool:
        alive = self.processes()
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return not alive and all(process.poll() is not None for process in self.started)

    def close(self) -> None:
        """Kill what lives and let go of what is open."""
        self.kill_all()
        if "app" in vars(self):
            self.app.close()
        if hasattr(self, "_database"):
            self._database.close()


@contextlib.contextmanager
def opened(house: House) -> Iterator[House]:
    """Give ``house``, and close it whatever happens."""
    try:
        yield house
    finally:
        house.close()


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return {}
        return dict(process.environ())
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return {}


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-30:])
