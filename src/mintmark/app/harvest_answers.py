"""What the doors answer about providers and dead letters."""

from __future__ import annotations

from typing import Any

from mintmark.app.wiring import App
from mintmark.domain import MintmarkError, Refused

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
    """Return the dead letters, oldest first."""
    return {"success": True, "data": [one.as_json() for one in app.data.letters.held(queue, all_of_them=all_of_them)]}


def replay(app: App, key: str | None) -> Body:
    """Play one dead letter again, or every one whose time has come; say how each ended."""
    if key is not None:
        return {"success": True, "data": [app.data.harvesting.replay(key)]}
    ended = []
    for letter in app.data.letters.due(app.clock.now(), "provider"):
        try:
            ended.append(app.data.harvesting.replay(letter.request_key))
        except MintmarkError:
            ended.append(app.data.letters.get(letter.request_key).as_json())
    return {"success": True, "data": ended}
