"""The database, the blobs and the files: everything durable is written once.

What is exported here is loaded on first use: a computing process writes files
and loads no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.store.blobs import Blobs, MissingBlob
    from mintmark.store.database import Database, add_rows, metadata, open_database, upsert
    from mintmark.store.files import free_bytes, make_folder, path_within, write_atomic, write_once
    from mintmark.store.schema import migrate
    from mintmark.store.types import Exact, Json, UtcTime

_HOMES = {
    "Blobs": "blobs",
    "Database": "database",
    "Exact": "types",
    "Json": "types",
    "MissingBlob": "blobs",
    "UtcTime": "types",
    "add_rows": "database",
    "free_bytes": "files",
    "make_folder": "files",
    "metadata": "database",
    "migrate": "schema",
    "open_database": "database",
    "path_within": "files",
    "upsert": "database",
    "write_atomic": "files",
    "write_once": "files",
}

__all__ = [
    "Blobs",
    "Database",
    "Exact",
    "Json",
    "MissingBlob",
    "UtcTime",
    "add_rows",
    "free_bytes",
    "make_folder",
    "metadata",
    "migrate",
    "open_database",
    "path_within",
    "upsert",
    "write_atomic",
    "write_once",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.store has no {name}")
    return getattr(import_module(f"mintmark.store.{_HOMES[name]}"), name)
