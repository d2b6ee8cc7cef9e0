"""The mark: where a result comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mintmark.domain.time import iso


@dataclass(frozen=True)
class Mark:
    """The provenance of a result. ``ledger_hash`` is None where no ledger took part."""

    pack_id: str | None
    pack_sha256: str | None
    code_version: str
    operation_id: str | None
    sources: tuple[str, ...]
    as_of: datetime | None
    made_at: datetime
    ledger_hash: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the mark as JSON values, times in ISO 8601."""
        return {
            "pack_id": self.pack_id,
            "pack_sha256": self.pack_sha256,
            "ledger_hash": self.ledger_hash,
            "code_version": self.code_version,
            "operation_id": self.operation_id,
            "sources": list(self.sources),
            "as_of": None if self.as_of is None else iso(self.as_of),
            "made_at": iso(self.made_at),
        }
