"""The edge of the data room: files, exchanges and tables in, packs out."""

from mintmark.data.operations.dead_letters import DeadLetter, DeadLetters
from mintmark.data.operations.licensing import ExportAsked, Licensing
from mintmark.data.operations.room import DataRoom

__all__ = ["DataRoom", "DeadLetter", "DeadLetters", "ExportAsked", "Licensing"]
