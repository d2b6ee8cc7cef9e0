"""Watch an operation until it ends: nested bars in a terminal, plain lines in a pipe."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from mintmark.cli.output import lively, stderr

if TYPE_CHECKING:
    from mintmark.app import App

LOOK_SECONDS = 0.5
ENDED = ("completed", "failed", "cancelled")
# A pipe gets a line for each phase, and between them one for each step of this size.
_LINE_PERCENT = 10.0


class Interrupted(BaseException):
    """A signal asked this process to stop; ``signal`` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number

    @property
    def exit(self) -> int:
        return 128 + self.signal


class View(Protocol):
    """What shows an operation and the child that works for it."""

    def show(self, operation: Mapping[str, Any], child: Mapping[str, Any] | None) -> None: ...


def watch(app: App, operation_id: str) -> dict[str, Any]:
    """Show ``operation_id`` twice a second until it ends, and return it.

    To be called inside ``interruptible``.
    """
    from mintmark.app import answers

    with _view() as view:
        while True:
            operation: dict[str, Any] = answers.operation(app, operation_id)["data"]
            child_id = operation["child_operation_id"]
            child = answers.operation(app, child_id)["data"] if child_id else None
            view.show(operation, child)
            if operation["status"] in ENDED:
                return operation
            time.sleep(LOOK_SECONDS)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn Ctrl+C and SIGTERM into ``Interrupted`` while the block runs."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _view() -> Iterator[View]:
    if not lively():
        yield _Lines()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[step]}[/]"),
    )
    with Progress(*columns, console=stderr(), refresh_per_second=4) as progress:
        yield _Bars(progress)


class _Bars:
    """Two bars, one under the other."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def show(self, operation: Mapping[str, Any], child: Mapping[str, Any] | None) -> None:
        ended = operation["status"] in ENDED
        self._set(operation, "", operation["status"] if ended else operation["phase"] or "waiting for a worker")
        if child is not None:
            for identity in list(self._tasks):
                if identity not in (operation["operation_id"], child["operation_id"]):
                    self._progress.remove_task(self._tasks.pop(identity))
            self._set(child, "  ", child["progress"]["current_step"] or child["status"])

    def _set(self, operation: Mapping[str, Any], indent: str, step: str) -> None:
        identity = operation["operation_id"]
        if identity not in self._tasks:
            name = f"{indent}[bold]{_words(operation):<{22 - len(indent)}}[/]"
            self._tasks[identity] = self._progress.add_task(name, total=100.0, step=step)
        self._progress.update(self._tasks[identity], completed=operation["progress"]["percentage"], step=step)


class _Lines:
    """One line whenever there is something to say."""

    def __init__(self) -> None:
        self._last: tuple[Any, Any] = (None, None)
        self._percent = 0.0
        self._console = stderr()

    def show(self, operation: Mapping[str, Any], child: Mapping[str, Any] | None) -> None:
        percent = operation["progress"]["percentage"]
        state = (operation["status"], operation["phase"])
        if state == self._last and percent < self._percent + _LINE_PERCENT:
            return
        self._last, self._percent = state, percent
        worker = child or operation
        step = worker["progress"]["current_step"] or ""
        said = f"{operation['status']:<10} {operation['phase'] or _words(operation):<12} {percent:5.1f}%  {step}"
        self._console.print(said.rstrip(), markup=False)


def _words(operation: Mapping[str, Any]) -> str:
    return str(operation["operation_type"]).replace("_", " ")
