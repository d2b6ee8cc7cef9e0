"""The folder through which a worker and the process it started speak.

Each file is whole or absent, so either side may die at any moment.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mintmark.domain import Damaged
from mintmark.store import write_atomic

_DIGEST = 32
_HEADER = struct.Struct(">qq32s")


@dataclass(frozen=True)
class Checkpoint:
    """The state of a computation after ``round``; it stands on the first so many ``parts`` kept before it."""

    round: int
    data: bytes
    parts: int = 0

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class WorkFolder:
    """One folder per life of an operation: ``<home>/work/<operation id>/<starts>``."""

    path: Path

    @property
    def log(self) -> Path:
        return self.path / "output.log"

    def put_inputs(self, inputs: dict[str, Any]) -> None:
        self._put("inputs.json", inputs)

    def inputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "inputs.json").read_text())
        return found

    def put_progress(self, progress: dict[str, Any]) -> None:
        self._put("progress.json", progress)

    def progress(self) -> dict[str, Any] | None:
        return self._found("progress.json")

    def put_rounds(self, rows: list[dict[str, Any]]) -> None:
        self._put("rounds.json", {"rows": rows})

    def rounds(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (self._found("rounds.json") or {"rows": []})["rows"]
        return rows

    def put_result(self, result: dict[str, Any]) -> None:
        self._put("result.json", result)

    def result(self) -> dict[str, Any] | None:
        return self._found("result.json")

    def put_checkpoint(self, checkpoint: Checkpoint, name: str = "checkpoint") -> None:
        """Write the state to go on from; ``start`` names the one a life begins with."""
        header = _HEADER.pack(checkpoint.round, checkpoint.parts, bytes.fromhex(checkpoint.sha256))
        write_atomic(self.path / name, header + checkpoint.data)

    def checkpoint(self, name: str = "checkpoint") -> Checkpoint | None:
        """Return the state last written, or None.

        Raises:
            Damaged: ``checkpoint_mismatch``: its bytes are not what was written.
        """
        place = self.path / name
        if not place.exists():
            return None
        content = place.read_bytes()
        if len(content) < _HEADER.size:
            raise Damaged(f"{place} is cut short", code="checkpoint_mismatch")
        number, parts, digest = _HEADER.unpack_from(content)
        found = Checkpoint(number, content[_HEADER.size :], parts)
        if bytes.fromhex(found.sha256) != digest:
            raise Damaged(f"{place} is not what was written", code="checkpoint_mismatch")
        return found

    def put_part(self, part: int, content: bytes, name: str = "checkpoint") -> None:
        """Write what the next states stand on and no later one changes."""
        write_atomic(self._part(part, name), hashlib.sha256(content).digest() + content)

    def part(self, part: int, name: str = "checkpoint") -> bytes:
        """Return a part of the state ``name``.

        Raises:
            Damaged: ``checkpoint_mismatch``: it is absent, or its bytes are not what was written.
        """
        place = self._part(part, name)
        found = place.read_bytes() if place.exists() else b""
        digest, content = found[:_DIGEST], found[_DIGEST:]
        if hashlib.sha256(content).digest() != digest:
            raise Damaged(f"{place} is not what was written", code="checkpoint_mismatch")
        return content

    def _part(self, part: int, name: str) -> Path:
        return self.path / f"{name}.parts" / str(part)

    def stamp(self, name: str) -> tuple[int, int] | None:
        """Return what changes whenever the file ``name`` is replaced, None while it is absent."""
        try:
            found = (self.path / name).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _put(self, name: str, content: dict[str, Any]) -> None:
        write_atomic(self.path / name, json.dumps(content, allow_nan=False).encode())

    def _found(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((self.path / name).read_bytes())
        except FileNotFoundError:
            return None
        return found
