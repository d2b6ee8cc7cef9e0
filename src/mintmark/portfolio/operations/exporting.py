"""The one way out for figures: the gate of rights, the rendering, and the artifact its owner may fetch."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, select

from mintmark.data import ExportAsked, Licensing
from mintmark.domain import Clock, Refusal, Refused, iso, written_json
from mintmark.portfolio.answer import Executed
from mintmark.portfolio.context import RequestCtx
from mintmark.portfolio.export_gate import ExportGate, Wanted
from mintmark.portfolio.exports import MEDIA_TYPES, ExportMark, render
from mintmark.portfolio.operations.executing import Asked
from mintmark.portfolio.question import Question
from mintmark.portfolio.tables import artifacts
from mintmark.store import Blobs, Database, upsert

KEPT = timedelta(days=30)
_NAMES = UUID("5a7b0f0e-6a3c-4f0d-9d1e-2f6f0c1b7a44")


@dataclass(frozen=True)
class Artifact:
    """The bytes of an export and how they are to be read."""

    artifact_id: str
    content: bytes
    media_type: str
    file_name: str


class Exports(ExportGate):
    """Makes exports and gives them to their owners."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock, licensing: Licensing, code_version: str) -> None:
        self._code_version = code_version
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._licensing = licensing

    def export(self, wanted: Wanted) -> dict[str, Any] | Refusal:
        """Return the artifact ``{artifact_id, sha256, bytes, format, url}``, or the refusal of rights.

        Safe to run again with the same key. Leaves: one blob and one row; on a refusal only a row of the violation.
        Refuses: ``export_not_permitted``; raises ``extra_missing`` without the extra ``reports``.
        """
        ctx = wanted.ctx
        asked = ExportAsked(
            sources=wanted.sources,
            format=wanted.format,
            user_id=str(ctx.user_id),
            pattern=wanted.pattern_id,
            request_id=ctx.request_id,
            profile=ctx.rights_profile,
            pack_id=ctx.pricing_pack_id,
        )
        decision = self._licensing.export(asked)
        if isinstance(decision, Refusal):
            return decision
        mark = ExportMark(
            exported_at=ctx.timestamp,
            exported_by=str(ctx.user_id),
            format=wanted.format,
            sources=decision.sources,
            attributions=decision.attributions,
            watermarks=decision.watermarks,
            pattern_id=wanted.pattern_id,
            request_id=ctx.request_id,
            mark=mark_of(ctx, self._code_version),
        )
        return self._kept(wanted, render(wanted.answer, mark, title=wanted.title, fonts=_fonts()))

    def fetch(self, user_id: UUID, artifact_id: UUID) -> Artifact:
        """Return an artifact of ``user_id``.

        Raises:
            Refused: ``not_found`` for one that is not there, another's, or older than 30 days: which, is not told.
        """
        columns = artifacts.c
        mine = (columns.artifact_id == str(artifact_id), columns.owner == str(user_id))
        with self._database.read() as connection:
            row = connection.execute(select(artifacts).where(*mine)).first()
        if row is None or row.expires_at <= self._clock.now():
            raise Refused("there is no such artifact", code="not_found")
        name = f"{row.pattern_id}_{row.artifact_id[:8]}.{row.format}"
        return Artifact(row.artifact_id, self._blobs.get(row.sha256), MEDIA_TYPES[row.format], name)

    def _kept(self, wanted: Wanted, content: bytes) -> dict[str, Any]:
        now = self._clock.now()
        owner, sha256 = str(wanted.ctx.user_id), hashlib.sha256(content).hexdigest()
        row = {
            # Whoever sends the id of another request again gets a file of their own, and the one they asked for.
            "artifact_id": str(uuid5(_NAMES, f"{wanted.key}:{owner}:{sha256}")),
            "owner": owner,
            "format": wanted.format,
            "sha256": sha256,
            "bytes": len(content),
            "pattern_id": wanted.pattern_id,
            "request_id": wanted.ctx.request_id,
            "made_at": now,
            "expires_at": now + KEPT,
        }
        self._blobs.put(content)
        with self._database.write() as connection:
            connection.execute(upsert(connection, artifacts).values(row).on_conflict_do_nothing())
            mine = artifacts.c.artifact_id == row["artifact_id"]
            kept = connection.execute(select(artifacts).where(mine)).one()
        return _as_json(kept)


class AnswerExporter:
    """Makes a whole answer an artifact: its ``result`` becomes where the file lies."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def export(self, executed: Executed, question: Question, asked: Asked) -> Executed:
        """Return the answer with the artifact in the place of its result; refuses ``export_not_permitted``."""
        if question.format is None:
            return executed
        body = executed.body
        wanted = Wanted(
            answer={"result": body["result"], "undefined": body["undefined"]},
            format=question.format,
            ctx=asked.ground.ctx,
            pattern_id=asked.pattern.id,
            title=asked.pattern.name,
            sources=tuple(body["metadata"]["sources"]),
            key=f"{asked.ground.ctx.request_id}:{question.format}",
        )
        made = self._exports.export(wanted)
        if isinstance(made, Refusal):
            raise Refused.because(made)
        return Executed({**executed.around, "undefined": {}}, written_json(made))


def _as_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "artifact_id": row.artifact_id,
        "sha256": row.sha256,
        "bytes": row.bytes,
        "format": row.format,
        "url": f"/api/v1/artifacts/{row.artifact_id}",
        "expires_at": iso(row.expires_at),
    }


def mark_of(ctx: RequestCtx, code_version: str) -> dict[str, Any]:
    """Return what an export names of pack, ledger and code."""
    return {
        "pricing_pack_id": ctx.pricing_pack_id,
        "pack_sha256": ctx.pack_sha256,
        "ledger_commit_hash": ctx.ledger_commit_hash,
        "asof_date": ctx.asof_date,
        "portfolio_id": None if ctx.portfolio_id is None else str(ctx.portfolio_id),
        "code_version": code_version,
    }


@cache
def _fonts() -> tuple[bytes, bytes]:
    """Return the regular and the bold face; they come with a package the house needs anyway."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise Refused("the fonts lie in the package matplotlib, which is not installed", code="extra_missing")
    home = Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    return (home / "DejaVuSans.ttf").read_bytes(), (home / "DejaVuSans-Bold.ttf").read_bytes()
