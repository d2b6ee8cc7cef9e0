"""What a computation of research goes on from: a JSON header and bytes, tied to what they were made from."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mintmark.domain import Damaged

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
