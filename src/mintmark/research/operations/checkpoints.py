"""What a computation of research goes on from: a JSON header and bytes, tied to what they were made from."""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintmark.domain import Damaged

if TYPE_CHECKING:
    from mintmark.runtime import Task

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Stage:
    """The state after a block: JSON ``values`` and the bytes of a model's training, if any."""

    values: Mapping[str, Any] = field(default_factory=dict)
    state: bytes = b""


def write_stage(stage: Stage, identity: Mapping[str, Any]) -> bytes:
    """Return ``stage`` as bytes that only a computation of the same ``identity`` will read."""
    header = json.dumps({"identity": dict(identity), "values": dict(stage.values)}, allow_nan=False).encode()
    return _LENGTH.pack(len(header)) + header + stage.state


def read_stage(content: bytes, identity: Mapping[str, Any]) -> Stage:
    """Return the stage ``write_stage`` wrote.

    Raises:
        Damaged: ``checkpoint_mismatch``: another strategy, pack, code or random state, or no stage at all.
    """
    try:
        (length,) = _LENGTH.unpack_from(content)
        header = json.loads(content[_LENGTH.size : _LENGTH.size + length])
        held, values = header["identity"], header["values"]
    except (struct.error, ValueError, KeyError) as error:
        raise Damaged(f"the checkpoint does not read: {error}", code="checkpoint_mismatch") from error
    differing = sorted(name for name in identity if held.get(name) != identity[name])
    if differing:
        raise Damaged(f"the checkpoint was made from another {', '.join(differing)}", code="checkpoint_mismatch")
    return Stage(values, content[_LENGTH.size + length :])


class Continued:
    """A computation that goes on from its last checkpoint, and counts the seconds of all its lives.

    ``stage``: what was kept before, empty at the first start.

    Raises:
        Damaged: as ``read_stage``.
    """

    def __init__(self, task: Task) -> None:
        self._task, self._begun = task, time.perf_counter()
        restored = task.restored()
        self.stage = Stage() if restored is None else read_stage(restored[1], task.inputs["identity"])
        self._spent = float(self.stage.values.get("seconds", 0.0))

    def seconds(self) -> float:
        """Return how long this computation has taken so far, all its lives together."""
        return self._spent + time.perf_counter() - self._begun

    def parts(self) -> Iterator[Stage]:
        """Return the parts kept before, oldest first; raises as ``read_stage``."""
        for part in self._task.restored_parts():
            yield read_stage(part, self._task.inputs["identity"])

    def keep(self, round: int, values: Mapping[str, Any], state: bytes = b"", part: Stage | None = None) -> None:
        """Keep what there is after ``round``; ``part`` joins the parts kept before."""
        identity = self._task.inputs["identity"]
        stage = write_stage(Stage({**values, "seconds": self.seconds()}, state), identity)
        self._task.checkpoint(round, stage, None if part is None else write_stage(part, identity))


def threads_of(inputs: Mapping[str, Any]) -> int:
    """Return how many threads a simulation is asked to use: as many as there are cores where it does not say."""
    return int(inputs["workers"] or os.cpu_count() or 1)
