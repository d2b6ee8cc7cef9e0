"""How a room declares the operations it can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

QUEUES: Mapping[str, int] = {
    "design": 1,
    "training": 1,
    "backtesting": 1,
    "assessing": 1,
    "simulation": 1,
    "research": 8,
    "arena": 1,
    "portfolio": 1,
}
"""Each queue with how many of its operations one slot runs at a time."""


@dataclass(frozen=True)
class Run:
    """One life of an operation in one worker; ``starts`` is its number."""

    operation_id: str
    type: str
    starts: int
    metadata: dict[str, Any]
    folder: Path
    parent_operation_id: str | None
    correlation_id: str

    @property
    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = self.metadata.get("parameters", {})
        return found


@dataclass(frozen=True)
class Work:
    """An operation that computes, in a process of its own that may be killed at any moment.

    ``prepare``: in the worker, before the process starts; returns its JSON inputs and may
    write files into ``run.folder``.
    ``compute``: ``"package.module:function"``, called in the process with a ``Task``; returns JSON.
    ``store_files``: in the worker, after the process, outside any transaction; may run more than
    once with the same result; returns the result, extended.
    ``finish``: in the worker, inside the transaction that completes the operation; returns the
    ``result_summary``.

    Any of them may raise a ``MintmarkError``: the operation fails with its code and message.
    """

    type: str
    queue: str
    prepare: Callable[[Run], dict[str, Any]]
    compute: str
    finish: Callable[[Connection, Run, dict[str, Any]], dict[str, Any]]
    store_files: Callable[[Run, dict[str, Any]], dict[str, Any]] | None = None


@dataclass(frozen=True)
class ChildView:
    """The child of a parent's current phase, as it is now."""

    operation_id: str
    type: str
    status: str
    result_summary: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    cancel_reason: str | None


@dataclass(frozen=True)
class ParentView:
    """A waiting operation at the moment of a look, its row locked.

    ``child`` is None before the first child, and where the child's row does not exist;
    ``prepared`` is what ``before_look`` returned.
    """

    operation_id: str
    type: str
    phase: str | None
    child_id: str | None
    child: ChildView | None
    metadata: dict[str, Any]
    correlation_id: str
    prepared: Any

    @property
    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = self.metadata.get("parameters", {})
        return found


@dataclass(frozen=True)
class Parent:
    """An operation that starts other operations and waits for them without running.

    ``look``: one transaction. It sees a child that has ended, or none yet, and starts the next
    one or ends the parent through ``Operations``; any number may run at once, one at a time per parent.
    ``before_look``: with the operation id, before the transaction: the place to read files.
    ``after_look``: with the operation id, after the commit of a look that ended the parent; may
    never run when its worker dies.
    ``shares``: per phase the part of the parent's percentage its child moves through, (from, to).
    """

    type: str
    queue: str
    look: Callable[[Connection, ParentView], None]
    before_look: Callable[[str], Any] | None = None
    after_look: Callable[[str], None] | None = None
    shares: Mapping[str, tuple[float, float]] = field(default_factory=dict)


Kind = Work | Parent


@dataclass(frozen=True)
class Turn:
    """What each worker that serves ``queue`` looks after every ``seconds``, beside its operations.

    ``act`` may be done by several workers at once, and by one that is killed in it: whatever it starts has an id of
    its own that is there once. A ``MintmarkError`` is logged, and the next turn comes all the same.
    """

    name: str
    queue: str
    seconds: float
    act: Callable[[], object]


def carrier_of(kind: Kind) -> str:
    """Return the name of the durable workflow that carries ``kind``: work or look."""
    return "work" if isinstance(kind, Work) else "look"
