"""Arrays as bytes and back: npz without objects, so nothing a stranger wrote can run."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from mintmark.domain import Damaged

_HEADER = "header"
Arrays = Mapping[str, np.ndarray[Any, Any]]


def pack(arrays: Arrays, header: Mapping[str, Any] | None = None) -> bytes:
    """Return ``arrays`` and a JSON ``header`` as npz; the same content gives the same bytes."""
    text = json.dumps({} if header is None else header, sort_keys=True, allow_nan=False).encode()
    buffer = io.BytesIO()
    held = {name: arrays[name] for name in sorted(arrays)}
    np.savez(buffer, allow_pickle=False, **{_HEADER: np.frombuffer(text, dtype=np.uint8), **held})
    return buffer.getvalue()


def unpack(content: bytes, code: str) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Return the arrays and the header ``pack`` wrote.

    Raises:
        Damaged: with ``code``, when the bytes are not such an archive.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise Damaged(f"expected an archive of arrays, found {len(content)} other bytes", code=code) from error
    return arrays, header


def digest(arrays: Arrays) -> str:
    """Return the sha256 (hex) of names, types, shapes and little-endian values."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        plain = values.astype(values.dtype.newbyteorder("<"), copy=False)
        total.update(f"{name}|{plain.dtype.str}|{plain.shape}|".encode())
        total.update(plain.tobytes())
    return total.hexdigest()
