"""Where partitions lie: blobs named by content, their files remembered by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import polars as pl

from mintmark.data.partitions import damaged, from_bytes, to_bytes
from mintmark.data.tables import add_files, file_hashes
from mintmark.store import Blobs, Database, MissingBlob


class Shelf:
    """Puts frames away once and gives them back as they were, or not at all."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def keep(self, frames: Mapping[str, pl.DataFrame]) -> int:
        """Store each frame under its content's sha256 unless it is there; return how many were new.

        Leaves: blobs and their rows; after a crash in between, a second call ends the work.
        """
        with self._database.read() as connection:
            known = file_hashes(connection, frames)
        files = {}
        for name, frame in frames.items():
            if name in known and self._blobs.has(name):
                continue
            self._blobs.put(to_bytes(frame), name)
            # Another program version may have written this content before, as another file.
            stored = self._blobs.get(name)
            files[name] = (hashlib.sha256(stored).hexdigest(), len(stored))
        if files:
            with self._database.write() as connection:
                add_files(connection, files)
        return len(files)

    def read(self, name: str) -> pl.DataFrame:
        """Return the frame ``name``; raises ``pack_damaged``."""
        return from_bytes(self._bytes(name), name)

    def check(self, names: Iterable[str]) -> None:
        """Raise ``pack_damaged`` unless the file of each name is byte for byte the one that was stored."""
        wanted = list(names)
        with self._database.read() as connection:
            known = file_hashes(connection, wanted)
        for name in wanted:
            if hashlib.sha256(self._bytes(name)).hexdigest() != known.get(name):
                raise damaged(name, "is not the file that was stored")

    def _bytes(self, name: str) -> bytes:
        try:
            return self._blobs.get(name)
        except MissingBlob as error:
            raise damaged(name, "is missing") from error
