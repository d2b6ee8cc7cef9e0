"""A worker's seat: a number on this host that one process holds at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from mintmark.domain import Refused
from mintmark.store import make_folder, write_once

MOST_SEATS = 64

# Where locks and atomic renames of another machine are not seen in time.
_NETWORK_DISKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ncpfs", "ceph", "glusterfs", "lustre", "fuse.sshfs"}
)


@dataclass(frozen=True)
class Seat:
    """A held lock; the number is free again when ``handle`` closes, at the latest with the process."""

    number: int
    owner: str
    handle: int

    @property
    def worker_id(self) -> str:
        return f"{socket.gethostname()}:{self.number}"

    def leave(self) -> None:
        os.close(self.handle)


def take_seat(home: Path, after: int = 0) -> Seat:
    """Take the first free number above ``after`` among the workers of ``home``.

    Raises:
        Refused: ``at_capacity``: every number is taken.
    """
    folder = home / "workers"
    make_folder(folder)
    for number in range(after + 1, MOST_SEATS + 1):
        handle = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        return Seat(number, _owner(folder), handle)
    raise Refused(f"all {MOST_SEATS} workers of {home} are running", code="at_capacity", limit=MOST_SEATS)


def _owner(folder: Path) -> str:
    """Return what tells this folder of locks from that of another home or machine with the same host name."""
    place = folder / "owner"
    write_once(place, secrets.token_hex(16).encode())
    return place.read_text()


def refuse_network_disk(folder: Path, mounts: str | None = None) -> None:
    """Refuse a folder on a disk of another machine, where it is recognised.

    ``mounts`` is the text of ``/proc/mounts``, read when not given; where there
    is none nothing is recognised.

    Raises:
        Refused: ``network_disk``.
    """
    if mounts is None:
        table = Path("/proc/mounts")
        mounts = table.read_text() if table.exists() else ""
    place, best, kind = folder.resolve(), -1, ""
    for line in mounts.splitlines():
        _device, mount, filesystem, *_rest = line.split(" ")
        point = Path(mount.encode().decode("unicode_escape"))
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), filesystem
    if kind in _NETWORK_DISKS:
        raise Refused(
            f"an SQLite file must lie on a local disk, {folder} is on {kind}; use store.url=postgresql://...",
            code="network_disk",
            path=str(folder),
            filesystem=kind,
        )
