"""What the doors answer about rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from mintmark.app.names import one_of_pattern
from mintmark.app.wiring import App
from mintmark.domain import Refused

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


def add_licence(app: App, given: Body, added_by: str) -> Body:
    """Keep a licence record; refuses ``invalid_request``."""
    from mintmark.data import Licence

    record = Licence(
        source=given["source"],
        rights=frozenset(given["rights"]),
        reference=given["reference"],
        valid_from=_day("from", given["valid_from"]),
        valid_to=_day("to", given["valid_to"]),
        profile=given["profile"],
    )
    return {"success": True, "data": app.rights.add_licence(record, added_by)}


def licences(app: App) -> Body:
    """Return all licence records, oldest first."""
    return {"success": True, "data": app.rights.licences()}


def violations(app: App) -> Body:
    """Return the newest exports that were refused."""
    return {"success": True, "data": app.rights.violations()}


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"expected a day such as 2025-12-31, found {text!r}"
        problems = [{"path": option, "message": message, "code": "wrong_value"}]
        raise Refused(message, code="invalid_request", problems=problems) from None
