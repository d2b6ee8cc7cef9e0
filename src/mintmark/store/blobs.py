"""Bytes named by their hash, written once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, String, Table, select

from mintmark.domain import Damaged, Fault
from mintmark.store.database import Database, metadata, upsert
from mintmark.store.files import write_once

SHARED_LIMIT = 64 * 1024 * 1024
_NAME = re.compile(r"[0-9a-f]{64}")

blobs = Table(
    "blobs",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
)


class MissingBlob(Fault):
    """A blob is neither on this machine nor in the database."""

    code = "blob_missing"


class Blobs:
    """Write-once content under ``root``, as ``ab/abcdef...``.

    Where several machines share a PostgreSQL database, what is up to 64 MiB
    lives there too, and is cached here on first use.
    """

    def __init__(self, root: Path, database: Database) -> None:
        self._root = root
        self._database = database
        self._shared = database.dialect == "postgresql"

    def put(self, content: bytes, name: str | None = None) -> str:
        """Keep ``content`` and return its name: its sha256, unless the caller has a hash of the meaning.

        Safe to run again. Raises: NotWritable.
        """
        digest = hashlib.sha256(content).hexdigest()
        chosen = self._checked(name or digest)
        write_once(self._place(chosen), content)
        if self._shared and len(content) <= SHARED_LIMIT:
            row = {"name": chosen, "size": len(content), "sha256": digest, "content": content}
            with self._database.write() as connection:
                connection.execute(upsert(connection, blobs).values(row).on_conflict_do_nothing())
        return chosen

    def get(self, name: str) -> bytes:
        """Return the bytes of ``name``, as they lie; whoever knows the hash of the meaning checks it.

        Raises:
            MissingBlob: neither here nor in the database.
        """
        return self.path(name).read_bytes()

    def path(self, name: str) -> Path:
        """Return where ``name`` lies on this machine, fetching it first when it does not; raises as ``get``."""
        place = self._place(self._checked(name))
        if not place.exists():
            write_once(place, self._fetched(name))
        return place

    def has(self, name: str) -> bool:
        """Return whether ``get`` would find ``name``."""
        if self._place(self._checked(name)).exists():
            return True
        if not self._shared:
            return False
        with self._database.read() as connection:
            return connection.scalar(select(blobs.c.name).where(blobs.c.name == name)) is not None

    def _fetched(self, name: str) -> bytes:
        row = None
        if self._shared:
            with self._database.read() as connection:
                row = connection.execute(select(blobs.c.content, blobs.c.sha256).where(blobs.c.name == name)).first()
        if row is None:
            raise MissingBlob(f"blob {name} is not in {self._root}", name=name)
        content = bytes(row.content)
        if hashlib.sha256(content).hexdigest() != row.sha256:
            raise Damaged(f"blob {name} in the database is not what was stored", code="blob_damaged", name=name)
        return content

    def _place(self, name: str) -> Path:
        return self._root / name[:2] / name

    @staticmethod
    def _checked(name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(f"expected 64 hex digits, found {name!r}")
        return name
