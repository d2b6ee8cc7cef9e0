"""The edge of the data room: files, exchanges and tables in, packs out."""

from mintmark.data.operations.room import DataRoom

__all__ = ["DataRoom"]
