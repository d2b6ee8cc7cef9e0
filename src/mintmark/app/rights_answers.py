"""What the doors answer about rights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mintmark.app.names import one_day, one_of_pattern
from mintmark.app.wiring import App
from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.portfolio import Artifact

Body = dict[str, Any]


def check(app: App, sources: Sequence[str], rights: Sequence[str], profile: str) -> Body:
    """Return for each of ``rights``, or for all, whether ``sources`` hold it today."""
    from mintmark.data import RIGHTS

    decisions = [app.rights.check(sources, right, profile) for right in rights or RIGHTS]
    return {
        "success": True,
        "data": {
            "sources": list(sources),
            "profile": profile,
            "allowed": all(decision.allowed for decision in decisions),
            "decisions": [decision.as_json() for decision in decisions],
        },
    }


def check_pack(app: App, pack_id: str, rights: Sequence[str], profile: str) -> Body:
    """Return as ``check`` does for all providers of a pack; refuses ``not_found``."""
    app.data.manifest(one_of_pattern("pack_id", pack_id))
    return check(app, [f"pack:{pack_id}"], rights, profile)


def check_file(app: App, path: Path, rights: Sequence[str], profile: str) -> Body:
    """Return as ``check`` does for the sources an export names; refuses ``no_export_mark`` and ``not_found``."""
    from mintmark.portfolio import sources_of_export

    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}", code="not_found", path=str(path)) from error
    return check(app, sources_of_export(content), rights, profile)


def artifact(app: App, user_id: UUID, artifact_id: UUID) -> Artifact:
    """Return an artifact of ``user_id``; refuses ``not_found``."""
    return app.exports.fetch(user_id, artifact_id)


def add_licence(app: App, given: Body) -> Body:
    """Keep a licence record; refuses ``invalid_request``."""
    from mintmark.data import Licence

    record = Licence(
        source=given["source"],
        rights=frozenset(given["rights"]),
        reference=given["reference"],
        valid_from=one_day("from", given["valid_from"], "invalid_request"),
        valid_to=one_day("to", given["valid_to"], "invalid_request"),
        profile=given["profile"],
    )
    return {"success": True, "data": app.rights.add_licence(record, str(app.local_owner.user_id))}


def licences(app: App) -> Body:
    """Return all licence records, oldest first."""
    return {"success": True, "data": app.rights.licences()}


def violations(app: App) -> Body:
    """Return the newest exports that were refused."""
    return {"success": True, "data": app.rights.violations()}
