"""Files that are whole or absent."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from mintmark.domain import NotWritable, Refused

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_atomic(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``: after a crash it is there whole, or as it was before.

    Temp file in the same folder, fsync, rename, fsync of the folder.

    Raises:
        NotWritable: ``disk_full`` or ``not_writable``, with path and free bytes.
    """
    make_folder(path.parent)
    with named_faults(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_once(path: Path, content: bytes) -> bool:
    """Put ``content`` at ``path`` unless a file is there; return whether it was put.

    Two writers at once: one wins, the other is told.
    """
    make_folder(path.parent)
    with named_faults(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(name, path)
        except FileExistsError:
            return False
        finally:
            Path(name).unlink(missing_ok=True)
        _sync_folder(path.parent)
    return True


def make_folder(path: Path) -> None:
    """Make ``path`` and what lies above it.

    Raises:
        NotWritable: as ``write_atomic``.
    """
    with named_faults(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def named_faults(path: Path) -> Iterator[None]:
    """Turn "disk full" and "not allowed" into faults that name ``path`` and its free bytes."""
    try:
        yield
    except OSError as error:
        free = free_bytes(path)
        if error.errno in _FULL:
            raise NotWritable(
                f"no room left to write {path} ({free} bytes free)", path=str(path), free_bytes=free
            ) from error
        if error.errno in _CLOSED:
            raise NotWritable(
                f"{path} cannot be written: {error.strerror}", code="not_writable", path=str(path), free_bytes=free
            ) from error
        raise


def free_bytes(path: Path) -> int:
    """Return the bytes free on the disk of ``path``, or of the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def path_within(root: Path, relative: str) -> Path:
    """Return the path of ``relative`` below ``root``.

    Raises:
        Refused: ``path_refused`` for an absolute path, one with ``..``, or a link that leads out.
    """
    asked = PurePosixPath(relative)
    if asked.is_absolute() or ".." in asked.parts or not relative or "\0" in relative:
        raise Refused(f"expected a path below the data root, found {relative!r}", code="path_refused", path=relative)
    found = root / asked
    if not found.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{relative!r} leads out of the data root", code="path_refused", path=relative)
    return found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
