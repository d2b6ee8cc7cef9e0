"""The edge of the data room: files, exchanges and tables in, packs out."""

from mintmark.data.operations.licensing import ExportAsked, Licensing
from mintmark.data.operations.room import DataRoom

__all__ = ["DataRoom", "ExportAsked", "Licensing"]
