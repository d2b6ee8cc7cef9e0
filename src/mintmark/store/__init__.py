"""The database, the blobs and the files: everything durable is written once."""

from mintmark.store.blobs import Blobs, MissingBlob
from mintmark.store.database import Database, metadata, open_database
from mintmark.store.files import free_bytes, make_folder, path_within, write_atomic, write_once
from mintmark.store.schema import migrate
from mintmark.store.types import Exact, Json, UtcTime

__all__ = [
    "Blobs",
    "Database",
    "Exact",
    "Json",
    "MissingBlob",
    "UtcTime",
    "free_bytes",
    "make_folder",
    "metadata",
    "migrate",
    "open_database",
    "path_within",
    "write_atomic",
    "write_once",
]
