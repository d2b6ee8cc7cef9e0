"""What the operations of research are handed by ``app``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mintmark.domain import Clock, Mark, day_end
from mintmark.research.gates import Limits

if TYPE_CHECKING:
    from mintmark.data import DataRoom, Pack
    from mintmark.llm import Budget
    from mintmark.runtime import Operations
    from mintmark.store import Blobs, Database

GatePolicy = Literal["fail", "assess"]


@dataclass(frozen=True)
class Rules:
    """The settings of research. ``max_concurrent`` 0 means: as many as live slots allow."""

    limits: Limits = field(default_factory=Limits)
    gate_policy: GatePolicy = "fail"
    random_state: int = 7
    max_concurrent: int = 0
    model_key: bool = False


@dataclass(frozen=True)
class Context:
    """The parts of the house research works with."""

    home: Path
    database: Database
    blobs: Blobs
    operations: Operations
    data: DataRoom
    budget: Budget
    clock: Clock
    code_version: str
    rules: Rules = field(default_factory=Rules)

    def mark(self, pack: Pack, operation_id: str) -> dict[str, Any]:
        """Return the mark of a result made from ``pack``."""
        return mark_of(pack, operation_id, self.code_version, self.clock.now())


def mark_of(pack: Pack, operation_id: str, code_version: str, made_at: datetime) -> dict[str, Any]:
    """Return the mark of a result made from ``pack``, as JSON."""
    as_of = day_end(pack.as_of)
    return Mark(pack.id, pack.sha256, code_version, operation_id, pack.sources, as_of, made_at).as_json()


def parameters_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored parameters of an operation."""
    found: dict[str, Any] = (operation.get("metadata") or {}).get("parameters") or {}
    return found
