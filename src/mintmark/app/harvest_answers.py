"""What the doors answer about providers and dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintmark.app.wiring import App
from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.data import DeadLetter

Body = dict[str, Any]


def harvest(app: App, provider: str, kind: str, symbol: str, more: Body) -> Body:
    """Ask a provider and store what it gives."""
    job = {"provider": provider, "kind": kind, "symbol": symbol, **{k: v for k, v in more.items() if v is not None}}
    needed = ("since", "until") if kind == "bars" else ()
    for name in needed:
        if name not in job:
            raise Refused(f"{kind} need --{name}", path=name)
    return {"success": True, "data": app.data.harvesting.run(job)}


def letters(app: App, queue: str | None, *, all_of_them: bool) -> Body:
    """Return the dead letters, newest first."""
    held = app.data.letters.letters(queue)
    return {"success": True, "data": [one.as_json() for one in held if all_of_them or one.status != "done"]}


def replay(app: App, key: str | None) -> Body:
    """Play one dead letter again, or all whose time has come, of every queue; say how each stands then.

    Refuses: ``not_found``. Raises: ``provider_failed`` when the one asked for fails again.
    """
    if key is None:
        due = app.data.letters.due("notifications")
        app.alerts.retry_due()
        tried = [*(app.data.letters.letter(one) for one in due), *app.data.harvesting.retry_due()]
        return {"success": True, "data": [one.as_json() for one in tried]}
    letter = _one(app, key)
    if letter.queue == "notifications":
        return {"success": True, "data": [app.alerts.replay(letter.request_key).as_json()]}
    if letter.queue != "provider":
        message = f"letters of {letter.queue} are sent again by the room that wrote them"
        raise Refused(message, code="not_replayable", queue=letter.queue)
    return {"success": True, "data": [app.data.harvesting.replay(letter.request_key).as_json()]}


def _one(app: App, key: str) -> DeadLetter:
    found = [one for one in app.data.letters.letters(limit=10_000) if one.request_key.startswith(key)]
    if len(found) != 1:
        message = f"expected the key of one dead letter, found {len(found)} of {key[:64]!r}"
        raise Refused(message, code="not_found", key=key[:64])
    return found[0]
