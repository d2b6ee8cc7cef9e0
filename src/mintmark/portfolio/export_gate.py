"""What a capability may know of the one way out for figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mintmark.domain import Refusal
from mintmark.portfolio.context import RequestCtx
from mintmark.portfolio.question import Format


@dataclass(frozen=True)
class Wanted:
    """An answer (``result`` and ``undefined``) that is to leave as a file.

    ``key`` is the same when the same export is tried again; ``sources`` are those of all its figures.
    """

    answer: Mapping[str, Any]
    format: Format
    ctx: RequestCtx
    pattern_id: str
    title: str
    sources: tuple[str, ...]
    key: str


class ExportGate:
    """Lets figures out where their sources allow it."""

    def export(self, wanted: Wanted) -> dict[str, Any] | Refusal:
        """Return the artifact ``{artifact_id, sha256, bytes, format, url, expires_at}``, or the refusal of rights."""
        raise NotImplementedError
